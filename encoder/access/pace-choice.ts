import { cardAccess } from '#encoder/lds';
import { AccessError } from './access-error.ts';
import { paceParameters, type PaceParameters } from './pace-parameters.ts';

/** One way to run PACE with this chip: what `openPace` asks for. */
export interface PaceChoice {
  readonly parameters: PaceParameters;
  /** Of the PACEInfo, dotted. */
  readonly protocol: string;
  /** The chip announces more than one: the domain parameters are named (Doc 9303-11 §4.4.4.1). */
  readonly sendParameterId: boolean;
}

/**
 * What EF.CardAccess announces of PACE, as far as it is known here: Chip Authentication Mapping first, since it proves most, then in the
 * order of the file. Without an identifier the domain parameters are proprietary (Doc 9303-11 §9.2.1): left out.
 * Errors: `DecodeError`.
 */
export function paceChoices(efCardAccess: Uint8Array): readonly PaceChoice[] {
  const infos = cardAccess.decode(efCardAccess).securityInfos.filter((info) => info.kind === 'PACEInfo');
  const choices = infos.flatMap(({ protocol, parameterId }): readonly PaceChoice[] => {
    if (parameterId === undefined) return [];
    try {
      return [{ parameters: paceParameters(protocol, parameterId), protocol, sendParameterId: infos.length > 1 }];
    } catch (error) {
      if (error instanceof AccessError && error.code === 'ACCESS_UNSUPPORTED') return [];
      throw error;
    }
  });
  const proves = ({ parameters }: PaceChoice): number => (parameters.mapping.authenticatesChip ? 0 : 1);
  return choices.toSorted((a, b) => proves(a) - proves(b));
}
