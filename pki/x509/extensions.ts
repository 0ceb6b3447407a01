import { createHash } from 'node:crypto';
import { BitString, Integer, Null, ObjectIdentifier, OctetString, Primitive, PrintableString, Sequence, Set as Asn1Set } from 'asn1js';
import {
  AltName,
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  CRLDistributionPoints,
  DistributionPoint,
  Extension,
  GeneralName,
  RelativeDistinguishedNames,
} from 'pkijs';
import { ascii } from '#encoder/bytes';
import { pointOfKey } from '#pki/ec';
import { OID } from './oid.ts';

/** The part of an asn1js or pkijs object that makes DER. */
interface Encodable {
  toBER(): ArrayBuffer;
}

export function extension(extnID: string, critical: boolean, value: Encodable): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() });
}

/** RFC 5280 §4.2.1.2 method 1: SHA-1 of the subjectPublicKey bits; the same value as the token's CKA_ID. */
export function subjectKeyIdentifierOf(spki: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha1').update(pointOfKey(spki)).digest());
}

export function subjectKeyIdentifier(spki: Uint8Array): Extension {
  return extension(OID.subjectKeyIdentifier, false, new OctetString({ valueHex: buffer(subjectKeyIdentifierOf(spki)) }));
}

export function authorityKeyIdentifier(issuerSpki: Uint8Array): Extension {
  const keyIdentifier = new OctetString({ valueHex: buffer(subjectKeyIdentifierOf(issuerSpki)) });
  return extension(OID.authorityKeyIdentifier, false, new AuthorityKeyIdentifier({ keyIdentifier }).toSchema());
}

/** Named bits of RFC 5280 §4.2.1.3, with the unused bits that DER demands. */
export function keyUsage(...bits: readonly ('digitalSignature' | 'keyCertSign' | 'cRLSign')[]): Extension {
  const position = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const;
  const positions: readonly number[] = bits.map((bit) => position[bit]);
  const byte = positions.reduce((sum, at) => sum | (0x80 >> at), 0);
  const value = new BitString({ valueHex: buffer(Uint8Array.of(byte)), unusedBits: 7 - Math.max(...positions) });
  return extension(OID.keyUsage, true, value);
}

/** [0] and [1] are GeneralizedTime in every year (RFC 3280 §4.2.1.4). */
export function privateKeyUsagePeriod(period: { readonly notBefore: Date; readonly notAfter: Date }): Extension {
  const member = (tagNumber: number, at: Date) =>
    new Primitive({
      idBlock: { tagClass: 3, tagNumber },
      valueHex: buffer(ascii(`${at.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`)),
    });
  return extension(OID.privateKeyUsagePeriod, false, new Sequence({ value: [member(0, period.notBefore), member(1, period.notAfter)] }));
}

/** Doc 9303-12 §7.1.1.2: a directory name whose localityName is the country code as it stands in the MRZ. */
export function alternativeName(which: 'subject' | 'issuer', mrzCountry: string): Extension {
  const locality = new AttributeTypeAndValue({ type: OID.localityName, value: new PrintableString({ value: mrzCountry }) });
  const directoryName = new GeneralName({ type: 4, value: new RelativeDistinguishedNames({ typesAndValues: [locality] }) });
  const oid = which === 'subject' ? OID.subjectAltName : OID.issuerAltName;
  return extension(oid, false, new AltName({ altNames: [directoryName] }).toSchema());
}

/** Doc 9303-12 Table 6: for a CSCA critical, cA TRUE, pathLenConstraint 0. */
export function certificationAuthority(): Extension {
  return extension(OID.basicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema());
}

/** Doc 9303-12 §7.1.1.3: critical, and one purpose only. */
export function extendedKeyUsage(purpose: string): Extension {
  return extension(OID.extKeyUsage, true, new Sequence({ value: [new ObjectIdentifier({ value: purpose })] }));
}

/** Doc 9303-12 §7.1.1.5: its presence is all it says. */
export function nameChange(): Extension {
  return extension(OID.nameChange, false, new Null());
}

export function crlDistributionPoints(urls: readonly string[]): Extension {
  const distributionPoints = urls.map((url) => new DistributionPoint({ distributionPoint: [new GeneralName({ type: 6, value: url })] }));
  return extension(OID.cRLDistributionPoints, false, new CRLDistributionPoints({ distributionPoints }).toSchema());
}

/** Doc 9303-12 §7.1.1.6: v0 and the document types as they appear in the MRZ, in the order of DER's SET OF. */
export function documentTypeList(types: readonly string[]): Extension {
  const sorted = types.toSorted((a, b) => a.length - b.length || Buffer.compare(ascii(a), ascii(b)));
  const list = new Asn1Set({ value: sorted.map((value) => new PrintableString({ value })) });
  return extension(OID.documentTypeList, false, new Sequence({ value: [new Integer({ value: 0 }), list] }));
}

/** asn1js takes ArrayBuffer: a copy, so that no view of a larger buffer leaks into an encoding. */
export function buffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
