import { createHash, createPublicKey } from 'node:crypto';
import { CodedError, ascii, decodeUtf8, type ErrorContext, type ErrorTable } from '#encoder/bytes';
import { verifyEcdsaRaw } from '#pki/ec';

export type JwsErrorCode = 'JWS_MALFORMED' | 'JWS_HEADER_REFUSED' | 'JWS_SIGNATURE_REJECTED';

const TABLE = {
  JWS_MALFORMED: {
    what: { vi: 'JWS không đúng cấu trúc', en: 'the text is not a compact JWS' },
    todo: { vi: 'Lấy lại tệp từ nguồn', en: 'fetch the file again from its source' },
  },
  JWS_HEADER_REFUSED: {
    what: { vi: 'Phần đầu JWS không đúng loại hoặc thuật toán', en: 'the header of the JWS is not exactly the expected one' },
    todo: { vi: 'Từ chối tệp này', en: 'refuse this file' },
  },
  JWS_SIGNATURE_REJECTED: {
    what: { vi: 'Chữ ký JWS không đúng', en: 'the signature of the JWS does not verify' },
    todo: { vi: 'Từ chối tệp này và báo cáo', en: 'refuse this file and report it' },
  },
} as const satisfies ErrorTable<JwsErrorCode>;

export class JwsError extends CodedError<JwsErrorCode> {
  constructor(code: JwsErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}

export interface JwsSigner {
  /** SubjectPublicKeyInfo of the P-256 key. */
  readonly publicKey: Uint8Array;
  /** Signs a SHA-256 digest: r || s, 64 bytes. */
  readonly sign: (digest: Uint8Array) => Promise<Uint8Array>;
}

/** A birth certificate is under 8 KiB. */
const LENGTH_MAX = 65_536;

/**
 * Signs a payload under a media type without `application/`, e.g. `cardmint-birth-certificate+json` (RFC 7515 §4.1.9). `kid` names the key
 * for people and is not trusted by anyone. Verified before it is returned.
 */
export async function signJws(
  payload: Uint8Array,
  header: { readonly typ: string; readonly kid: string },
  signer: JwsSigner,
): Promise<string> {
  const protectedHeader = JSON.stringify({ alg: 'ES256', typ: header.typ, kid: header.kid });
  const signingInput = `${Buffer.from(protectedHeader).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  const signature = await signer.sign(Uint8Array.from(createHash('sha256').update(signingInput).digest()));
  const jws = `${signingInput}.${Buffer.from(signature).toString('base64url')}`;
  verifyJws(jws, { publicKey: signer.publicKey, typ: header.typ });
  return jws;
}

/** The payload and key name of a JWS that this key signed under this type. Throws `JwsError`. */
export function verifyJws(
  jws: string,
  expected: { readonly publicKey: Uint8Array; readonly typ: string },
): { readonly payload: Uint8Array; readonly kid: string } {
  const parts = jws.length <= LENGTH_MAX ? jws.split('.') : [];
  const [header, payload, signature] = parts.map((part) => decodeBase64Url(part));
  if (parts.length !== 3 || header === undefined || payload === undefined || signature === undefined) throw new JwsError('JWS_MALFORMED');
  const kid = acceptedKid(header, expected.typ);
  const key = createPublicKey({ key: Buffer.from(expected.publicKey), format: 'der', type: 'spki' });
  const signingInput = ascii(jws.slice(0, jws.lastIndexOf('.')));
  if (signature.length !== 64 || !verifyEcdsaRaw('sha256', signingInput, key, signature)) throw new JwsError('JWS_SIGNATURE_REJECTED');
  return { payload, kid };
}

/** Exactly alg, typ and kid: no `jku`, `x5u`, `jwk`, `crit` or `b64` is looked at, because their presence refuses the whole. */
function acceptedKid(header: Uint8Array, typ: string): string {
  const fields = parseObject(header);
  const [alg, type, kid] = [fields['alg'], fields['typ'], fields['kid']];
  const names = Object.keys(fields).toSorted().join();
  if (names !== 'alg,kid,typ' || alg !== 'ES256' || type !== typ || typeof kid !== 'string') throw new JwsError('JWS_HEADER_REFUSED');
  return kid;
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(decodeUtf8(bytes, 'header'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new JwsError('JWS_MALFORMED', { where: 'header', cause });
  }
  throw new JwsError('JWS_MALFORMED', { where: 'header' });
}

/** Node's decoder skips what it does not know: only text that encodes back to itself is base64url (RFC 7515 §2: no padding). */
function decodeBase64Url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? Uint8Array.from(bytes) : undefined;
}
