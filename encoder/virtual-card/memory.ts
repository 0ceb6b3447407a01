import { createHash } from 'node:crypto';
import { concat, fromHex, uintBE } from '#encoder/bytes';
import { BIRTH_RECORD, readBirth, type Defect, type Personality } from './chip-birth.ts';
import { elementaryFile, type ElementaryFile, type FileAddress, type StoredFile } from './elementary-file.ts';
import { openImageLog, type ImageLog } from './image-log.ts';
import { VirtualCardError } from './virtual-card-error.ts';

export { createImage, type ChipBirth, type Defect, type Personality } from './chip-birth.ts';
export { fileAddress, type ElementaryFile, type FileAddress } from './elementary-file.ts';

export type ChipLifeCycle = 'blank' | 'personalising' | 'locked';

/** Keys the chip made itself. PKCS #8 DER: never leaves this memory. */
export interface ChipKey {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

export type KeyRole = 'activeAuthentication' | 'chipAuthentication';
/** `mrz`: the MRZ information (Doc 9303-11 §4.3.2), ASCII. `can`: six ASCII digits. `pin`: the holder's, ASCII digits. */
export type SecretRole = 'mrz' | 'can' | 'pin';
/** Wrong entries that block a fresh PIN. */
export const PIN_TRIES = 3;

const RECORD = {
  birth: BIRTH_RECORD,
  tag: 2,
  secret: 3,
  key: 4,
  create: 5,
  update: 6,
  remove: 7,
  lock: 8,
  torn: 9,
  session: 10,
  trust: 11,
  item: 12,
  pinTries: 15,
  resize: 13,
  together: 14,
} as const;
const ROLES: readonly (KeyRole | SecretRole)[] = ['activeAuthentication', 'chipAuthentication', 'mrz', 'can', 'pin'];

/** EEPROM left for files. */
export const FILE_MEMORY_BYTES = 163_840;

/**
 * A chip's memory in a file. Every change is one record: after a kill at any point it is there whole or not at all, and
 * what was acknowledged is there. The keys in it are the chip's; nothing hands them to a reader.
 */
export class ChipMemory {
  readonly serial: string;
  readonly chipId: Uint8Array;
  readonly personality: Personality;
  readonly defect: Defect | null;
  readonly #log: ImageLog;
  readonly #transportKeys: { readonly enc: Uint8Array; readonly mac: Uint8Array; readonly dek: Uint8Array };
  readonly #files = new Map<FileAddress, StoredFile>();
  readonly #keys = new Map<KeyRole, ChipKey>();
  readonly #secrets = new Map<SecretRole, Uint8Array>();
  readonly #items = new Map<number, Uint8Array>();
  #bindingTag: Uint8Array | null = null;
  #trustPoints: Uint8Array | undefined;
  #locked = false;
  #torn = false;
  #updates = 0;
  #cut: number | undefined;
  #pinTriesLeft = PIN_TRIES;
  #sequenceCounter = 0;
  /** Records of `together` so far. */
  #collected: Uint8Array[] | undefined;

  constructor(log: ImageLog) {
    const [first, ...rest] = log.records;
    if (first?.type !== RECORD.birth) throw new VirtualCardError('IMAGE_CORRUPT', { where: 'birth' });
    const birth = readBirth(first.payload);
    this.#log = log;
    this.serial = birth.serial;
    this.chipId = fromHex(birth.chipId);
    this.personality = birth.personality;
    this.defect = birth.defect;
    this.#transportKeys = { enc: fromHex(birth.enc), mac: fromHex(birth.mac), dek: fromHex(birth.dek) };
    for (const record of rest) this.#apply(record.type, record.payload);
  }

  static open(path: string, options: { readonly durable?: boolean } = {}): ChipMemory {
    return new ChipMemory(openImageLog(path, options));
  }

