import { toHex } from '#encoder/bytes';
import { explicitSpki, pointOfKey } from '#pki/ec';
import type { CeremonyPlan, FirstCeremonyResult } from '#pki/ceremony';
import { HsmError, type EcCurveName, type Hsm, type RsaScheme, type SigningKey } from '#pki/hsm';
import { parseCertificate, type SignatureAlgorithm } from '#pki/x509';
import type { NewDocumentSigner, SignerToken, Trust } from '#production/signer';

/** Curve of new Document Signers' keys (BSI TR-03116-2: 384 bits for documents that live past 2030). */
const DOCUMENT_SIGNER_CURVE: EcCurveName = 'brainpoolP384r1';

/** The keys of a ceremony in one token, by what they are for: everything that the signer's room can do with it. */
export function signerToken(hsm: Hsm, plan: CeremonyPlan, ceremony: FirstCeremonyResult, name = 'a'): SignerToken {
  const keys = {
    plantSigner: ceremony.plantSigner.key,
    birthCertificateSigner: ceremony.birthCertificateSigner.key,
    cvca: ceremony.cvca.key,
    documentVerifier: ceremony.documentVerifier,
    inspectionSystem: ceremony.inspectionSystem,
  };
  const { country, documentVerifier, inspectionSystem } = plan.extendedAccess;
  const macKeys = { citizenReference: ceremony.citizenReferenceKey, transportMaster: ceremony.transportMasterKey };
  return {
    name,
    ...documentSignerKeys(hsm),
    material: {
      plantSigner: ceremony.plantSigner.certificate,
      birthCertificateSigner: ceremony.birthCertificateSigner.certificate,
      recordKey: ceremony.recordKey.publicKey,
      documentVerifier: undefined,
    },
    extendedAccess: {
      country,
      documentVerifier: { ...documentVerifier, key: ceremony.documentVerifier },
      inspectionSystem: { ...inspectionSystem, key: ceremony.inspectionSystem },
    },
    hasPlantMaster: false,
    sign: (as, digest) => hsm.sign(keys[as], digest),
    cmac: async (under, data) => {
      if (under === 'plantMaster') throw new Error('this ceremony made no plant master');
      return hsm.cmac(macKeys[under], data);
    },
    agree: (peerPoint) => hsm.ecdhDerive(ceremony.recordKey.key, peerPoint),
    // A MAC under a key of the token's own: it touches the session, the login and the key store, and signs nothing.
    proveAlive: async () => void (await hsm.cmac(ceremony.citizenReferenceKey, Uint8Array.of(0))),
  };
}

/** What the signer does with Document Signers' keys: each is found by its identifier and its public half, never by a label. */
export function documentSignerKeys(
  hsm: Hsm,
): Pick<SignerToken, 'signDocument' | 'makeDocumentSignerKey' | 'signRequest' | 'destroyKey' | 'signaturesOf'> {
  const found = new Map<string, Promise<SigningKey>>();
  const keyOf = (keyId: Uint8Array, spkiOf: () => Uint8Array): Promise<SigningKey> => {
    const name = toHex(keyId);
    const known = found.get(name) ?? findKey(hsm, keyId, spkiOf());
    found.set(name, known);
    // A key that could not be found is looked for again; the token checks both halves at every use.
    known.catch(() => found.delete(name));
    return known;
  };
  return {
    signDocument: async ({ certificate, keyId }, digest, algorithm) => {
      const key = await keyOf(keyId, () => parseCertificate(certificate).spki);
      return hsm.sign(key, digest, key.kind === 'rsa' ? schemeOf(algorithm) : undefined);
    },
    makeDocumentSignerKey: async ({ label }) => {
      const { keyId, curve, point } = await hsm.generateEcKey({ label, curve: DOCUMENT_SIGNER_CURVE, purpose: 'sign' });
      return { keyId, spki: explicitSpki(curve, point) };
    },
    signRequest: async ({ keyId, spki }, digest) => hsm.sign(await keyOf(keyId, () => spki), digest),
    destroyKey: async (keyId) => {
      found.delete(toHex(keyId));
      return hsm.destroy(keyId);
    },
    signaturesOf: async ({ keyId }) => hsm.signaturesOf({ keyId }),
  };
}

/** By identifier and public half: what the BIT STRING holds is a point, or an RSAPublicKey in DER. */
function findKey(hsm: Hsm, keyId: Uint8Array, spki: Uint8Array): Promise<SigningKey> {
  const publicHalf = pointOfKey(spki);
  return publicHalf[0] === UNCOMPRESSED ? hsm.findEcKey({ keyId, point: publicHalf }) : hsm.findRsaKey({ keyId, publicKey: publicHalf });
}

const UNCOMPRESSED = 0x04;

function schemeOf(algorithm: SignatureAlgorithm | undefined): RsaScheme {
  const { key, hash } = algorithm ?? { key: 'none', hash: 'none' };
  if (key !== 'rsa' && key !== 'rsa-pss')
    throw new HsmError('HSM_INPUT_INVALID', { where: 'signDocument', detail: 'an RSA key without its scheme' });
  if (hash !== 'sha256' && hash !== 'sha384' && hash !== 'sha512')
    throw new HsmError('HSM_INPUT_INVALID', { where: 'signDocument', detail: hash });
  return { padding: key === 'rsa' ? 'pkcs1' : 'pss', hash };
}

/** What this ceremony published of the authorities above: one CSCA, nobody who approves. */
export function ceremonyTrust(ceremony: FirstCeremonyResult): Trust {
  const { csca, crl, cvca } = ceremony;
  return {
    csca: { current: csca.certificate, all: [csca.certificate], links: [] },
    crl,
    cvca: { certificate: cvca.certificate, links: [] },
    quorum: { custodians: [], needed: 2 },
  };
}

/** Its Document Signers, as they are admitted at every start. */
export function ceremonyDocumentSigners(ceremony: FirstCeremonyResult, token = 'a'): readonly NewDocumentSigner[] {
  return ceremony.documentSigners.map(({ key, certificate }) => ({ token, keyId: key.keyId, certificate, counter: undefined }));
}
