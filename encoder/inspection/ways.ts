import {
  AccessError,
  basicAccessIdentifier,
  canPassword,
  type ChipAuthenticationProof,
  mrzPassword,
  openBac,
  openPaceSession,
  type PacePassword,
  type PaceChoice,
  paceChoices,
  pinPassword,
  type RandomSource,
  selectApplication,
  type SmChannel,
} from '#encoder/access';
import type { ApduChannel } from '#encoder/apdu';
import { canFor, mrzInformation } from '#encoder/mrz';

/** What opens a chip: printed on the card, or known to its holder. Personal. */
export interface CardSecrets {
  /** Lines of the machine readable zone. */
  readonly mrz?: readonly string[];
  /** Without it, a Vietnamese card's is taken from its MRZ (`canFor`). */
  readonly can?: string;
  readonly pin?: string;
}

export type PasswordName = 'mrz' | 'can' | 'pin';
export type WayCheck = `pace-${PasswordName}` | 'bac';

/** One way to open a chip; each is tried in a card session of its own. */
export interface Way {
  readonly check: WayCheck;
  /** Absent with BAC, and when EF.CardAccess announces no PACE that is known here: then the way opens nothing. */
  readonly pace?: PaceChoice;
}

/** A chip that is open. */
export interface OpenedChip {
  readonly channel: SmChannel;
  /** PACE opens the master file, BAC the application (Doc 9303-11 §4.2). */
  readonly inMasterFile: boolean;
  /** ID_IC of Terminal Authentication (Doc 9303-11 §7.1.2). */
  readonly chipIdentifier: Uint8Array;
  /** Comp(PK_DH,IFD) that Terminal Authentication may rest on: after Chip Authentication Mapping. */
  readonly terminalKey?: Uint8Array;
  /** CVCA keys that the chip named in PACE. */
  readonly references: readonly string[];
  /** After Chip Authentication Mapping; proves nothing before EF.CardSecurity is verified. */
  readonly mapping?: ChipAuthenticationProof;
}

/** Every password by every PACE that EF.CardAccess announces, Chip Authentication Mapping first, since it proves most; then BAC. */
export function waysOf(passwords: readonly PasswordName[], bac: boolean, efCardAccess: Uint8Array | undefined): readonly Way[] {
  const announced = efCardAccess === undefined ? [] : paceChoices(efCardAccess);
  const byPace = passwords.flatMap((password): readonly Way[] => {
    const check = `pace-${password}` as const;
    return announced.length === 0 ? [{ check }] : announced.map((pace) => ({ check, pace }));
  });
  return [...byPace, ...(bac ? [{ check: 'bac' } as const] : [])];
}

/** What a way is called in a report: protocol and group, nothing personal. */
export function nameOf({ pace }: Way): string | undefined {
  return pace === undefined ? undefined : `${pace.protocol} ${pace.parameters.group.name}`;
}

/** Errors: those of `openPaceSession` and `openBac`; `MrzError` when the lines are no MRZ; `AccessError` ACCESS_UNSUPPORTED. */
export function openBy(
  way: Way,
  input: { readonly channel: ApduChannel; readonly secrets: CardSecrets; readonly random: RandomSource },
): Promise<OpenedChip> {
  return way.check === 'bac' ? openByBac(input) : openByPace(way, PASSWORDS[way.check], input);
}

type OpenInput = Parameters<typeof openBy>[1];

const PASSWORDS: Readonly<Record<Exclude<WayCheck, 'bac'>, (secrets: CardSecrets) => PacePassword>> = {
  'pace-mrz': ({ mrz }) => mrzPassword(mrzInformation(given(mrz))),
  'pace-can': ({ can, mrz }) => canPassword(can ?? canFor(given(mrz))),
  'pace-pin': ({ pin }) => pinPassword(given(pin)),
};

async function openByBac({ channel, secrets, random }: OpenInput): Promise<OpenedChip> {
  const information = mrzInformation(given(secrets.mrz));
  await selectApplication(channel);
  const secured = await openBac(channel, { mrzInformation: information, random });
  return { channel: secured, inMasterFile: false, chipIdentifier: basicAccessIdentifier(information), references: [] };
}

async function openByPace(
  { pace }: Way,
  passwordOf: (secrets: CardSecrets) => PacePassword,
  { channel, secrets, random }: OpenInput,
): Promise<OpenedChip> {
  if (pace === undefined) throw new AccessError('ACCESS_UNSUPPORTED', { where: 'PACE', detail: 'no way announced that is known here' });
  const { parameters, sendParameterId } = pace;
  const password = passwordOf(secrets);
  try {
    const session = await openPaceSession(channel, { parameters, password, random, sendParameterId });
    const { terminal, chip = new Uint8Array(0) } = session.ephemeralKeys;
    return {
      channel: session.channel,
      inMasterFile: true,
      chipIdentifier: chip,
      references: session.certificationAuthorityReferences,
      ...(terminal === undefined ? {} : { terminalKey: terminal }),
      ...(session.chipAuthentication === undefined ? {} : { mapping: session.chipAuthentication }),
    };
  } finally {
    password.k.destroy();
  }
}

function given<T>(secret: T | undefined): T {
  if (secret === undefined) throw new AccessError('ACCESS_UNSUPPORTED', { where: 'password', detail: 'not given for this way' });
  return secret;
}
