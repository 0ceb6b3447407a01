import {
  BacCardSession,
  basicAccessIdentifier,
  canPassword,
  ChipAuthenticationCardSession,
  mrzPassword,
  PaceCardSession,
  pinPassword,
  TerminalAuthenticationCardSession,
  type CardStep,
  type EphemeralKeys,
  type InspectionRights,
  type PacePassword,
  type RetryCounters,
  type TrustPointStore,
} from '#encoder/access';
import type { ParsedCommandApdu, ResponseApdu } from '#encoder/apdu';
import { PIN_TRIES, type ChipMemory } from '../memory.ts';
import { announcedBy, type Announced } from './announced.ts';
import type { Chip } from './chip.ts';
import { members } from './file-commands.ts';
import { authenticateActively, chipAuthenticationKey } from './private-keys.ts';
import { storeIn } from './trust-points.ts';

const NO_RIGHTS: InspectionRights = { dg3: false, dg4: false };
/** Certificate Holder Authorization Template in MSE:Set AT of PACE. */
const CHAT = 0x7f4c;

/** All protocols that a locked chip announces, with their state between commands (Doc 9303-11 §4 to §7). */
export class TravelProtocols {
  readonly bac: BacCardSession;
  readonly #pace: PaceCardSession;
  readonly #chipAuthentication: ChipAuthenticationCardSession;
  readonly #chip: Chip;
  readonly #announced: Announced;
  readonly #trustPoints: TrustPointStore;
  readonly #documentNumber: Uint8Array;
  /** Whether the terminal said in MSE:Set AT that it will authenticate itself: it is told the chip's trust points then (§4.4.5). */
  #announcesItself = false;
  /** Whose GENERAL AUTHENTICATE is next inside secure messaging. */
  #agreement: 'pace' | 'chipAuthentication' = 'chipAuthentication';
  #terminalAuthentication: TerminalAuthenticationCardSession | undefined;

  constructor(chip: Chip) {
    const { memory, random } = chip;
    const mrzInformation = latin1(memory.secret('mrz'));
    const held = memory.key('chipAuthentication');
    this.#chip = chip;
    this.#announced = announcedBy(memory);
    this.#trustPoints = storeIn(memory);
    this.#documentNumber = basicAccessIdentifier(mrzInformation);
    const chipKeys = held === undefined ? [] : [chipAuthenticationKey(held, this.#announced.keyId)];
    const provable = this.#announced.pace.filter(
      ({ mapping, group }) => !mapping.authenticatesChip || chipKeys.some((key) => 'curve' in key && key.curve === group.name),
    );
    this.bac = new BacCardSession(mrzInformation, random);
    this.#pace = new PaceCardSession(provable, passwordsOf(memory), random, {
      chipKeys,
      retryCounters: retryCountersOf(memory),
      certificationAuthorityReferences: () => (this.#announcesItself ? this.#references() : []),
    });
    this.#chipAuthentication = new ChipAuthenticationCardSession(this.#announced.chipAuthentication, chipKeys);
  }

  /** Undefined until secure messaging begins, and on a chip without trust points. */
  get terminalAuthentication(): TerminalAuthenticationCardSession | undefined {
    return this.#chip.memory.trustPoints === undefined ? undefined : this.#terminalAuthentication;
  }

  /** What the terminal may read beside the files that are open to all in secure messaging. */
  get rights(): InspectionRights {
    return this.terminalAuthentication?.rights ?? NO_RIGHTS;
  }

  paceSetAt(command: ParsedCommandApdu): CardStep {
    this.#agreement = 'pace';
    this.#announcesItself = members(command.data)?.has(CHAT) === true;
    return this.#pace.mseSetAt(command);
  }

  paceGeneralAuthenticate(command: ParsedCommandApdu): CardStep {
    return this.#pace.generalAuthenticate(command);
  }

  chipAuthenticationSetAt(command: ParsedCommandApdu): CardStep {
    this.#agreement = 'chipAuthentication';
    return this.#chipAuthentication.mseSetAt(command);
  }

  chipAuthenticationSetKat(command: ParsedCommandApdu): CardStep {
    return this.#chipAuthentication.mseSetKat(command);
  }

  /** Inside secure messaging: PACE by another password, or Chip Authentication, by the last MSE:Set AT. */
  securedGeneralAuthenticate(command: ParsedCommandApdu): CardStep {
    return this.#agreement === 'pace' ? this.#pace.generalAuthenticate(command) : this.#chipAuthentication.generalAuthenticate(command);
  }

  internalAuthenticate(command: ParsedCommandApdu): ResponseApdu {
    return authenticateActively(this.#chip, command, this.#announced.activeAuthentication);
  }

  /** Secure messaging begins, or goes on under other keys: Terminal Authentication is bound to both (§7.1.2). */
  sessionBegan({ chip, terminal }: EphemeralKeys = {}): void {
    if (chip === undefined && terminal !== undefined) {
      this.#terminalAuthentication?.chipAuthenticated(terminal);
      return;
    }
    this.#agreement = 'chipAuthentication';
    this.#terminalAuthentication = new TerminalAuthenticationCardSession(this.#trustPoints, this.#chip.random, {
      chipIdentifier: chip ?? this.#documentNumber,
      ...(terminal === undefined ? {} : { terminalKey: terminal }),
    });
  }

  sessionEnded(): void {
    this.#terminalAuthentication = undefined;
    this.#pace.sessionEnded();
  }

  /** Names of the CVCA keys, the most recent first. */
  #references(): readonly string[] {
    const { trustPoints } = this.#trustPoints.load();
    return trustPoints.toSorted((a, b) => b.effectiveDate.localeCompare(a.effectiveDate)).map(({ reference }) => reference);
  }
}

/** MRZ and CAN, and a PIN where the holder has one. */
function passwordsOf(memory: ChipMemory): readonly PacePassword[] {
  const pin = memory.secret('pin');
  return [
    mrzPassword(latin1(memory.secret('mrz'))),
    canPassword(latin1(memory.secret('can'))),
    ...(pin === undefined ? [] : [pinPassword(latin1(pin))]),
  ];
}

function retryCountersOf(memory: ChipMemory): RetryCounters {
  return {
    pin: { initial: PIN_TRIES, remaining: () => memory.pinTriesLeft, set: (remaining) => memory.setPinTriesLeft(remaining) },
  };
}

function latin1(secret: Uint8Array | undefined): string {
  return Buffer.from(secret ?? new Uint8Array(0)).toString('latin1');
}
