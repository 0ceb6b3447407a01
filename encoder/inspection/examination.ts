import { createHash } from 'node:crypto';
import {
  type ChipAuthenticationProof,
  type EphemeralKeys,
  isFileUnavailable,
  type RandomSource,
  readFile,
  type ReadOptions,
  selectApplication,
  selectFile,
  type SmChannel,
} from '#encoder/access';
import { type ApduChannel, isRefusal, openChannel, StatusWord, type TraceHook } from '#encoder/apdu';
import { equalBytes } from '#encoder/bytes';
import { cardAccess, efCom, FILES, type FileName } from '#encoder/lds';
import type { CardConnection, Reader } from '#encoder/readers';
import { type Fault, faultOf, isChipFault } from './chip-fault.ts';
import { infosOf, judgeMapping, proveActively, proveChip } from './chip-proofs.ts';
import { notRefused, probesInClear, probesSecured } from './lock-probes.ts';
import type { PassiveAuthenticator } from './passive-authenticator.ts';
import { judgePassively } from './passive-findings.ts';
import { readWhole } from './read-whole.ts';
import { Findings, type InspectedFile, type InspectionCheckName, type ReadingReport } from './report.ts';
import {
  grantedDataGroups,
  probeClosed,
  proveTerminal,
  referencesOf,
  type TerminalAuthenticator,
  type TerminalSkip,
} from './terminal-proof.ts';
import { type CardSecrets, nameOf, openBy, type OpenedChip, type Way, type WayCheck } from './ways.ts';

/** What every examination of a card needs. */
export interface ExaminationTools {
  /** The card is connected anew, and cold-reset before, for every way of opening it. */
  readonly reader: Pick<Reader, 'connect'>;
  readonly passiveAuthenticator: PassiveAuthenticator;
  /** Without it Terminal Authentication is not performed, and what it opens is only seen to be closed. */
  readonly terminalAuthenticator?: TerminalAuthenticator;
  readonly random: RandomSource;
  /** As `readFile`; default 223 bytes a command, which every chip answers. */
  readonly read?: ReadOptions;
  readonly trace?: TraceHook;
}

/** What is known of the card beforehand. */
export interface Expectation {
  /** Its files by name. Undefined: of no known profile, and a file that the chip does not have is none that is missing. */
  readonly files?: ReadonlySet<string>;
  /** Data groups that only Terminal Authentication opens. Undefined: DG3 and DG4, if the chip announces it or keeps them closed. */
  readonly closed?: ReadonlySet<number>;
  /** Commands that a locked chip must refuse are tried on it. */
  readonly lockProbes: boolean;
}

/**
 * One card under examination, session by session: what it lets be read, what it proves and what it refuses. It compares nothing
 * with an order. Findings and files grow; what is not the card's fault is thrown.
 */
export class Examination {
  readonly findings = new Findings();
  /** As read, by name. Personal. */
  readonly files = new Map<string, Uint8Array>();
  /** The same data groups by number. */
  readonly dataGroups = new Map<number, Uint8Array>();
  readonly #tools: ExaminationTools;
  readonly #secrets: CardSecrets;
  readonly #expectation: Expectation;
  readonly #wrongPasswords: { readonly way: Way; readonly error: unknown }[] = [];
  readonly #mappings: ChipAuthenticationProof[] = [];
  /** Data groups that the chip lists and did not give. */
  readonly #closed = new Set<number>();
  #cardSecurityContent: Uint8Array | undefined;
  #complete = false;
  #takesPersonalisation = false;
  #terminalSkip: TerminalSkip | undefined;

  constructor(tools: ExaminationTools, secrets: CardSecrets, expectation: Expectation) {
    this.#tools = tools;
    this.#secrets = secrets;
    this.#expectation = expectation;
  }

  /** Everything that the chip lists was read once. */
  get complete(): boolean {
    return this.#complete;
  }

  /** SecurityInfos of EF.CardSecurity, once its signature was found good. */
  get cardSecurityContent(): Uint8Array | undefined {
    return this.#cardSecurityContent;
  }

  get takesPersonalisation(): boolean {
    return this.#takesPersonalisation;
  }

  /** Ways that did not open for the sake of their password; what that means shows only when all were tried. */
  get wrongPasswords(): readonly { readonly way: Way; readonly error: unknown }[] {
    return this.#wrongPasswords;
  }

  /** Why Terminal Authentication was not performed; undefined when it was, or nothing on the card asks for it. */
  get terminalSkip(): TerminalSkip | undefined {
    return this.#terminalSkip;
  }

