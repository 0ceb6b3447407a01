import { OID } from '#pki/x509';
import type { CrlRule } from '../rule.ts';

/** No delta list, no partial list, nothing that the table does not know. */
export const extensionsAsInTable10: CrlRule = {
  id: 'extensions-as-in-table-10',
  clause: 'Doc 9303-12 Table 10',
  holds: ({ list }) => [...list.extensions.keys()].every((oid) => PERMITTED.includes(oid)),
};

const PERMITTED: readonly string[] = [OID.authorityKeyIdentifier, OID.issuerAltName, OID.cRLNumber];
