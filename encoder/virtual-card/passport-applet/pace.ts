import {
  AccessError,
  type ChipAuthenticationKey,
  canPassword,
  mrzPassword,
  PaceCardSession,
  paceParameters,
  type PaceParameters,
  type PacePassword,
} from '#encoder/access';
import { DecodeError } from '#encoder/bytes';
import { cardAccess } from '#encoder/lds';
import type { ChipMemory } from '../memory.ts';
import { chipAuthenticationKey, EF_CARD_ACCESS, mrzInformation, type Applet } from './applet.ts';

/** The chip's end of PACE as EF.CardAccess and the secrets on the chip have it now; it offers nothing while there is no EF.CardAccess. */
export function paceSession({ memory, random }: Pick<Applet, 'memory' | 'random'>): PaceCardSession {
  const chipKey = chipAuthenticationKey(memory);
  const chipKeys = chipKey === undefined ? [] : [chipKey];
  return new PaceCardSession(announced(memory, chipKey), passwords(memory), random, { chipKeys });
}

function passwords(memory: ChipMemory): readonly PacePassword[] {
  const mrz = mrzInformation(memory);
  const can = memory.secret('can');
  return [
    ...(mrz === undefined ? [] : [mrzPassword(mrz)]),
    ...(can === undefined ? [] : [canPassword(Buffer.from(can).toString('latin1'))]),
  ];
}

/** Each PACEInfo (Doc 9303-11 §9.2.1) that this chip can keep; Chip Authentication Mapping needs a key on its curve. */
function announced(memory: ChipMemory, chipKey: ChipAuthenticationKey | undefined): readonly PaceParameters[] {
  const curve = chipKey !== undefined && 'curve' in chipKey ? chipKey.curve : undefined;
  return securityInfos(memory).flatMap((info) => {
    const parameters = info.kind === 'PACEInfo' && info.parameterId !== undefined ? known(info.protocol, info.parameterId) : undefined;
    if (parameters === undefined || (parameters.mapping.authenticatesChip && parameters.group.name !== curve)) return [];
    return [parameters];
  });
}

/** None, as long as the file is not written to its end. */
function securityInfos(memory: ChipMemory): ReturnType<typeof cardAccess.decode>['securityInfos'] {
  try {
    return cardAccess.decode(memory.file(EF_CARD_ACCESS)?.content ?? new Uint8Array(0)).securityInfos;
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}

function known(protocol: string, parameterId: number): PaceParameters | undefined {
  try {
    return paceParameters(protocol, parameterId);
  } catch (error) {
    if (error instanceof AccessError) return undefined;
    throw error;
  }
}
