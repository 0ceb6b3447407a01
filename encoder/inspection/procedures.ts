import {
  AccessError,
  canPassword,
  mrzPassword,
  openBac,
  openPace,
  paceParameters,
  type PaceParameters,
  type RandomSource,
  selectApplication,
  type SmChannel,
} from '#encoder/access';
import type { ApduChannel } from '#encoder/apdu';
import { cardAccess } from '#encoder/lds';
import { canFor } from '#encoder/mrz';
import { mrzInformationOf, zoneFor, type CardProfile, type CitizenRecord } from '#encoder/profiles';

/** The ways to open a chip, each tried in a card session of its own. */
export type Procedure = 'pace-mrz' | 'pace-can' | 'bac';

interface OpenInput {
  readonly channel: ApduChannel;
  readonly profile: CardProfile;
  /** Lines that the password comes from. */
  readonly mrz: readonly string[];
  readonly can?: string | undefined;
  readonly cardAccess: Uint8Array | undefined;
  readonly random: RandomSource;
}

interface ProcedureRow {
  /** PACE opens the master file, BAC the application (Doc 9303-11 §4.2). */
  readonly inMasterFile: boolean;
  mrzOf(record: CitizenRecord, profile: CardProfile): readonly string[];
  open(input: OpenInput): Promise<SmChannel>;
}

const mrzOf = (record: CitizenRecord, profile: CardProfile): readonly string[] => zoneFor(profile, record).lines;

export const PROCEDURES: Readonly<Record<Procedure, ProcedureRow>> = {
  'pace-mrz': {
    inMasterFile: true,
    mrzOf,
    open: (input) => pace(input, 'mrz'),
  },
  'pace-can': {
    inMasterFile: true,
    mrzOf,
    open: (input) => pace(input, 'can'),
  },
  bac: {
    inMasterFile: false,
    mrzOf,
    async open({ channel, profile, mrz, random }) {
      await selectApplication(channel);
      return openBac(channel, { mrzInformation: mrzInformationOf(profile, mrz), random });
    },
  },
};

export function proceduresOf({ access }: CardProfile): readonly Procedure[] {
  return [
    ...access.pacePasswords.map((password): Procedure => (password === 'MRZ' ? 'pace-mrz' : 'pace-can')),
    ...(access.bac ? (['bac'] as const) : []),
  ];
}

/** Errors: those of `openPace` and `openBac`; `MrzError` when the printed lines are no MRZ of this card. */
export function openFor(procedure: Procedure, input: OpenInput): Promise<SmChannel> {
  return PROCEDURES[procedure].open(input);
}

async function pace(input: OpenInput, kind: 'mrz' | 'can'): Promise<SmChannel> {
  const { parameters, several } = announcedPace(input.cardAccess);
  const password = kind === 'mrz' ? mrzPassword(mrzInformationOf(input.profile, input.mrz)) : canPassword(input.can ?? canFor(input.mrz));
  try {
    return await openPace(input.channel, { parameters, password, random: input.random, sendParameterId: several });
  } finally {
    password.k.destroy();
  }
}

/** The first way to run PACE that EF.CardAccess announces and that is known here. */
function announcedPace(file: Uint8Array | undefined): { parameters: PaceParameters; several: boolean } {
  const infos = file === undefined ? [] : cardAccess.decode(file).securityInfos.filter((info) => info.kind === 'PACEInfo');
  for (const info of infos) {
    // Without an identifier the domain parameters are proprietary (Doc 9303-11 §9.2.1): none that this room knows.
    if (info.parameterId === undefined) continue;
    try {
      return { parameters: paceParameters(info.protocol, info.parameterId), several: infos.length > 1 };
    } catch (error) {
      if (!(error instanceof AccessError)) throw error;
    }
  }
  throw new AccessError('ACCESS_UNSUPPORTED', { where: 'PACE', detail: `${infos.length} ways announced, none known` });
}