  /** EF.CardAccess without any authentication, and commands that a locked chip must refuse. */
  async inClear(): Promise<void> {
    await this.#connected('card-access', async (connection) => {
      const channel = openChannel(connection, this.#traced());
      for (const name of FURTHER_IN_MASTER_FILE) await this.#readFurther(channel, name);
      // Last: the probe that follows writes to the file that is selected.
      await this.#readCardAccess(channel);
      if (!this.#expectation.lockProbes) {
        for (const check of ['lock-in-clear', 'lock-secured'] as const) this.findings.skip(check, 'NOT_ASKED_FOR');
        return;
      }
      const firstByte = this.files.get('EF.CardAccess')?.[0] ?? FILES['EF.CardAccess'].tag;
      const accepted = await notRefused(channel, probesInClear(firstByte, this.#tools.random));
      this.#takesPersonalisation = accepted.length > 0;
      this.#judgeLock('lock-in-clear', accepted);
    });
  }

  /** Opens the chip one way. The first that opens reads everything and makes the chip prove its keys; the others read EF.COM again. */
  async through(way: Way): Promise<void> {
    await this.#connected(way, async (connection) => {
      const input = { channel: openChannel(connection, this.#traced()), secrets: this.#secrets, random: this.#tools.random };
      const opened = await openBy(way, input);
      try {
        if (opened.inMasterFile) {
          await this.#readCardSecurity(opened);
          await selectApplication(opened.channel);
        }
        if (this.#complete) await this.#readAgain(way, opened.channel);
        else await this.#readAll(way, opened);
      } finally {
        opened.channel.close();
      }
    });
  }

  /** Passive Authentication of EF.SOD and of EF.CardSecurity, and what hangs on the latter. */
  async judgeSignatures(): Promise<void> {
    const { passiveAuthenticator } = this.#tools;
    await this.#judgeCardSecurity();
    if (!this.#complete) return;
    const verdict = await passiveAuthenticator.verify(this.files.get('EF.SOD') ?? new Uint8Array(0), this.dataGroups);
    judgePassively(this.findings, 'passive-authentication', { verdict, closed: this.#closed });
  }

  conclude(required: readonly InspectionCheckName[]): ReadingReport {
    const files = Array.from(this.files, ([name, bytes]): InspectedFile => ({
      name,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }));
    return this.findings.conclude(required, files);
  }

  async #readFurther(channel: ApduChannel, name: (typeof FURTHER_IN_MASTER_FILE)[number]): Promise<void> {
    try {
      await this.#readNamed(name, () => readWhole(channel, FILES[name].fileId));
    } catch (error) {
      this.findings.fail('files', faultOf(error, isFileUnavailable(error) ? 'HALF_MADE' : 'UNREADABLE'));
    }
  }

  async #readCardAccess(channel: ApduChannel): Promise<void> {
    try {
      await this.#readNamed('EF.CardAccess', async () => {
        const bytes = await readFile(channel, FILES['EF.CardAccess'].fileId, this.#tools.read);
        cardAccess.decode(bytes);
        return bytes;
      });
      if (this.files.has('EF.CardAccess')) this.findings.pass('card-access');
    } catch (error) {
      this.findings.fail('card-access', faultOf(error, isFileUnavailable(error) ? 'HALF_MADE' : 'UNREADABLE'));
    }
  }

  /** EF.CardSecurity opens to PACE (Doc 9303-10 §3.11.4); read once. */
  async #readCardSecurity({ channel, mapping }: OpenedChip): Promise<void> {
    if (mapping !== undefined) this.#mappings.push(mapping);
    const wanted = mapping !== undefined || this.#expectation.files?.has('EF.CardSecurity') === true;
    if (!wanted || this.files.has('EF.CardSecurity') || this.findings.made('card-security')) return;
    try {
      this.files.set('EF.CardSecurity', await readFile(channel, FILES['EF.CardSecurity'].fileId, this.#tools.read));
    } catch (error) {
      this.findings.fail('card-security', faultOf(error, isFileUnavailable(error) ? 'HALF_MADE' : 'UNREADABLE'));
    }
  }

  async #readAgain(way: Way, channel: SmChannel): Promise<void> {
    const again = await readFile(channel, FILES['EF.COM'].fileId, this.#tools.read);
    if (equalBytes(again, this.files.get('EF.COM') ?? new Uint8Array(0))) this.findings.pass(way.check, nameOf(way));
    else this.findings.fail(way.check, { reason: 'FOREIGN', code: 'DIFFERS', detail: 'EF.COM read again' });
    for (const number of this.#listedAsClosed()) await probeClosed(this.findings, channel, number);
  }

  async #readAll(way: Way, opened: OpenedChip): Promise<void> {
    const { channel } = opened;
    const { random, read = {} } = this.#tools;
    this.findings.pass(way.check, nameOf(way));
    try {
      await this.#readFiles(channel, read);
    } catch (error) {
      this.findings.fail('files', faultOf(error, isFileUnavailable(error) ? 'HALF_MADE' : 'UNREADABLE'));
      return;
    }
    this.#complete = true;
    this.findings.pass('files', `${this.files.size} files`);
    const input = { files: this.files, random, read };
    await proveActively(this.findings, channel, input);
    if (this.#expectation.lockProbes) await this.#probeLock(channel);
    const keys = await proveChip(this.findings, channel, input);
    await this.#extendedAccess(opened, keys, read);
  }

  /** EF.COM, the data groups that it lists and the chip gives without Terminal Authentication, EF.CVCA, and EF.SOD. */
  async #readFiles(channel: SmChannel, read: ReadOptions): Promise<void> {
    const com = await readFile(channel, FILES['EF.COM'].fileId, read);
    this.files.set('EF.COM', com);
    const held: number[] = [];
    for (const number of efCom.decode(com).dataGroups) {
      if (this.#mayBeClosed(number)) held.push(number);
      else await this.#readDataGroup(channel, number, read);
    }
    await this.#readNamed(
      'EF.CVCA',
      () => readWhole(channel, FILES['EF.CVCA'].fileId),
      () => this.#announcesTerminalAuthentication(),
    );
    // Of no known profile, DG3 and DG4 may be open to all who have opened the chip.
    for (const number of held) {
      if (this.#isClosed(number)) this.#closed.add(number);
      else await this.#readDataGroup(channel, number, read).catch((error: unknown) => this.#held(number, error));
    }
    this.files.set('EF.SOD', await readFile(channel, FILES['EF.SOD'].fileId, read));
  }

  /**
   * What only Terminal Authentication opens: refused without it, and again where the terminal has no right; then read. The session
   * rests on the key of Chip Authentication, or of Chip Authentication Mapping (Doc 9303-11 §7.1.2).
   */
  async #extendedAccess(opened: OpenedChip, keys: EphemeralKeys | undefined, read: ReadOptions): Promise<void> {
    const { channel } = opened;
    const { terminalAuthenticator } = this.#tools;
    const closed = this.#listedAsClosed();
    if (closed.length === 0) return;
    // Chip Authentication that failed has ended the session, and the card is bad already.
    if (this.findings.made('chip-authentication') && keys === undefined) return this.#skipTerminal('CHIP_NOT_AUTHENTICATED');
    for (const number of closed) await probeClosed(this.findings, channel, number);
    if (terminalAuthenticator === undefined) return this.#skipTerminal('NO_TERMINAL_KEY');
    const terminalKey = keys?.terminal ?? opened.terminalKey;
    if (terminalKey === undefined) return this.#skipTerminal('CHIP_NOT_AUTHENTICATED');
    const references = referencesOf(opened.references, this.files.get('EF.CVCA'));
    const certificates = await terminalAuthenticator.chainFor(references);
    if (certificates === null || certificates.length === 0) return this.#skipTerminal('NO_CERTIFICATE_CHAIN', references.join(', '));
    const { chipIdentifier } = opened;
    const sign = (data: Uint8Array): Promise<Uint8Array> => terminalAuthenticator.sign(data);
    if (!(await proveTerminal(this.findings, channel, { certificates, chipIdentifier, terminalKey, sign }))) return;
    const granted = grantedDataGroups(certificates);
    for (const number of closed) {
      if (granted.has(number)) await this.#readExtended(channel, number, read);
      else await probeClosed(this.findings, channel, number);
    }
  }

  async #readExtended(channel: SmChannel, number: number, read: ReadOptions): Promise<void> {
    try {
      await this.#readDataGroup(channel, number, read);
      this.#closed.delete(number);
      this.findings.pass('extended-access', `DG${number}`);
    } catch (error) {
      this.findings.fail('extended-access', faultOf(error, isRefusal(error, StatusWord.FILE_NOT_FOUND) ? 'HALF_MADE' : 'UNREADABLE'));
    }
  }

  async #probeLock(channel: SmChannel): Promise<void> {
    try {
      await selectFile(channel, FILES['EF.COM'].fileId);
      this.#judgeLock('lock-secured', await notRefused(channel, probesSecured(FILES['EF.COM'].tag)));
    } catch (error) {
      this.findings.fail('lock-secured', faultOf(error, 'UNREADABLE'));
    }
  }

  async #judgeCardSecurity(): Promise<void> {
    const file = this.files.get('EF.CardSecurity');
    if (file === undefined) return;
    const verdict = await this.#tools.passiveAuthenticator.verifyCardSecurity?.(file);
    if (verdict === undefined) return this.findings.skip('card-security', 'NOT_PERFORMED');
    judgePassively(this.findings, 'card-security', { verdict, closed: NONE });
    if (verdict.good) this.#cardSecurityContent = verdict.securityInfos;
    for (const mapping of this.#mappings) judgeMapping(this.findings, mapping, this.#cardSecurityContent);
  }

  async #readDataGroup(channel: ApduChannel, number: number, read: ReadOptions): Promise<void> {
    const bytes = await readFile(channel, 0x0100 + number, read);
    this.files.set(`EF.DG${number}`, bytes);
    this.dataGroups.set(number, bytes);
  }

