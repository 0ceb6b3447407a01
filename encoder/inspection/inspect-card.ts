import { createHash } from 'node:crypto';
import {
  isFileUnavailable,
  type RandomSource,
  readFile,
  type ReadOptions,
  selectApplication,
  selectFile,
  type SmChannel,
} from '#encoder/access';
import { openChannel, type TraceHook } from '#encoder/apdu';
import { equalBytes } from '#encoder/bytes';
import { cardAccess, efCom, FILES } from '#encoder/lds';
import type { CardProfile } from '#encoder/profiles';
import type { CardConnection, Reader } from '#encoder/readers';
import { faultOf, isChipFault } from './chip-fault.ts';
import { compareAnnouncements, proveActively, proveChip } from './chip-proofs.ts';
import { compareFiles, comparePrint, fileChecksOf, type InspectedPrint, type InspectionOrder } from './compare.ts';
import { notRefused, probesInClear, probesSecured } from './lock-probes.ts';
import { openFor, PROCEDURES, type Procedure, proceduresOf } from './procedures.ts';
import type { PassiveAuthenticator } from './passive-authenticator.ts';
import { Findings, type InspectedFile, type InspectionCheckName, type InspectionReport } from './report.ts';

export interface Inspection {
  /** The card is connected anew, and cold-reset before, for every way of opening it. */
  readonly reader: Pick<Reader, 'connect'>;
  readonly print: InspectedPrint;
  readonly order: InspectionOrder;
  readonly profile: CardProfile;
  readonly passiveAuthenticator: PassiveAuthenticator;
  readonly random: RandomSource;
  /** As `readFile`; default 223 bytes a command, which every chip answers. */
  readonly read?: ReadOptions;
  readonly trace?: TraceHook;
}

export interface InspectionResult {
  readonly report: InspectionReport;
  /** Files as read, by name (`EF.DG1`). Personal: they do not belong into any report or log. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Inspects one finished card as its holder's reader would see it: what opens the chip is the print, what everything is compared
 * with is the order. Changes nothing on a card that is locked. Everything wrong with the card is in the report; only what is not the
 * card's fault is thrown (`ReaderError`: the card was pulled, the reader is gone), and then the inspection is made again.
 */
export async function inspectCard(inspection: Inspection): Promise<InspectionResult> {
  const run = new Run(inspection);
  await run.inClear();
  for (const procedure of proceduresOf(inspection.profile)) await run.through(procedure);
  await run.whenNothingOpened();
  await run.judgeFiles();
  return run.result();
}

class Run {
  readonly #inspection: Inspection;
  readonly #findings = new Findings();
  readonly #files = new Map<string, Uint8Array>();
  readonly #dataGroups = new Map<number, Uint8Array>();
  #complete = false;
  #takesPersonalisation = false;
  readonly #wrongPasswords: { readonly procedure: Procedure; readonly error: unknown }[] = [];

