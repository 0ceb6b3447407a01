import { decodeOnly, DER, readOid } from '#encoder/tlv';
import { OID, type Certificate } from '#pki/x509';

const PURPOSES_MAX = 16;

/** `ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId` (RFC 5280 §4.2.1.12); none where the extension is absent. Throws `DecodeError`. */
export function purposesOf({ extensions }: Pick<Certificate, 'extensions'>): readonly string[] {
  const value = extensions.get(OID.extKeyUsage)?.value;
  if (value === undefined) return [];
  const purposes: string[] = [];
  const sequence = decodeOnly(value, DER.SEQUENCE, 'extKeyUsage');
  while (sequence.remaining > 0) {
    if (purposes.length >= PURPOSES_MAX) throw sequence.error('BYTES_LIMIT', undefined, `more than ${PURPOSES_MAX} purposes`);
    purposes.push(readOid(sequence));
  }
  return purposes;
}
