import { explicitSpki, pointOfKey } from '#pki/ec';
import type { CeremonyPlan, FirstCeremonyResult } from '#pki/ceremony';
import type { EcCurveName, EcKey, Hsm } from '#pki/hsm';
import { parseCertificate } from '#pki/x509';
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
  const found = new Map<string, Promise<EcKey>>();
  const keyOf = (keyId: Uint8Array, spki: Uint8Array): Promise<EcKey> => {
    const name = Buffer.from(keyId).toString('hex');
    const known = found.get(name) ?? hsm.findEcKey({ keyId, point: pointOfKey(spki) });
    found.set(name, known);
    // A key that could not be found is looked for again; the token checks both halves at every use.
    known.catch(() => found.delete(name));
    return known;
  };
  return {
    signDocument: async ({ certificate, keyId }, digest) => hsm.sign(await keyOf(keyId, parseCertificate(certificate).spki), digest),
    makeDocumentSignerKey: async ({ label }) => {
      const { keyId, curve, point } = await hsm.generateEcKey({ label, curve: DOCUMENT_SIGNER_CURVE, purpose: 'sign' });
      return { keyId, spki: explicitSpki(curve, point) };
    },
    signRequest: async ({ keyId, spki }, digest) => hsm.sign(await keyOf(keyId, spki), digest),
    destroyKey: async (keyId) => {
      found.delete(Buffer.from(keyId).toString('hex'));
      return hsm.destroy(keyId);
    },
    signaturesOf: async ({ keyId }) => hsm.signaturesOf({ keyId }),
  };
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
