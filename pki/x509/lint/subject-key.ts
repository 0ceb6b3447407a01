import { ByteReader } from '#encoder/bytes';
import { decodeOnly, decodeTlvs, DER, enter, readBitString, readInteger, readOidContent, type Tlv } from '#encoder/tlv';
import { OID } from '../oid.ts';

export interface SubjectKey {
  readonly algorithm: string;
  readonly parameters: Tlv | undefined;
  /** Content of the BIT STRING. */
  readonly key: Uint8Array;
}

/** The parts of a SubjectPublicKeyInfo, read without believing what they say. Throws `DecodeError`. */
export function subjectKey(spki: Uint8Array): SubjectKey {
  const outer = decodeOnly(spki, DER.SEQUENCE, 'spki');
  const [oid, parameters] = decodeTlvs(enter(outer, DER.SEQUENCE).rest(), 'spki/algorithm');
  const algorithm = oid?.tag === DER.OBJECT_IDENTIFIER ? readOidContent(new ByteReader(oid.value, 'spki/algorithm')) : '';
  return { algorithm, parameters, key: readBitString(outer).rest() };
}

/** RSAPublicKey (RFC 8017 §A.1.1); undefined for a key of another algorithm. */
export function rsaKey(spki: Uint8Array): { readonly modulus: bigint; readonly exponent: bigint } | undefined {
  const { algorithm, key } = subjectKey(spki);
  if (algorithm !== OID.rsaEncryption) return undefined;
  const members = decodeOnly(key, DER.SEQUENCE, 'RSAPublicKey');
  const [modulus, exponent] = [readInteger(members), readInteger(members)];
  members.end();
  return { modulus, exponent };
}
