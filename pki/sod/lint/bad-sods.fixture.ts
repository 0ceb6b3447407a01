import { createHash } from 'node:crypto';
import { concat, utf8 } from '#encoder/bytes';
import { derInteger, derNull, derOctetString, derOid, derSequence, derSet, inSetOrder, tlv } from '#encoder/tlv';
import { pointOfKey } from '#pki/ec';
import { specimenFiles } from '#pki/testing';
import { addYears, encodeTime, OID, signatureFromToken } from '#pki/x509';
import { attribute, ldsOver, membersOf, mutatedSod, NOTHING, recertified, without, type Mutation } from '../mutations.fixture.ts';
import { ISSUED_AT, type ThrowAwayPki } from '../throw-away.fixture.ts';
import type { SodContext } from './facts.ts';
import type { SodRuleId } from './rules.ts';

/** A file that breaks one rule; where it cannot but break another with it, `also` says which. */
export interface BadSod {
  readonly file: Uint8Array;
  readonly context?: SodContext;
  readonly also?: readonly SodRuleId[];
}

const SHA1 = '1.3.14.3.2.26';
const ECDSA_SHA1 = '1.2.840.10045.4.1';
const DG13 = specimenFiles().get(13) ?? NOTHING;

/** LDSSecurityObject member by member, for what the codec refuses to write. */
function ldsWith(change: {
  readonly version?: number;
  readonly digest?: Uint8Array;
  readonly hashes?: readonly Uint8Array[];
  readonly more?: Uint8Array;
}): Uint8Array {
  const [version = NOTHING, digest = NOTHING, list = NOTHING] = membersOf(ldsOver());
  const hashes = change.hashes === undefined ? list : derSequence(...change.hashes);
  return derSequence(
    change.version === undefined ? version : derInteger(change.version),
    change.digest ?? digest,
    hashes,
    change.more ?? NOTHING,
  );
}

const hashes = (): readonly Uint8Array[] => membersOf(membersOf(ldsOver())[2] ?? NOTHING);
const hashOf = (dataGroup: number, bytes: Uint8Array, hash = 'sha256'): Uint8Array =>
  derSequence(derInteger(dataGroup), derOctetString(createHash(hash).update(bytes).digest()));
/** A constructed data object of indefinite length (BER). */
const indefinite = (object: Uint8Array): Uint8Array =>
  concat(object.subarray(0, 1), Uint8Array.of(0x80), ...membersOf(object), Uint8Array.of(0, 0));

