import { OID } from '#pki/x509';
import type { CrlRule } from '../rule.ts';

/** No reason, no hold, no date of invalidity, no issuer but the CSCA; private extensions are optional. */
export const entryExtensionsAsInTable10: CrlRule = {
  id: 'entry-extensions-as-in-table-10',
  clause: 'Doc 9303-12 Table 10, CRL entry extensions',
  holds: ({ list }) => list.entries.every(({ extensions }) => FORBIDDEN.every((oid) => !extensions.has(oid))),
};

const FORBIDDEN = [OID.reasonCode, OID.holdInstructionCode, OID.invalidityDate, OID.certificateIssuer] as const;
