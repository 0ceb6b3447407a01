import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { ByteReader, concat, equalBytes, Secret, utf8 } from '#encoder/bytes';
import { SealedBoxError } from './sealed-box-error.ts';
import { BOX_OVERHEAD, BOX_VERSION, openBox, pointOfRecipient, sealBox, SECRET_BYTES_MAX, type Opener } from './sealed-box.ts';

/**
 * Version 2: one secret for several tokens, any of which opens it alone:
 *   02 | count (1) | count × ( key identifier (20) | box (114) ) | ciphertext (as long as the secret) | GCM tag (16)
 * Each box (version 1, `sealed-box.ts`) holds the same random content key, made for this envelope and used once, which encrypts the
 * secret with AES-256-GCM under a zero nonce; everything before the ciphertext is authenticated with it. So whichever box opens, a byte
 * changed in any other is refused too. Boxes stand in the order of their key identifiers: one set of keys has one form.
 */
const VERSION = 2;
const COUNT_MAX = 8;
const IDENTIFIER_BYTES = 20;
const CONTENT_KEY_BYTES = 32;
const BOX_BYTES = BOX_OVERHEAD + CONTENT_KEY_BYTES;
const TAG_BYTES = 16;
const NONCE = new Uint8Array(12);

interface Envelope {
  /** Version, count, identifiers and boxes: what is authenticated beside the ciphertext. */
  readonly header: Uint8Array;
  readonly boxes: readonly { readonly recipient: Uint8Array; readonly box: Uint8Array }[];
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** A token's key identifier (CKA_ID): SHA-1 of the public point (RFC 5280 §4.2.1.2 method 1). `publicKey` is a P-256 SubjectPublicKeyInfo or point. */
export function recipientId(publicKey: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha1').update(pointOfRecipient(publicKey)).digest());
}

/**
 * Seals to every one of one to eight different keys, P-256 SubjectPublicKeyInfo or point. `context` says what the secret is for and must
 * be given again to open. Throws `SealedBoxError` BOX_INPUT_INVALID, `EcError` for what is no such key.
 */
export function sealToAll(recipients: readonly Uint8Array[], secret: Secret, context: Uint8Array): Uint8Array {
  if (secret.length === 0 || secret.length > SECRET_BYTES_MAX)
    throw new SealedBoxError('BOX_INPUT_INVALID', { detail: `${secret.length} bytes` });
  const named = recipients.map((key) => ({ key, id: recipientId(key) })).toSorted((a, b) => Buffer.compare(a.id, b.id));
  if (named.length === 0 || named.length > COUNT_MAX || !ascending(named.map(({ id }) => id)))
    throw new SealedBoxError('BOX_INPUT_INVALID', { detail: `${named.length} keys` });
  const contentKey = Secret.takeOver(randomBytes(CONTENT_KEY_BYTES));
  const boxes = named.flatMap(({ key, id }) => [id, sealBox(key, contentKey, boxContext(context))]);
  const header = concat(Uint8Array.of(VERSION, named.length), ...boxes);
  const cipher = createCipheriv('aes-256-gcm', contentKey.reveal(), NONCE).setAAD(header);
  const ciphertext = concat(cipher.update(secret.reveal()), cipher.final());
  contentKey.destroy();
  return concat(header, ciphertext, cipher.getAuthTag());
}

/**
 * Opens an envelope with the one box in it that is sealed to this opener's key, or a single box of version 1, which names nobody.
 * No box of another key is tried. Throws `SealedBoxError`, or what `ecdh` throws.
 */
export async function openAny(blob: Uint8Array, opener: Opener, context: Uint8Array): Promise<Secret> {
  if (blob[0] === BOX_VERSION) return openBox(blob, opener, context);
  const { header, boxes, ciphertext, tag } = parse(blob);
  const own = recipientId(opener.point);
  const found = boxes.find(({ recipient }) => equalBytes(recipient, own));
  if (found === undefined) throw new SealedBoxError('BOX_RECIPIENT_ABSENT');
  const contentKey = await openBox(found.box, opener, boxContext(context));
  const decipher = createDecipheriv('aes-256-gcm', contentKey.reveal(), NONCE, { authTagLength: TAG_BYTES }).setAAD(header).setAuthTag(tag);
  const plain = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch (cause) {
    plain.fill(0);
    throw new SealedBoxError('BOX_NOT_OPENED', { where: 'envelope', cause });
  } finally {
    contentKey.destroy();
  }
  return Secret.takeOver(plain);
}

/**
 * The key identifiers that a stored blob holds boxes for, ascending, read without any key; undefined for a single box of version 1, which
 * does not say. Throws `SealedBoxError` BOX_MALFORMED.
 */
export function recipientsOf(blob: Uint8Array): readonly Uint8Array[] | undefined {
  if (blob[0] === BOX_VERSION) return undefined;
  return parse(blob).boxes.map(({ recipient }) => recipient);
}

/** The content key's box never opens as a record's data key, nor a record's box of version 1 as a content key. */
function boxContext(context: Uint8Array): Uint8Array {
  return concat(utf8('cardmint envelope 2'), context);
}

function parse(blob: Uint8Array): Envelope {
  const malformed = (detail: string): SealedBoxError => new SealedBoxError('BOX_MALFORMED', { where: 'envelope', detail });
  const [version, count = 0] = blob;
  if (version !== VERSION || count === 0 || count > COUNT_MAX) throw malformed(`version ${version ?? 'none'}, ${count} boxes`);
  const headerBytes = 2 + count * (IDENTIFIER_BYTES + BOX_BYTES);
  const length = blob.length - headerBytes - TAG_BYTES;
  if (length < 1 || length > SECRET_BYTES_MAX) throw malformed(`${blob.length} bytes`);
  const reader = new ByteReader(Uint8Array.from(blob), 'envelope');
  const header = reader.take(headerBytes, 'header');
  const body = new ByteReader(header.subarray(2), 'envelope');
  const boxes = Array.from({ length: count }, () => ({ recipient: body.take(IDENTIFIER_BYTES), box: body.take(BOX_BYTES) }));
  if (!ascending(boxes.map(({ recipient }) => recipient))) throw malformed('boxes not in the order of their keys');
  return { header, boxes, ciphertext: reader.take(length), tag: reader.take(TAG_BYTES) };
}

function ascending(identifiers: readonly Uint8Array[]): boolean {
  return identifiers.every((id, i) => i === 0 || Buffer.compare(identifiers[i - 1] ?? id, id) < 0);
}