  get lifeCycle(): ChipLifeCycle {
    if (this.#locked) return 'locked';
    return this.#bindingTag === null ? 'blank' : 'personalising';
  }

  /** Gives no answer to reset, for good. */
  get mute(): boolean {
    return this.#torn || this.defect?.kind === 'dead';
  }

  /** UPDATE BINARY commands in this chip's life. */
  get updates(): number {
    return this.#updates;
  }

  get bindingTag(): Uint8Array | null {
    return this.#bindingTag;
  }

  get transportKeys(): { readonly enc: Uint8Array; readonly mac: Uint8Array; readonly dek: Uint8Array } {
    return this.#transportKeys;
  }

  /** Counts a secure channel session before it is answered, so that no card challenge comes twice (GPC Amendment D v1.2 §6.2.2.1). */
  nextSequenceCounter(): Uint8Array {
    this.#write(RECORD.session, uintBE(this.#sequenceCounter + 1, 3));
    return uintBE(this.#sequenceCounter, 3);
  }

  secret(role: SecretRole): Uint8Array | undefined {
    return this.#secrets.get(role);
  }

  key(role: KeyRole): ChipKey | undefined {
    return this.#keys.get(role);
  }

  file(address: FileAddress): ElementaryFile | undefined {
    const file = this.#files.get(address);
    return file === undefined ? undefined : elementaryFile(address, file);
  }

  files(): readonly ElementaryFile[] {
    return [...this.#files].map(([address, file]) => elementaryFile(address, file));
  }

  get freeBytes(): number {
    return [...this.#files.values()].reduce((free, file) => free - file.content.buffer.byteLength, FILE_MEMORY_BYTES);
  }

  writeBindingTag(tag: Uint8Array): void {
    this.#write(RECORD.tag, tag);
  }

  /** All secrets of one STORE DATA in one record: half a set is never there. */
  setSecrets(secrets: Readonly<Partial<Record<SecretRole, Uint8Array>>>): void {
    const parts = Object.entries(secrets).map(([role, value]) =>
      concat(Uint8Array.of(ROLES.indexOf(role as SecretRole), value.length), value),
    );
    this.#write(RECORD.secret, concat(...parts));
  }

  get pinTriesLeft(): number {
    return this.#pinTriesLeft;
  }

  setPinTriesLeft(tries: number): void {
    if (tries !== this.#pinTriesLeft) this.#write(RECORD.pinTries, Uint8Array.of(tries));
  }

  /** What `setTrustPoints` took last. */
  get trustPoints(): Uint8Array | undefined {
    return this.#trustPoints;
  }

  /** The chip's trust points in whatever form its program gives them, and what a file then contains instead, in one write. */
  setTrustPoints(trustPoints: Uint8Array, file?: { readonly address: FileAddress; readonly content: Uint8Array }): void {
    const head = concat(uintBE(trustPoints.length, 2), trustPoints);
    this.#write(RECORD.trust, file === undefined ? head : concat(head, uintBE(file.address, 3), file.content));
  }

  setKey(role: KeyRole, key: ChipKey): void {
    const head = concat(Uint8Array.of(ROLES.indexOf(role)), uintBE(key.privateKey.length, 2));
    this.#write(RECORD.key, concat(head, key.privateKey, key.publicKey));
  }

  createFile(address: FileAddress, size: number): void {
    this.#write(RECORD.create, concat(uintBE(address, 3), uintBE(size, 2)));
  }

  /** Sets the size, up to the capacity; what lies within it stays. */
  resizeFile(address: FileAddress, size: number): void {
    this.#write(RECORD.resize, concat(uintBE(address, 3), uintBE(size, 2)));
  }

  deleteFile(address: FileAddress): void {
    this.#write(RECORD.remove, uintBE(address, 3));
  }

  /**
   * Whole; or, after `cutNextUpdate`, its first bytes and CARD_UNPOWERED. Only what was kept counts as written, as a chip's own journal
   * tells it: no content shows where a write was torn.
   */
  update(address: FileAddress, offset: number, bytes: Uint8Array): void {
    const cut = this.#cut;
    this.#cut = undefined;
    const kept = cut === undefined ? bytes : bytes.subarray(0, cut);
    this.#write(RECORD.update, concat(uintBE(address, 3), uintBE(offset, 2), kept));
    if (cut !== undefined) throw new VirtualCardError('CARD_UNPOWERED');
  }

  /** The power goes during the next update, after so many of its bytes; `undefined` takes it back. */
  cutNextUpdate(bytes: number | undefined): void {
    this.#cut = bytes;
  }

  /** Half of a write and then nothing ever again. */
  tear(address: FileAddress, offset: number, bytes: Uint8Array): void {
    this.#write(RECORD.torn, concat(uintBE(address, 3), uintBE(offset, 2), bytes.subarray(0, bytes.length >> 1)));
  }

  /** What a program keeps beside the records that all chips have, by a number of its own below 65,536. */
  item(id: number): Uint8Array | undefined {
    return this.#items.get(id);
  }

  /** A chip writes these as one transaction: after `cutNextUpdate` nothing of it is kept, and CARD_UNPOWERED. */
  setItem(id: number, value: Uint8Array): void {
    if (this.#cut !== undefined) {
      this.#cut = undefined;
      throw new VirtualCardError('CARD_UNPOWERED');
    }
    this.#write(RECORD.item, concat(uintBE(id, 2), value));
  }

  lock(): void {
    this.#write(RECORD.lock, new Uint8Array(0));
  }

  close(): void {
    this.#log.close();
  }

  /**
   * All that `change` writes is one record, at most 65,536 bytes: after a kill all of it is there or none. It is in force when `together`
   * returns: meanwhile the memory reads as before. What throws has written nothing.
   */
  together(change: () => void): void {
    this.#collected = [];
    try {
      change();
      const records = concat(...this.#collected);
      this.#collected = undefined;
      if (records.length > 0) this.#write(RECORD.together, records);
    } finally {
      this.#collected = undefined;
    }
  }

  /** Durable first, then in force. */
  #write(type: number, payload: Uint8Array): void {
    if (this.#collected !== undefined) {
      this.#collected.push(concat(uintBE(payload.length, 3), uintBE(type, 1), payload));
      return;
    }
    this.#log.append({ type, payload });
    this.#apply(type, payload);
  }

  #apply(type: number, payload: Uint8Array): void {
    const address = ((payload[0] ?? 0) << 16) | second16(payload, 1);
    const second = second16(payload, 3);
    switch (type) {
      case RECORD.tag:
        this.#bindingTag = payload.slice();
        return;
      case RECORD.secret:
        this.#applySecrets(payload);
        return;
      case RECORD.pinTries:
        this.#pinTriesLeft = payload[0] ?? 0;
        return;
      case RECORD.trust:
        this.#applyTrustPoints(payload);
        return;
      case RECORD.key:
        this.#applyKey(payload);
        return;
      case RECORD.create:
        this.#files.set(address, { content: new Uint8Array(second), written: 0 });
        return;
      case RECORD.resize:
        this.#applyResize(address, second);
        return;
      case RECORD.together:
        this.#applyTogether(payload);
        return;
      case RECORD.remove:
        this.#files.delete(address);
        return;
      case RECORD.update:
        this.#updates += 1;
        this.#applyUpdate(address, second, payload.subarray(5));
        return;
      case RECORD.torn:
        this.#torn = true;
        this.#file(address).content.set(payload.subarray(5), second);
        return;
      case RECORD.item:
        this.#items.set(second16(payload, 0), payload.slice(2));
        return;
      case RECORD.lock:
        this.#locked = true;
        return;
      case RECORD.session:
        this.#sequenceCounter = address;
        return;
      default:
        throw new VirtualCardError('IMAGE_CORRUPT', { where: `record type ${type}` });
    }
  }

  #applyTogether(payload: Uint8Array): void {
    for (let at = 0; at < payload.length;) {
      const end = at + 4 + (((payload[at] ?? 0) << 16) | second16(payload, at + 1));
      this.#apply(payload[at + 3] ?? 0, payload.subarray(at + 4, end));
      at = end;
    }
  }

  #applyResize(address: FileAddress, size: number): void {
    const file = this.#file(address);
    file.content = new Uint8Array(file.content.buffer, 0, size);
    file.written = Math.min(file.written, size);
  }

  #file(address: FileAddress): StoredFile {
    const file = this.#files.get(address);
    if (file === undefined) throw new VirtualCardError('IMAGE_CORRUPT', { where: 'a write to a file that is not there' });
    return file;
  }

  /** A write inside what is there starts the proof anew from its end: what lay behind it is no longer vouched for. */
  #applyUpdate(address: FileAddress, offset: number, bytes: Uint8Array): void {
    const file = this.#file(address);
    file.content.set(bytes, offset);
    if (offset <= file.written) file.written = offset + bytes.length;
  }

  #applySecrets(payload: Uint8Array): void {
    for (let at = 0; at < payload.length;) {
      const role = ROLES[payload[at] ?? 0] as SecretRole;
      const length = payload[at + 1] ?? 0;
      this.#secrets.set(role, payload.slice(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }

  #applyTrustPoints(payload: Uint8Array): void {
    const end = 2 + second16(payload, 0);
    this.#trustPoints = payload.slice(2, end);
    if (payload.length === end) return;
    const { content } = this.#file(((payload[end] ?? 0) << 16) | second16(payload, end + 1));
    content.fill(0);
    content.set(payload.subarray(end + 3).subarray(0, content.length));
  }

  #applyKey(payload: Uint8Array): void {
    const role = ROLES[payload[0] ?? 0] as KeyRole;
    const length = second16(payload, 1);
    this.#keys.set(role, { privateKey: payload.slice(3, 3 + length), publicKey: payload.slice(3 + length) });
  }
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest());
}

function second16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
