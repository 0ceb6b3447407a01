/**
 * What the steps of a card's journey ask of the plant, and nothing more. `production/` implements these; `production/bin/*`
 * hands them over. A step never sees a table, a connection or a key that signs.
 *
 * Every method that changes something takes the step's `Claim`. Its fence is compared inside the same transaction as the
 * change: a process that was paused past its lease finds `FENCE_LOST` instead of doing harm (invariants E1, E2).
 */
import type { TransportKeySets } from '#encoder/drivers';
import type { CitizenRecord } from '#encoder/profiles';

/** `crd-` and 26 characters; says nothing about the citizen. */
export type CardId = string;

/**
 * A card record's states, in the order of its life (`production/cards/lifecycle.ts` has the transitions and the drawing).
 * A card record exists from LINTED on: an order that the lint refuses never becomes one.
 */
export type CardState =
  | 'LINTED'
  | 'BATCHED'
  | 'RELEASED'
  | 'BLANK_BOUND'
  | 'CHIP_OPENED'
  | 'SOD_INTENT'
  | 'SOD_SIGNED'
  | 'WRITTEN'
  | 'LOCKED'
  | 'LOCK_VERIFIED'
  | 'PRINTED'
  | 'INSPECTED'
  | 'PACKED'
  | 'SHIPPED'
  | 'RECEIVED'
  | 'HANDED_OVER'
  | 'HOLD'
  | 'CANCELLED'
  | 'IN_DOUBT'
  | 'SPOILED'
  | 'DESTROYED';

export type Station = 'encode' | 'print' | 'inspect';

/** The right to have effects on one card, until the lease ends or somebody else claims it. */
export interface Claim {
  readonly cardId: CardId;
  readonly station: Station;
  /** Grows with every claim of this card record; checked before each effect. */
  readonly fence: number;
}

export interface ClaimedCard {
  readonly claim: Claim;
  readonly state: CardState;
  /** The state before IN_DOUBT, so that a resolved doubt goes back to where it stood; null otherwise. */
  readonly doubtedFrom: CardState | null;
  /** Serial and chip id once bound (null before); `reservedSerial` is set from the reservation on. */
  readonly reservedSerial: string | null;
  readonly chipId: string | null;
  readonly batchId: string;
  readonly profile: string;
  /** How many claims of this station came before: past the budget the step spoils the card (invariant E7). */
  readonly attempt: number;
}

export type ClaimRefusal =
  | 'CARD_UNKNOWN'
  /** The state is not one this station works on: done already, or not yet. The doorbell rang late or twice. */
  | 'NOT_THIS_STATION'
  | 'LEASED_BY_ANOTHER'
  | 'BATCH_ON_HOLD'
  | 'LINE_ON_HOLD';

export interface CardLedger {
  claim(request: { readonly cardId: CardId; readonly station: Station; readonly owner: string }): Promise<ClaimedCard | ClaimRefusal>;
  /** The card record whose blank this is and its state; null when the serial is bound to and reserved for none. Asked after a restart, with a piece in the seat. */
  cardOfSerial(serial: string): Promise<{ readonly cardId: CardId; readonly state: CardState } | null>;
  /** Proves the fence and prolongs the lease. Error FENCE_LOST. */
  renew(claim: Claim): Promise<void>;
  /** Ends the lease; the state stays. */
  release(claim: Claim): Promise<void>;

  /** Vault → line, for this card record and no other. Refusals: the serial is not in stock, or is another card's. */
  reserveBlank(
    claim: Claim,
    blank: { readonly serial: string; readonly seat: string },
  ): Promise<'reserved' | 'BLANK_UNKNOWN' | 'BLANK_NOT_IN_STOCK' | 'BLANK_RESERVED_BY_ANOTHER'>;
  /** RELEASED → BLANK_BOUND: this card and this chip belong together for ever. The chip id must be the delivery note's for this serial. */
  bindBlank(
    claim: Claim,
    blank: { readonly serial: string; readonly chipId: string },
  ): Promise<'bound' | 'CHIP_NOT_ON_DELIVERY_NOTE' | 'CHIP_ALREADY_BOUND'>;
  /** Reserved, never bound: line → spoiled, with a reason; the card record goes on and takes the next blank. */
  spoilBlank(claim: Claim, blank: { readonly serial: string; readonly reason: SpoilReason }): Promise<void>;

  /** Public halves made on the chip (SPKI); unique across all history (invariant C8). Idempotent for the same card. */
  recordChipKeys(
    claim: Claim,
    keys: { readonly activeAuthentication: Uint8Array | null; readonly chipAuthentication: Uint8Array | null },
  ): Promise<'recorded' | 'CHIP_KEY_REPEATED'>;

