import { unpad2 } from '#encoder/access';
import { StatusWord, type ResponseApdu } from '#encoder/apdu';
import { ByteReader, DecodeError, equalBytes } from '#encoder/bytes';
import type { DataGrouping } from '#encoder/globalplatform';
import { readTlv } from '#encoder/tlv';
import { fileAddress, type ChipMemory, type FileAddress } from '../memory.ts';
import { isComplete } from '../reference/completeness.ts';
import { initialTrustPoints } from '../reference/trust-points.ts';
import { DONE, status } from '../responses.ts';
import { VirtualCardError } from '../virtual-card-error.ts';
import type { CpsConfiguration, CpsGrouping } from './configuration.ts';
import { importKey } from './private-key.ts';

/** What one grouping asks of the memory. */
type Change =
  | { readonly kind: 'file'; readonly address: FileAddress; readonly content: Uint8Array }
  | { readonly kind: 'bindingTag'; readonly tag: Uint8Array }
  | { readonly kind: 'lock' }
  | { readonly kind: 'certificate' | 'date'; readonly bytes: Uint8Array }
  | { readonly kind: 'other'; readonly write: (memory: ChipMemory) => void };

interface Sequence {
  readonly configuration: CpsConfiguration;
  readonly groupings: readonly DataGrouping[];
  /** Undoes the DEK, padding left in place. */
  readonly decrypt: (data: Uint8Array) => Uint8Array | undefined;
}

/** A whole STORE DATA sequence: into force in one record, or refused. */
export function applySequence(memory: ChipMemory, sequence: Sequence): ResponseApdu {
  const changes: Change[] = [];
  for (const grouping of sequence.groupings) {
    const meaning = sequence.configuration.groupings[hex4(grouping.dgi)];
    if (meaning === undefined) return status(StatusWord.REFERENCED_DATA_NOT_FOUND);
    const change = changeOf(meaning, grouping, sequence.decrypt);
    if (change === undefined) return status(StatusWord.WRONG_DATA);
    changes.push(change);
  }
  if (changes.length === 0) return status(StatusWord.WRONG_DATA);
  if (changes.some(({ kind }) => kind === 'lock')) return changes.length === 1 ? lock(memory) : status(StatusWord.WRONG_DATA);
  if (!isBound(memory, changes)) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  const files = changes.filter((change) => change.kind === 'file');
  if (!hasRoom(memory, files)) return status(StatusWord.NOT_ENOUGH_MEMORY);
  const trustPoint = trustPointOf(changes);
  if (trustPoint === 'unfit') return status(StatusWord.WRONG_DATA);
  tearIfRehearsed(memory, files);
  memory.together(() => {
    for (const change of changes) write(memory, change);
    if (trustPoint !== undefined) memory.setTrustPoints(trustPoint);
  });
  return DONE;
}

function write(memory: ChipMemory, change: Change): void {
  if (change.kind === 'other') change.write(memory);
  if (change.kind === 'bindingTag' && memory.bindingTag === null) memory.writeBindingTag(change.tag);
  if (change.kind !== 'file') return;
  memory.createFile(change.address, change.content.length);
  memory.update(change.address, 0, change.content);
}

/** Undefined: the content does not fit its meaning, or it comes in clear and should not, or the other way round. */
function changeOf(meaning: CpsGrouping, grouping: DataGrouping, decrypt: Sequence['decrypt']): Change | undefined {
  const { data } = grouping;
  const sensitive = 'secret' in meaning || 'key' in meaning;
  if (sensitive !== (grouping.encrypted === true)) return undefined;
  if ('file' in meaning) {
    const address = fileAddress(meaning.directory ?? 'eMRTD', Number.parseInt(meaning.file, 16));
    return data.length === 0 ? undefined : { kind: 'file', address, content: data };
  }
  if ('bindingTag' in meaning) return data.length < 16 || data.length > 32 ? undefined : { kind: 'bindingTag', tag: data };
  if ('trustPoint' in meaning) return { kind: 'certificate', bytes: data };
  if ('currentDate' in meaning) return { kind: 'date', bytes: data };
  if ('lock' in meaning) return data.length === 0 ? { kind: 'lock' } : undefined;
  const clear = decrypt(data);
  if (clear === undefined) return undefined;
  return 'secret' in meaning ? secretChange(meaning.secret, clear) : keyChange(meaning.key, clear);
}

