import { decodeOnly, DER } from '#encoder/tlv';
import { isDer } from '../../is-der.ts';
import { OID } from '../../oid.ts';
import { subjectKey } from '../subject-key.ts';
import { ALL, type Rule } from '../rule.ts';

/** All of what is signed, and what its OCTET STRINGs and its BIT STRING hold, is DER and not only BER. */
export const derEncoding: Rule = {
  id: 'der-encoding',
  profiles: ALL,
  clause: 'Doc 9303-12 §7.1; ISO/IEC 8825-1 §10, §11',
  holds: ({ certificate: { der, spki, extensions } }) => {
    const usage = extensions.get(OID.keyUsage)?.value;
    const { algorithm, key } = subjectKey(spki);
    const inner = [...extensions.values()].map(({ value }) => value);
    return (
      [der, ...inner, ...(algorithm === OID.rsaEncryption ? [key] : [])].every(isDer) && (usage === undefined || hasNoTrailingZero(usage))
    );
  },
};

/** KeyUsage is a named bit list: its last bit is one that is asserted (ISO/IEC 8825-1 §11.2.2). */
function hasNoTrailingZero(usage: Uint8Array): boolean {
  const [unused = 0, ...bytes] = decodeOnly(usage, DER.BIT_STRING, 'keyUsage').rest();
  return ((bytes.at(-1) ?? 0) & (1 << unused)) !== 0;
}