  /**
   * One step along the lifecycle, with its audit entry and the next station's doorbell in the same transaction. A step that is the
   * last of this station also ends the lease, so that the next station finds the card free. Already there: nothing happens.
   */
  advance(claim: Claim, to: CardState, evidence?: Evidence): Promise<void>;
  /** The outcome of an effect is unknown. Nothing but an answer from the chip or the face takes the card out of it again. */
  doubt(claim: Claim, evidence: Evidence): Promise<void>;
  /** IN_DOUBT → the state it was doubted from; the chip or the face answered. */
  resolveDoubt(claim: Claim, evidence: Evidence): Promise<void>;
  /**
   * The card record and its blank are spoiled for ever (line/good → spoiled); a new record that names this one is made and
   * its doorbell rung ahead of new work.
   */
  spoilCard(claim: Claim, reason: SpoilReason, evidence?: Evidence): Promise<{ readonly remake: CardId }>;
}

export type SpoilReason =
  | 'CHIP_MUTE_ON_ARRIVAL'
  | 'CHIP_NOT_ON_DELIVERY_NOTE'
  | 'CHIP_ALREADY_BOUND'
  | 'CHIP_TORN'
  | 'CHIP_REFUSED'
  | 'CHIP_KEY_REPEATED'
  | 'LOCK_NOT_PROVEN'
  | 'PRINT_IN_DOUBT'
  | 'INSPECTION_FAILED'
  | 'ATTEMPTS_EXHAUSTED';

/** Facts that may be kept for ever: hashes, counts, codes, seat names. Never a personal value. */
export type Evidence = Readonly<Record<string, string | number | boolean | null>>;

/** Opens the sealed record of a claimed card: the signer unwraps its data key for this one card. */
export interface CardRecords {
  open(claim: Claim): Promise<CitizenRecord>;
}

/** The signer, as a station at the line sees it. */
export interface SigningAuthority {
  /** Keys of the chip that is bound to this card, and of no other: its maker's, and those that the plant puts in their place. */
  transportKeys(claim: Claim, chipId: string): Promise<TransportKeySets>;
  /**
   * EF.SOD over these files. The signer moves the card to SOD_INTENT before it signs and to SOD_SIGNED with the result; the
   * same data groups of the same card record get the same EF.SOD back, without a second signature.
   */
  securityObject(
    claim: Claim,
    files: { readonly efCom: Uint8Array; readonly dataGroups: ReadonlyMap<number, Uint8Array> },
  ): Promise<Uint8Array>;
  /** The CVCA that chips are to trust, and today as they are told it. */
  trustPoint(): Promise<{ readonly certificate: Uint8Array; readonly date: string }>;
}

/** Intent before each chip command, outcome after (invariant E3). The hash is of the plain command content. */
export interface ChipJournal {
  intend(claim: Claim, step: { readonly sequence: number; readonly operation: string; readonly hash: string }): Promise<void>;
  outcome(
    claim: Claim,
    step: { readonly sequence: number; readonly result: 'done' | 'refused' | 'unknown'; readonly statusWord?: string },
  ): Promise<void>;
}

/** Prints: the intent is durable before the printer moves; a job without outcome is looked up on the face, never printed again. */
export interface PrintLedger {
  /** The open or finished print job of this card, if there is one. */
  find(claim: Claim): Promise<PrintJob | null>;
  intend(claim: Claim, job: { readonly frontHash: string; readonly backHash: string }): Promise<PrintJob>;
  outcome(claim: Claim, jobId: string, outcome: 'printed' | 'failed' | 'nothing_on_face'): Promise<void>;
}

export interface PrintJob {
  /** `<card id>-p<attempt>`: names the job in the spool. */
  readonly jobId: string;
  readonly frontHash: string;
  readonly backHash: string;
  readonly outcome: 'printed' | 'failed' | 'nothing_on_face' | null;
}

/** What the inspector found, filed before the card may be packed. `report` holds verdicts and hashes only. */
export interface InspectionLedger {
  /** Passed: PRINTED → INSPECTED, blank line → good. Failed: filed; the step then spoils the card. */
  file(
    claim: Claim,
    inspection: { readonly passed: boolean; readonly reasons: readonly string[]; readonly report: unknown },
  ): Promise<void>;
  /** Reasons of a failed inspection of this card that is filed already: a second look never turns it into a good one. Null when there is none. */
  failedBefore(claim: Claim): Promise<readonly string[] | null>;
}

/** Whether this line may begin something new, and which seats are in service. */
export interface LineControl {
  /** `held` also after a restart of the whole plant in `recovery: authorised`, until an operator resumes it: then no effect at all. */
  mode(): Promise<'running' | 'held' | 'draining'>;
  seatInService(place: string): Promise<boolean>;
  /** What the console shows of a seat; never personal data. */
  report(seat: {
    readonly place: string;
    readonly doing: string;
    readonly cardId: CardId | null;
    readonly serial: string | null;
  }): Promise<void>;
}