  constructor(inspection: Inspection) {
    this.#inspection = inspection;
    comparePrint(this.#findings, inspection.profile, inspection.order, inspection.print);
  }

  /** EF.CardAccess without any authentication, and commands that a locked chip must refuse. */
  async inClear(): Promise<void> {
    await this.#connected('card-access', async (connection) => {
      const channel = openChannel(connection, this.#traced());
      let firstByte: number = FILES['EF.CardAccess'].tag;
      if (this.#inspection.profile.files.includes('EF.CardAccess')) {
        try {
          const bytes = await readFile(channel, FILES['EF.CardAccess'].fileId, this.#inspection.read);
          cardAccess.decode(bytes);
          this.#files.set('EF.CardAccess', bytes);
          firstByte = bytes[0] ?? firstByte;
          this.#findings.pass('card-access');
        } catch (error) {
          this.#findings.fail('card-access', faultOf(error, isFileUnavailable(error) ? 'HALF_MADE' : 'UNREADABLE'));
        }
      }
      for (const name of FURTHER_IN_MASTER_FILE) {
        if (this.#inspection.profile.files.includes(name))
          this.#files.set(name, await readFile(channel, FILES[name].fileId, this.#inspection.read));
      }
      const accepted = await notRefused(channel, probesInClear(firstByte, this.#inspection.random));
      this.#takesPersonalisation = accepted.length > 0;
      this.#judgeLock('lock-in-clear', accepted);
    });
  }

  /** Opens the chip one way. The first that opens reads everything and makes the chip prove its keys; the others read EF.COM again. */
  async through(procedure: Procedure): Promise<void> {
    await this.#connected(procedure, async (connection) => {
      const { print, profile, random } = this.#inspection;
      const channel = openChannel(connection, this.#traced());
      const secured = await openFor(procedure, {
        channel,
        profile,
        mrz: print.mrz,
        can: print.can,
        cardAccess: this.#files.get('EF.CardAccess'),
        random,
      });
      try {
        if (PROCEDURES[procedure].inMasterFile) await selectApplication(secured);
        if (this.#complete) await this.#readAgain(procedure, secured);
        else await this.#readAll(procedure, secured);
      } finally {
        secured.close();
      }
    });
  }

  async #readAgain(procedure: Procedure, channel: SmChannel): Promise<void> {
    const again = await readFile(channel, FILES['EF.COM'].fileId, this.#inspection.read);
    if (equalBytes(again, this.#files.get('EF.COM') ?? new Uint8Array(0))) this.#findings.pass(procedure);
    else this.#findings.fail(procedure, { reason: 'FOREIGN', code: 'DIFFERS', detail: 'EF.COM read again' });
  }

  async #readAll(procedure: Procedure, channel: SmChannel): Promise<void> {
    const { random, read = {} } = this.#inspection;
    this.#findings.pass(procedure);
    try {
      await this.#readFiles(channel, read);
    } catch (error) {
      this.#findings.fail('files', faultOf(error, isFileUnavailable(error) ? 'HALF_MADE' : 'UNREADABLE'));
      return;
    }
    this.#complete = true;
    this.#findings.pass('files', `${this.#files.size} files`);
    const input = { files: this.#files, random, read };
    await proveActively(this.#findings, channel, input);
    try {
      await selectFile(channel, FILES['EF.COM'].fileId);
      this.#judgeLock('lock-secured', await notRefused(channel, probesSecured(FILES['EF.COM'].tag)));
    } catch (error) {
      this.#findings.fail('lock-secured', faultOf(error, 'UNREADABLE'));
    }
    await proveChip(this.#findings, channel, input);
  }

  /** EF.COM, the data groups that it lists (not those under Terminal Authentication), EF.CVCA, and EF.SOD. */
  async #readFiles(channel: SmChannel, read: ReadOptions): Promise<void> {
    const com = await readFile(channel, FILES['EF.COM'].fileId, read);
    this.#files.set('EF.COM', com);
    for (const number of efCom.decode(com).dataGroups) {
      if (UNDER_TERMINAL_AUTHENTICATION.has(number)) continue;
      const bytes = await readFile(channel, 0x0100 + number, read);
      this.#files.set(`EF.DG${number}`, bytes);
      this.#dataGroups.set(number, bytes);
    }
    if (this.#inspection.profile.files.includes('EF.CVCA')) {
      this.#files.set('EF.CVCA', await readFile(channel, FILES['EF.CVCA'].fileId, read));
    }
    this.#files.set('EF.SOD', await readFile(channel, FILES['EF.SOD'].fileId, read));
  }

  /**
   * What wrong passwords mean shows only at the end: one among others that fit is wrong data in the chip; when none fits, face
   * and chip do not belong together, unless the chip takes personalisation: then it is half made.
   */
  async whenNothingOpened(): Promise<void> {
    const { profile, order, print, random } = this.#inspection;
    const opened = proceduresOf(profile).some((procedure) => this.#findings.passed(procedure));
    const reason = opened ? 'DATA_MISMATCH' : this.#takesPersonalisation ? 'HALF_MADE' : 'SWAPPED';
    for (const { procedure, error } of this.#wrongPasswords) this.#findings.fail(procedure, faultOf(error, reason));
    if (reason !== 'SWAPPED' || this.#wrongPasswords.length === 0) return;
    const expected = PROCEDURES.bac.mrzOf(order.record, profile);
    if (expected.join('') === print.mrz.join('')) return;
    const connection = await this.#inspection.reader.connect();
    try {
      const channel = await openFor(profile.access.bac ? 'bac' : 'pace-mrz', {
        channel: openChannel(connection, this.#traced()),
        profile,
        mrz: expected,
        cardAccess: this.#files.get('EF.CardAccess'),
        random,
      });
      channel.close();
      this.#findings.fail('files', {
        reason: 'SWAPPED',
        code: 'NOT_PERFORMED',
        detail: "the order's MRZ opens the chip, the print's does not",
      });
    } catch (error) {
      this.#findings.fail('files', { ...faultOf(error, 'SWAPPED'), detail: "neither the print's MRZ nor the order's opens the chip" });
    } finally {
      await connection.disconnect('unpower');
    }
  }

  async judgeFiles(): Promise<void> {
    if (!this.#complete) return;
    const { profile, order, passiveAuthenticator } = this.#inspection;
    compareFiles(this.#findings, profile, order, this.#files);
    compareAnnouncements(this.#findings, this.#files);
    const verdict = await passiveAuthenticator.verify(this.#files.get('EF.SOD') ?? new Uint8Array(0), this.#dataGroups);
    // A hash in EF.SOD without its file is a file that the chip held back, unless only Terminal Authentication opens it.
    const failed = verdict.checks.filter(
      ({ outcome, check, dataGroup = 0 }) =>
        outcome === 'failed' || (outcome === 'skipped' && check === 'data-group' && !UNDER_TERMINAL_AUTHENTICATION.has(dataGroup)),
    );
    if (verdict.good && failed.length === 0) {
      this.#findings.pass('passive-authentication');
      return;
    }
    const codes = failed.map(({ code, check }) => code ?? check);
    const foreign = codes.some((code) => FOREIGN_CODES.has(code));
    const [first] = failed;
    this.#findings.fail('passive-authentication', {
      reason: foreign ? 'FOREIGN' : 'SIGNATURE_INVALID',
      code: codes[0] ?? 'NOT_PERFORMED',
      detail: first?.dataGroup === undefined ? codes.join(' ') : `DG${first.dataGroup} ${codes.join(' ')}`,
    });
  }

  result(): InspectionResult {
    const files = Array.from(this.#files, ([name, bytes]): InspectedFile => ({
      name,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }));
    return {
      report: this.#findings.conclude(this.#inspection.profile.id, requiredChecks(this.#inspection), files),
      files: this.#files,
    };
  }

  /** One card session. What goes wrong in it by the card's fault is the finding of this check. */
  async #connected(check: Procedure | 'card-access', body: (connection: CardConnection) => Promise<void>): Promise<void> {
    let connection: CardConnection | undefined;
    try {
      connection = await this.#inspection.reader.connect();
      await body(connection);
    } catch (error) {
      if (this.#findings.made(check) && isChipFault(error)) {
        this.#findings.fail('files', faultOf(error, 'UNREADABLE'));
        return;
      }
      if (check !== 'card-access' && isChipFault(error) && error.code === 'ACCESS_PASSWORD_WRONG') {
        this.#wrongPasswords.push({ procedure: check, error });
        return;
      }
      this.#findings.fail(check, faultOf(error, this.#takesPersonalisation ? 'HALF_MADE' : 'UNREADABLE'));
    } finally {
      await connection?.disconnect('unpower');
    }
  }

  #judgeLock(check: 'lock-in-clear' | 'lock-secured', accepted: readonly string[]): void {
    if (accepted.length === 0) this.#findings.pass(check);
    else this.#findings.fail(check, { reason: 'NOT_LOCKED', code: 'ACCEPTED', detail: accepted.join(', ') });
  }

  #traced(): { trace?: TraceHook } {
    return this.#inspection.trace === undefined ? {} : { trace: this.#inspection.trace };
  }
}

/** Free to read like EF.CardAccess (Doc 9303-10 §3.11), and no part of a protocol. */
const FURTHER_IN_MASTER_FILE = ['EF.ATR/INFO', 'EF.DIR'] as const;

/** DG3 and DG4 open to Terminal Authentication only (Doc 9303-11 §7.1). */
const UNDER_TERMINAL_AUTHENTICATION: ReadonlySet<number> = new Set([3, 4]);

/** Findings of Passive Authentication that say "not signed by us" rather than "signed wrongly". */
const FOREIGN_CODES: ReadonlySet<string> = new Set(['CSCA_UNKNOWN', 'DOCUMENT_SIGNER_NOT_CERTIFIED']);

/** Every check that a card of this profile must have passed; one that was not made fails it. */
function requiredChecks({ profile, order }: Inspection): readonly InspectionCheckName[] {
  const announced = profile.files.includes('EF.CardAccess');
  return [
    'print-mrz',
    'print-qr',
    ...(announced ? (['card-access', 'card-access-signed'] as const) : []),
    'lock-in-clear',
    ...proceduresOf(profile),
    'files',
    'lock-secured',
    ...(profile.files.includes('EF.DG15') ? (['active-authentication'] as const) : []),
    ...(profile.access.announces.some(({ kind }) => kind === 'ChipAuthenticationInfo') ? (['chip-authentication'] as const) : []),
    'passive-authentication',
    ...fileChecksOf(profile, order.record),
  ];
}
