import { OID } from '#pki/x509';
import type { SodRule } from '../rule.ts';

const REQUIRED: readonly string[] = [OID.contentType, OID.messageDigest];

export const sodSignedAttributesPresent = {
  id: 'sod-signed-attributes-present',
  clause:
    'Doc 9303-10 table 37: signedAttrs is mandatory, with content-type and message-digest (RFC 5652 §5.3), each once with one value (§11)',
  binds: 'everyone',
  about: 'signer-info',
  holds: ({ attributes }) =>
    REQUIRED.every((oid) => attributes.some((attribute) => attribute.oid === oid)) &&
    new Set(attributes.map(({ oid }) => oid)).size === attributes.length &&
    attributes.every(({ oid, values }) => values.length === 1 || !REQUIRED.includes(oid)),
} as const satisfies SodRule;
