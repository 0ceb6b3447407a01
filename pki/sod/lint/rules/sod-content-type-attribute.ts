import { equalBytes } from '#encoder/bytes';
import { oidBytes } from '#encoder/tlv';
import { OID } from '#pki/x509';
import type { SodRule } from '../rule.ts';

export const sodContentTypeAttribute = {
  id: 'sod-content-type-attribute',
  clause: 'RFC 5652 §11.1: the content-type attribute is the eContentType that is signed',
  binds: 'everyone',
  about: 'signer-info',
  holds: ({ attributes }, { data }) => {
    const value = attributes.find(({ oid }) => oid === OID.contentType)?.values[0];
    return value === undefined || data === undefined || (value.tag === 0x06 && equalBytes(value.value, oidBytes(data.contentType)));
  },
} as const satisfies SodRule;