  /** A file that must be there, or, on a card of no known profile, may be. */
  async #readNamed(name: FileName, readIt: () => Promise<Uint8Array>, mayBe = () => true): Promise<void> {
    const { files } = this.#expectation;
    if (!(files?.has(name) ?? mayBe())) return;
    try {
      this.files.set(name, await readIt());
    } catch (error) {
      if (files !== undefined || !isRefusal(error)) throw error;
    }
  }

  #mayBeClosed(number: number): boolean {
    const { closed } = this.#expectation;
    return closed?.has(number) ?? UNDER_TERMINAL_AUTHENTICATION.has(number);
  }

  /** Known to be closed, by the profile or by what the chip announces. */
  #isClosed(number: number): boolean {
    return this.#expectation.closed?.has(number) ?? this.#announcesTerminalAuthentication();
  }

  #held(number: number, error: unknown): void {
    if (!isRefusal(error)) throw error;
    this.#closed.add(number);
  }

  /** Closed ones that EF.COM lists: what Terminal Authentication has opened stays closed to everybody else. */
  #listedAsClosed(): readonly number[] {
    const com = this.files.get('EF.COM');
    const listed = com === undefined ? [] : efCom.decode(com).dataGroups;
    return listed.filter((number) => this.#mayBeClosed(number) && (this.#closed.has(number) || this.#isClosed(number)));
  }

  #announcesTerminalAuthentication(): boolean {
    return infosOf(this.files).some(({ kind }) => kind === 'TerminalAuthenticationInfo');
  }

  #skipTerminal(code: TerminalSkip, detail?: string): void {
    this.#terminalSkip = code;
    this.findings.skip('terminal-authentication', code, detail);
    for (const number of this.#closed) this.findings.skip('extended-access', code, `DG${number}`);
  }

  /** One card session. What goes wrong in it by the card's fault is the finding of this check. */
  async #connected(at: Way | 'card-access', body: (connection: CardConnection) => Promise<void>): Promise<void> {
    const check: WayCheck | 'card-access' = at === 'card-access' ? at : at.check;
    const made = this.findings.count(check);
    let connection: CardConnection | undefined;
    try {
      connection = await this.#tools.reader.connect();
      await body(connection);
    } catch (error) {
      if (this.findings.count(check) > made && isChipFault(error)) {
        this.findings.fail('files', faultOf(error, 'UNREADABLE'));
      } else if (at !== 'card-access' && isChipFault(error) && error.code === 'ACCESS_PASSWORD_WRONG') {
        this.#wrongPasswords.push({ way: at, error });
      } else {
        this.findings.fail(check, this.#namedAs(at, faultOf(error, this.#takesPersonalisation ? 'HALF_MADE' : 'UNREADABLE')));
      }
    } finally {
      await connection?.disconnect('unpower');
    }
  }

  #namedAs(at: Way | 'card-access', fault: Fault): Fault {
    const name = at === 'card-access' ? undefined : nameOf(at);
    return name === undefined ? fault : { ...fault, detail: fault.detail === undefined ? name : `${name}: ${fault.detail}` };
  }

  #judgeLock(check: 'lock-in-clear' | 'lock-secured', accepted: readonly string[]): void {
    if (accepted.length === 0) this.findings.pass(check);
    else this.findings.fail(check, { reason: 'NOT_LOCKED', code: 'ACCEPTED', detail: accepted.join(', ') });
  }

  #traced(): { trace?: TraceHook } {
    return this.#tools.trace === undefined ? {} : { trace: this.#tools.trace };
  }
}

/** Free to read like EF.CardAccess (Doc 9303-10 §3.11), and no part of a protocol. */
const FURTHER_IN_MASTER_FILE = ['EF.ATR/INFO', 'EF.DIR'] as const;

/** Fingerprints and irises (Doc 9303-11 §7.1). */
const UNDER_TERMINAL_AUTHENTICATION: ReadonlySet<number> = new Set([3, 4]);
const NONE: ReadonlySet<number> = new Set();
