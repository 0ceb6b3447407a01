import { createCipheriv, createDecipheriv, createECDH, hkdfSync } from 'node:crypto';
import { ByteReader, concat, Secret, utf8 } from '#encoder/bytes';
import { pointOfKey, publicKeyOfPoint } from '#pki/ec';
import { SealedBoxError } from './sealed-box-error.ts';

const CURVE = 'P-256';
const POINT_BYTES = 65;
const TAG_BYTES = 16;
/** A data key and some room: nobody seals a record by mistake. */
export const SECRET_BYTES_MAX = 128;

/** What a box is longer than the secret in it. */
export const BOX_OVERHEAD = 1 + POINT_BYTES + TAG_BYTES;

/** Who opens: `ecdh` derives the shared secret with the private half of `point`, which is in a token. */
export interface Opener {
  readonly point: Uint8Array;
  readonly ecdh: (peerPoint: Uint8Array) => Promise<Secret>;
}

/**
 * Version 1 of a box:
 *   01 | ephemeral public point, uncompressed (65) | ciphertext (as long as the secret) | GCM tag (16)
 * The key and nonce come from HKDF-SHA-256 (RFC 5869) over the ECDH x coordinate, without salt, with
 *   info = "cardmint sealed box 1" | ephemeral point | recipient point | context,
 * so that a box opens for one recipient and one context only. The ephemeral key is new for every box: a fixed nonce never repeats
 * under one key.
 */
export const BOX_VERSION = 1;
const INFO = utf8('cardmint sealed box 1');

/** Seals to a P-256 SubjectPublicKeyInfo or point. `context` says what the secret is for (a record's id and version) and must be given again to open. */
export function sealBox(recipient: Uint8Array, secret: Secret, context: Uint8Array): Uint8Array {
  if (secret.length === 0 || secret.length > SECRET_BYTES_MAX)
    throw new SealedBoxError('BOX_INPUT_INVALID', { detail: `${secret.length} bytes` });
  const recipientPoint = pointOfRecipient(recipient);
  const ephemeral = createECDH('prime256v1');
  const point = Uint8Array.from(ephemeral.generateKeys());
  const shared = Secret.takeOver(ephemeral.computeSecret(recipientPoint));
  const { key, nonce } = keysOf(shared, point, recipientPoint, context);
  const cipher = createCipheriv('aes-256-gcm', key.reveal(), nonce);
  const header = concat(Uint8Array.of(BOX_VERSION), point);
  cipher.setAAD(header);
  const ciphertext = concat(cipher.update(secret.reveal()), cipher.final());
  key.destroy();
  return concat(header, ciphertext, cipher.getAuthTag());
}

/** The point of a P-256 SubjectPublicKeyInfo, or the point itself; on the curve, else `EcError` EC_POINT_INVALID. */
export function pointOfRecipient(recipient: Uint8Array): Uint8Array {
  const point = recipient.length === POINT_BYTES ? recipient : pointOfKey(recipient);
  publicKeyOfPoint(CURVE, point);
  return point;
}

/** Opens with the token. Throws `SealedBoxError`, or what `ecdh` throws. */
export async function openBox(box: Uint8Array, opener: Opener, context: Uint8Array): Promise<Secret> {
  const { header, point, ciphertext, tag } = parse(box);
  const { key, nonce } = keysOf(await opener.ecdh(point), point, opener.point, context);
  const decipher = createDecipheriv('aes-256-gcm', key.reveal(), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(header);
  decipher.setAuthTag(tag);
  const plain = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch (cause) {
    plain.fill(0);
    throw new SealedBoxError('BOX_NOT_OPENED', { cause });
  } finally {
    key.destroy();
  }
  return Secret.takeOver(plain);
}

function parse(box: Uint8Array): {
  readonly header: Uint8Array;
  readonly point: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
} {
  const length = box.length - 1 - POINT_BYTES - TAG_BYTES;
  if (length < 1 || length > SECRET_BYTES_MAX || box[0] !== BOX_VERSION)
    throw new SealedBoxError('BOX_MALFORMED', { detail: `${box.length} bytes` });
  const reader = new ByteReader(Uint8Array.from(box), 'sealed box');
  const header = reader.take(1 + POINT_BYTES, 'header');
  const point = header.subarray(1);
  try {
    publicKeyOfPoint(CURVE, point);
  } catch (cause) {
    throw new SealedBoxError('BOX_MALFORMED', { where: 'ephemeral point', cause });
  }
  return { header, point, ciphertext: reader.take(length, 'ciphertext'), tag: reader.take(TAG_BYTES, 'tag') };
}

/** Takes the shared secret over: it is gone afterwards. */
function keysOf(shared: Secret, point: Uint8Array, recipientPoint: Uint8Array, context: Uint8Array): { key: Secret; nonce: Uint8Array } {
  const info = concat(INFO, point, recipientPoint, context);
  const material = new Uint8Array(hkdfSync('sha256', shared.reveal(), new Uint8Array(), info, 44));
  shared.destroy();
  const nonce = material.slice(32);
  return { key: Secret.takeOver(material.subarray(0, 32)), nonce };
}
