import type { ListRule } from '#pki/signed-list';
import { readMasterListContent } from '../content.ts';

export const version0: ListRule = {
  id: 'master-list-version-0',
  clause: 'Doc 9303-12 §9.2, CscaMasterListVersion',
  level: 'must',
  holds: ({ content }) => readMasterListContent(content).version === 0,
};