const SECRET_FORM = {
  mrz: (text: string) => /^[0-9A-Z<]{24,64}$/.test(text),
  can: (text: string) => /^[0-9]{6}$/.test(text),
} as const;

/** Neither digits nor letters end in 80 00 …: whole blocks may come without padding (EMV CPS 1.1 §5.5). */
function secretChange(role: 'mrz' | 'can', clear: Uint8Array): Change | undefined {
  const value = unpad2(clear) ?? clear;
  if (!SECRET_FORM[role](Buffer.from(value).toString('latin1'))) return undefined;
  return { kind: 'other', write: (memory) => memory.setSecrets({ [role]: value }) };
}

/** PKCS #8 says itself how long it is: what follows is padding, or nothing when it is whole blocks. */
function keyChange(role: 'activeAuthentication' | 'chipAuthentication', clear: Uint8Array): Change | undefined {
  const pkcs8 = withoutPadding(clear);
  const key = pkcs8 === undefined ? undefined : importKey(role, pkcs8);
  return key === undefined ? undefined : { kind: 'other', write: (memory) => memory.setKey(role, key) };
}

function withoutPadding(clear: Uint8Array): Uint8Array | undefined {
  try {
    const reader = new ByteReader(clear, 'PKCS8');
    readTlv(reader);
    const pkcs8 = clear.subarray(0, reader.offset);
    return reader.remaining === 0 || unpad2(reader.rest())?.length === 0 ? pkcs8 : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** The chip belongs to a card already, or the sequence gives it to one; never to another. */
function isBound(memory: ChipMemory, changes: readonly Change[]): boolean {
  const tags = changes.flatMap((change) => (change.kind === 'bindingTag' ? [change.tag] : []));
  const held = memory.bindingTag ?? tags[0];
  return held !== undefined && tags.every((tag) => equalBytes(tag, held));
}

function hasRoom(memory: ChipMemory, files: readonly { readonly address: FileAddress; readonly content: Uint8Array }[]): boolean {
  const sizes = new Map(files.map(({ address, content }) => [address, content.length]));
  const more = [...sizes].reduce((sum, [address, size]) => sum + size - (memory.file(address)?.capacity ?? 0), 0);
  return more <= memory.freeBytes;
}

/** Certificate and date come together; undefined when neither is there. */
function trustPointOf(changes: readonly Change[]): Uint8Array | 'unfit' | undefined {
  const bytes = (kind: 'certificate' | 'date') => changes.flatMap((change) => (change.kind === kind ? [change.bytes] : [])).at(-1);
  const [certificate, date] = [bytes('certificate'), bytes('date')];
  if (certificate === undefined && date === undefined) return undefined;
  if (certificate === undefined || date === undefined) return 'unfit';
  return initialTrustPoints(certificate, date) ?? 'unfit';
}

/** The rehearsed defect counts files, which this chip takes whole, where others count UPDATE BINARY. */
function tearIfRehearsed(memory: ChipMemory, files: readonly { readonly address: FileAddress; readonly content: Uint8Array }[]): void {
  const torn = memory.defect?.kind === 'tornAtUpdate' ? files[memory.defect.update - memory.updates - 1] : undefined;
  if (torn === undefined) return;
  memory.createFile(torn.address, torn.content.length);
  memory.tear(torn.address, 0, torn.content);
  throw new VirtualCardError('CARD_VANISHED');
}

function lock(memory: ChipMemory): ResponseApdu {
  if (!isComplete(memory)) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  if (memory.defect?.kind !== 'lockLies') memory.lock();
  return DONE;
}

function hex4(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, '0');
}
