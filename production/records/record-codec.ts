import { createHash } from 'node:crypto';
import { ByteReader, concat, decodeUtf8, DecodeError, uintBE, utf8, type Codec } from '#encoder/bytes';
import type { CitizenRecord } from '#encoder/profiles';
import { canonicalJson } from '#production/store';

/** What is sealed of an order: the citizen's record, and the dossier it was approved in. */
export interface RecordContent {
  readonly citizen: CitizenRecord;
  readonly dossierNumber: string;
}

const MAGIC = utf8('CMR1');
const IMAGES = ['portrait', 'leftIndexFinger', 'rightIndexFinger'] as const;
/** The largest record that intake lets through is well below this. */
const PART_MAX = 4 * 1024 * 1024;

/**
 * The canonical record: `CMR1`, then four parts, each with a 32-bit length before it: the texts as canonical JSON, the portrait,
 * the left and the right index finger. One record has one encoding, so its hash can be compared for ever.
 */
function encodeCitizen(citizen: CitizenRecord): Uint8Array {
  const texts: Record<string, unknown> = { ...citizen };
  for (const image of IMAGES) delete texts[image];
  return concat(MAGIC, part(utf8(canonicalJson(texts))), ...IMAGES.map((image) => part(citizen[image])));
}

/** SHA-256 of the canonical record: what print, chip and inspection are compared with (invariant C4). */
export function canonicalRecordHash(citizen: CitizenRecord): Uint8Array {
  return new Uint8Array(createHash('sha256').update(encodeCitizen(citizen)).digest());
}

/** The dossier number and the canonical record, as they are sealed. */
export const recordContentCodec: Codec<RecordContent> = Object.freeze({
  encode: ({ citizen, dossierNumber }: RecordContent): Uint8Array => concat(part(utf8(dossierNumber)), encodeCitizen(citizen)),
  decode: (bytes: Uint8Array): RecordContent => {
    const reader = new ByteReader(bytes, 'record');
    const dossierNumber = decodeUtf8(readPart(reader));
    const magic = reader.take(MAGIC.length);
    if (!Buffer.from(magic).equals(MAGIC)) throw new DecodeError('BYTES_UNEXPECTED', { path: 'record/magic', offset: 0 });
    const texts = readTexts(readPart(reader));
    const [portrait, leftIndexFinger, rightIndexFinger] = [readPart(reader), readPart(reader), readPart(reader)];
    reader.end();
    return { dossierNumber, citizen: { ...texts, portrait, leftIndexFinger, rightIndexFinger } };
  },
});

type Texts = Omit<CitizenRecord, (typeof IMAGES)[number]>;

function readTexts(bytes: Uint8Array): Texts {
  try {
    return JSON.parse(decodeUtf8(bytes)) as Texts;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    // The parser's own message quotes what it read: it is not kept.
    throw new DecodeError('BYTES_UNEXPECTED', { path: 'record/texts', offset: 0 });
  }
}

function part(bytes: Uint8Array): Uint8Array {
  return concat(uintBE(bytes.length, 4), bytes);
}

function readPart(reader: ByteReader): Uint8Array {
  const length = reader.uint(4);
  if (length > PART_MAX) throw new DecodeError('BYTES_LIMIT', { path: 'record', offset: reader.offset });
  return Uint8Array.from(reader.take(length));
}