/** Each rule, and a really signed file that breaks it: made by the same key, by a recertified one where it is about the certificate. */
export function badSods(pki: ThrowAwayPki): Readonly<Record<SodRuleId, BadSod>> {
  const sod = (mutation: Mutation, more: Omit<BadSod, 'file'> = {}): BadSod => ({ file: mutatedSod(pki, mutation), ...more });
  const files = specimenFiles();
  const signature = { kind: 'ecdsa', curve: 'P-256', digest: 'SHA-256' } as const;
  const otherCurve = {
    objectVersion: 0,
    digest: 'SHA-256',
    digestParameters: 'absent',
    signature: { ...signature, curve: 'P-384' },
  } as const;
  const v1 = { objectVersion: 1, digest: 'SHA-256', digestParameters: 'absent', signature } as const;
  const withoutKeyIdentifier = recertified(pki, ({ extensions }) => ({ extensions: without(extensions, OID.subjectKeyIdentifier) }));
  const keyIdentifier = createHash('sha1').update(pointOfKey(pki.key.spki)).digest();
  return {
    'sod-one-object': sod({ file: (efSod) => concat(efSod, Uint8Array.of(0)) }),
    'sod-in-der': sod(
      { data: ({ encapContentInfo }) => ({ encapContentInfo: indefinite(encapContentInfo) }) },
      { also: ['sod-signed-data'] },
    ),
    'sod-signed-data': sod({ data: () => ({ encapContentInfo: NOTHING }) }),
    'sod-version-3': sod({ data: () => ({ version: derInteger(1) }) }),
    'sod-digest-algorithms-of-the-signer': sod({
      data: ({ digestAlgorithms }) => ({ digestAlgorithms: derSet(...membersOf(digestAlgorithms), derSequence(derOid(OID.sha512))) }),
    }),
    'sod-digest-algorithm-listed': sod(
      { data: () => ({ digestAlgorithms: derSet(derSequence(derOid(OID.sha512))) }) },
      { also: ['sod-digest-algorithms-of-the-signer'] },
    ),
    'sod-content-type': sod({ contentType: OID.data }),
    'sod-content-type-of-icao': sod({ contentType: '1.3.27.1.1.1' }),
    'sod-certificates-in-der-order': sod({
      data: () => ({ certificates: tlv(0xa0, ...inSetOrder([pki.csca, pki.documentSigner]).toReversed()) }),
    }),
    'sod-certificates-readable': sod({
      data: () => ({ certificates: tlv(0xa0, ...inSetOrder([derSequence(derInteger(1)), pki.documentSigner])) }),
    }),
    'sod-signer-certificate': sod({ data: () => ({ certificates: tlv(0xa0, pki.csca) }) }),
    'sod-without-revocation-lists': sod({ data: () => ({ crls: tlv(0xa1) }) }),
    'sod-one-signer': sod({ data: ({ signerInfos }) => ({ signerInfos: derSet(...membersOf(signerInfos), ...membersOf(signerInfos)) }) }),
    'sod-signer-info-version': sod({ signer: () => ({ version: derInteger(3) }) }),
    'sod-signer-key-identifier-certified': sod({
      certificate: withoutKeyIdentifier,
      signer: () => ({ version: derInteger(3), sid: tlv(0x80, keyIdentifier) }),
    }),
    // The signature is then over the content itself (RFC 5652 §5.4), and verifies.
    'sod-signed-attributes-present': sod({
      signer: () => ({ signedAttrs: NOTHING, signature: derOctetString(signatureOverContent(pki)) }),
    }),
    'sod-signed-attributes-in-der-order': sod({ attributes: (members) => members.toReversed() }),
    'sod-content-type-attribute': sod({ attributes: ([, digest = NOTHING]) => [attribute(OID.contentType, derOid(OID.data)), digest] }),
    'sod-message-digest': sod({
      attributes: ([type = NOTHING]) => [type, attribute(OID.messageDigest, derOctetString(createHash('sha256').update(DG13).digest()))],
    }),
    'sod-signing-time': sod({
      attributes: ([type = NOTHING, digest = NOTHING]) => [type, attribute(OID.signingTime, tlv(0x18, utf8('20261121080000Z'))), digest],
    }),
    'sod-without-unsigned-attributes': sod({
      signer: () => ({ unsignedAttrs: tlv(0xa1, attribute(OID.signingTime, encodeTime(ISSUED_AT))) }),
    }),
    'sod-digest-permitted': sod(
      {
        attributes: ([type = NOTHING]) => [
          type,
          attribute(OID.messageDigest, derOctetString(createHash('sha1').update(ldsOver()).digest())),
        ],
        signer: () => ({ digestAlgorithm: derSequence(derOid(SHA1)) }),
        data: () => ({ digestAlgorithms: derSet(derSequence(derOid(SHA1))) }),
      },
      { also: ['sod-hashes-agree'] },
    ),
    'sod-signature-algorithm-permitted': sod({ signer: () => ({ signatureAlgorithm: derSequence(derOid(ECDSA_SHA1)) }) }),
    'sod-signature-algorithm-names-its-hash': sod({ signer: () => ({ signatureAlgorithm: derSequence(derOid(OID.ecPublicKey)) }) }),
    'sod-signature-algorithm-parameters': sod({
      signer: ({ signatureAlgorithm }) => ({ signatureAlgorithm: derSequence(...membersOf(signatureAlgorithm), derNull()) }),
    }),
    'sod-hashes-agree': sod({ signer: () => ({ signatureAlgorithm: derSequence(derOid('1.2.840.10045.4.3.3')) }) }),
    'sod-signature-algorithm-of-the-key': sod({
      signer: () => ({ signatureAlgorithm: derSequence(derOid('1.2.840.113549.1.1.11'), derNull()) }),
    }),
    'sod-digest-parameters': sod({
      signer: () => ({ digestAlgorithm: derSequence(derOid(OID.sha256), derNull()) }),
    }),
    'sod-algorithms-of-the-profile': sod({}, { context: { algorithms: otherCurve } }),
    'sod-document-type-certified': sod({ lds: ldsOver({}, specimenFiles('P<')) }, { context: { dataGroups: specimenFiles('P<') } }),
    'sod-signer-outlives-the-card': sod({}, { context: { lastDay: addYears(ISSUED_AT, 26) } }),
    'lds-security-object': sod({ lds: derSequence(derInteger(0)) }),
    'lds-version': sod({ lds: ldsWith({ version: 1 }) }),
    'lds-digest-permitted': sod({
      lds: ldsWith({ digest: derSequence(derOid(SHA1)), hashes: [...files].map(([dataGroup, file]) => hashOf(dataGroup, file, 'sha1')) }),
    }),
    'lds-digest-parameters': sod({ lds: ldsOver({ hashParameters: 'null' }) }),
    'lds-two-to-sixteen-data-groups': sod({ lds: ldsWith({ hashes: [...hashes(), hashOf(17, DG13)] }) }),
    'lds-data-group-once': sod({ lds: ldsWith({ hashes: [...hashes(), hashOf(15, files.get(15) ?? NOTHING)] }) }),
    'lds-data-groups-ascending': sod({ lds: ldsWith({ hashes: hashes().toReversed() }) }),
    'lds-hash-length': sod({ lds: ldsWith({ hashes: [...hashes(), hashOf(16, DG13, 'sha512')] }) }),
    'lds-hash-of-the-data-group': sod(
      { lds: ldsWith({ hashes: [...hashes().slice(0, 4), hashOf(15, DG13)] }) },
      { context: { dataGroups: files } },
    ),
    'lds-every-data-group': sod({ lds: ldsWith({ hashes: hashes().slice(0, 4) }) }, { context: { dataGroups: files } }),
    'lds-algorithms-of-the-profile': sod({}, { context: { algorithms: v1 } }),
  };
}

/** ECDSA-Sig-Value over the content, where nothing is hashed in between. */
function signatureOverContent({ key }: ThrowAwayPki): Uint8Array {
  return signatureFromToken(key.algorithm, key.sign(ldsOver()));
}
