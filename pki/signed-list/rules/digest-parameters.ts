import type { ListRule } from '../list-kind.ts';

export const digestParameters: ListRule = {
  id: 'digest-parameters-omitted',
  clause: 'Doc 9303-12 §9.1, note: DigestAlgorithmIdentifiers MUST omit NULL',
  level: 'must',
  holds: ({ form, info }) =>
    [...form.digestAlgorithms, ...(info === undefined ? [] : [info.digestAlgorithm])].every(({ parameters }) => parameters === 'absent'),
};
