import { beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '#encoder/bytes';
import { efCom, ldsSecurityObject } from '#encoder/lds';
import { readSignedData, type SignerIdentifierForm } from '#pki/cms';
import { EC_CURVES, type EcCurveName } from '#pki/ec';
import { EF_COM, specimenFiles } from '#pki/testing';
import { OID, signatureFromToken, type HashName } from '#pki/x509';
import { HASH_OF, type SodAlgorithms, type SodDigest } from './algorithms.ts';
import { documentSigner } from './document-signer.ts';
import { issueSod, prepareSod, sodTokenOf } from './issue.ts';
import { lintSod } from './lint/lint.ts';
import { recertified, without } from './mutations.fixture.ts';
import { sodByPkijs } from './pkijs-oracle.fixture.ts';
import { ecKey, ISSUED_AT, rsaKey, throwAwayPki, type ThrowAwayKey, type ThrowAwayPki } from './throw-away.fixture.ts';
import { verifySod } from './verify.ts';

const DIGESTS = ['SHA-256', 'SHA-384', 'SHA-512'] as const;
type Signature = SodAlgorithms['signature'];

/** Every curve with every hash, RSA by both paddings with every hash: what card profiles may name. */
const SIGNATURES: readonly Signature[] = [
  ...(Object.keys(EC_CURVES) as EcCurveName[]).flatMap((curve) => DIGESTS.map((digest): Signature => ({ kind: 'ecdsa', curve, digest }))),
  ...DIGESTS.map((digest): Signature => ({ kind: 'rsassa-pkcs1-v1_5', bits: 2048, digest })),
  ...DIGESTS.map((digest): Signature => ({ kind: 'rsassa-pss', bits: 2048, digest })),
];

const keys = new Map<string, ThrowAwayPki>();
beforeAll(async () => {
  const rsa = rsaKey('rsa', 'sha256');
  for (const signature of SIGNATURES) {
    if (!keys.has(nameOf(signature))) keys.set(nameOf(signature), await throwAwayPki(keyFor(signature, rsa)));
  }
});

/** One key a curve, one RSA key. */
const nameOf = (signature: Signature): string => (signature.kind === 'ecdsa' ? signature.curve : 'rsa');
const keyFor = (signature: Signature, rsa: ThrowAwayKey): ThrowAwayKey =>
  signature.kind === 'ecdsa' ? ecKey(signature.curve as EcCurveName, HASH_OF[signature.digest]) : rsa;

function pkiOf(signature: Signature): ThrowAwayPki {
  const found = keys.get(nameOf(signature));
  if (found === undefined) throw new Error('no key');
  return found;
}

const EF_COM_18 = efCom.encode({ ...efCom.decode(EF_COM), ldsVersion: '0108', unicodeVersion: '060000' });

interface Issued {
  readonly efSod: Uint8Array;
  readonly lds: Uint8Array;
  readonly signature: Uint8Array;
  readonly pki: ThrowAwayPki;
}

function issued(algorithms: SodAlgorithms): Issued {
  const pki = pkiOf(algorithms.signature);
  const efComFile = algorithms.objectVersion === 1 ? EF_COM_18 : EF_COM;
  const signer = documentSigner(pki.documentSigner);
  const token = prepareSod({ dataGroups: specimenFiles(), efCom: efComFile, signer, at: ISSUED_AT, algorithms });
  const raw = pki.key.sign(token.signedAttributes, token.algorithm);
  return { efSod: issueSod(token, raw), lds: token.ldsSecurityObject, signature: signatureFromToken(token.algorithm, raw), pki };
}

const variants = [0, 1].flatMap((objectVersion) =>
  (['issuer-and-serial-number', 'subject-key-identifier'] as const).map((signerIdentifier) => ({
    version: `v${objectVersion}`,
    objectVersion: objectVersion as 0 | 1,
    signerIdentifier,
  })),
);

describe.each(SIGNATURES.map((signature) => [titleOf(signature), signature] as const))('Doc 9303-12 §4.4: %s', (_title, signature) => {
  test.each(variants)('$version, $signerIdentifier: byte-equal to pkijs, and good', ({ objectVersion, signerIdentifier }) => {
    const algorithms: SodAlgorithms = { objectVersion, signerIdentifier, digest: 'SHA-256', digestParameters: 'absent', signature };
    const { efSod, lds, signature: made, pki } = issued(algorithms);
    const byPkijs = sodByPkijs({
      certificate: pki.documentSigner,
      ldsSecurityObject: lds,
      algorithm: { key: keyKind(signature), hash: HASH_OF[signature.digest] },
      signature: made,
      signerIdentifier,
    });
    expect(toHex(efSod)).toBe(toHex(byPkijs));
    expect(ldsSecurityObject.decode(lds).ldsVersionInfo).toEqual(
      objectVersion === 0 ? undefined : { ldsVersion: '0108', unicodeVersion: '060000' },
    );
    expect(lintSod(efSod, { algorithms, dataGroups: specimenFiles() })).toEqual([]);
    expect(verifySod(efSod, specimenFiles(), { csca: [pki.csca], at: ISSUED_AT })).toMatchObject({ good: true, deviations: [] });
  });
});

test('hash of the data groups and hash of the signature are two: the one in the security object, the other everywhere in SignerInfo', () => {
  const signature = { kind: 'ecdsa', curve: 'P-384', digest: 'SHA-384' } as const;
  for (const [digest, bytes] of [
    ['SHA-224', 28],
    ['SHA-512', 64],
  ] as const satisfies readonly (readonly [SodDigest, number])[]) {
    const { efSod, lds, pki } = issued({ objectVersion: 0, digest, digestParameters: 'absent', signature });
    expect(ldsSecurityObject.decode(lds).dataGroupHashes[0]?.hash).toHaveLength(bytes);
    const [signer] = readSignedData(efSod.subarray(4), 'EF.SOD').signerInfos;
    expect(signer?.digestAlgorithm.oid).toBe('2.16.840.1.101.3.4.2.2');
    expect(verifySod(efSod, specimenFiles(), { csca: [pki.csca], at: ISSUED_AT }).good).toBe(true);
  }
});

test('a profile with NULL parameters of digest algorithms: in all three places, as pkijs writes them', () => {
  const signature = { kind: 'ecdsa', curve: 'P-256', digest: 'SHA-256' } as const;
  const algorithms = { objectVersion: 0, digest: 'SHA-256', digestParameters: 'null', signature } as const;
  const { efSod, lds, signature: made, pki } = issued(algorithms);
  const hash: HashName = 'sha256';
  const oracle = { certificate: pki.documentSigner, ldsSecurityObject: lds, algorithm: { key: 'ec', hash }, signature: made } as const;
  expect(toHex(efSod)).toBe(toHex(sodByPkijs({ ...oracle, digestParameters: 'null' })));
  expect(ldsSecurityObject.decode(lds).hashParameters).toBe('null');
  expect(lintSod(efSod, { algorithms })).toEqual([]);
  expect(lintSod(efSod).map(({ rule }) => rule)).toEqual(['sod-digest-parameters', 'lds-digest-parameters']);
});

test('card profile: a Document Signer on another curve, of another kind or size signs nothing', () => {
  const signer = documentSigner(pkiOf({ kind: 'ecdsa', curve: 'P-256', digest: 'SHA-256' }).documentSigner);
  const rsa = documentSigner(pkiOf({ kind: 'rsassa-pss', bits: 2048, digest: 'SHA-256' }).documentSigner);
  const prepare = (by: typeof signer, signature: Signature) => () =>
    prepareSod({
      dataGroups: specimenFiles(),
      efCom: EF_COM,
      signer: by,
      at: ISSUED_AT,
      algorithms: { objectVersion: 0, digest: 'SHA-256', digestParameters: 'absent', signature },
    });
  const refused = /^SOD_LINT: .*sod-algorithms-of-the-profile/;
  expect(prepare(signer, { kind: 'ecdsa', curve: 'brainpoolP256r1', digest: 'SHA-256' })).toThrow(refused);
  expect(prepare(signer, { kind: 'rsassa-pss', bits: 2048, digest: 'SHA-256' })).toThrow(refused);
  expect(prepare(rsa, { kind: 'rsassa-pss', bits: 3072, digest: 'SHA-256' })).toThrow(refused);
  expect(prepare(rsa, { kind: 'rsassa-pss', bits: 2048, digest: 'SHA-512' })).not.toThrow();
});

test('card profile: a signer named by a key identifier that its certificate has not', async () => {
  const pki = await throwAwayPki(ecKey('P-256', 'sha256'));
  const certificate = recertified(pki, ({ extensions }) => ({ extensions: without(extensions, OID.subjectKeyIdentifier) }));
  const algorithms: SodAlgorithms = {
    objectVersion: 0,
    digest: 'SHA-256',
    digestParameters: 'absent',
    signature: { kind: 'ecdsa', curve: 'P-256', digest: 'SHA-256' },
  };
  const prepare = (signerIdentifier: SignerIdentifierForm) => () =>
    prepareSod({
      dataGroups: specimenFiles(),
      efCom: EF_COM,
      signer: documentSigner(certificate),
      at: ISSUED_AT,
      algorithms: { ...algorithms, signerIdentifier },
    });
  expect(prepare('subject-key-identifier')).toThrow(/^CMS_SIGNER_UNIDENTIFIABLE/);
  expect(prepare('issuer-and-serial-number')).not.toThrow();
});

test('an LDS security object of another hash than the profile names is not signed again', () => {
  const signature = { kind: 'ecdsa', curve: 'P-256', digest: 'SHA-256' } as const;
  const algorithms = { objectVersion: 0, digest: 'SHA-256', digestParameters: 'absent', signature } as const;
  const { lds, pki } = issued(algorithms);
  const signer = documentSigner(pki.documentSigner);
  expect(sodTokenOf(lds, signer, ISSUED_AT, algorithms).ldsSecurityObject).toEqual(lds);
  for (const other of [{ digest: 'SHA-512' }, { digestParameters: 'null' }] as const) {
    expect(() => sodTokenOf(lds, signer, ISSUED_AT, { ...algorithms, ...other })).toThrow(/lds-algorithms-of-the-profile/);
  }
});

test('card profile: v1 without an EF.COM of LDS 1.8 is refused', () => {
  const signature = { kind: 'ecdsa', curve: 'P-256', digest: 'SHA-256' } as const;
  const signer = documentSigner(pkiOf(signature).documentSigner);
  const algorithms = { objectVersion: 1, digest: 'SHA-256', digestParameters: 'absent', signature } as const;
  expect(() => prepareSod({ dataGroups: specimenFiles(), efCom: EF_COM, signer, at: ISSUED_AT, algorithms })).toThrow(
    expect.objectContaining({ code: 'SOD_LINT', detail: 'lds-algorithms-of-the-profile' }),
  );
});

function keyKind(signature: Signature): 'ec' | 'rsa' | 'rsa-pss' {
  if (signature.kind === 'ecdsa') return 'ec';
  return signature.kind === 'rsassa-pss' ? 'rsa-pss' : 'rsa';
}

function titleOf(signature: Signature): string {
  return signature.kind === 'ecdsa'
    ? `ECDSA ${signature.curve} ${signature.digest}`
    : `${signature.kind} ${signature.bits} ${signature.digest}`;
}
