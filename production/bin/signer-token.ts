import type { CeremonyPlan, CeremonyResult } from '#pki/ceremony';
import type { Hsm } from '#pki/hsm';
import type { SignerToken } from '#production/signer';

/** The keys of a ceremony, by what they are for: everything that the signer's room can do with a token. */
export function signerToken(hsm: Hsm, plan: CeremonyPlan, ceremony: CeremonyResult): SignerToken {
  const [active] = ceremony.documentSigners;
  if (active === undefined) throw new Error('the ceremony made no Document Signer');
  const keys = {
    documentSigner: active.key,
    plantSigner: ceremony.plantSigner.key,
    birthCertificateSigner: ceremony.birthCertificateSigner.key,
    cvca: ceremony.cvca.key,
    documentVerifier: ceremony.documentVerifier,
    inspectionSystem: ceremony.inspectionSystem,
  };
  const { country, documentVerifier, inspectionSystem } = plan.extendedAccess;
  return {
    material: {
      csca: ceremony.csca.certificate,
      cvca: ceremony.cvca.certificate,
      documentSigners: ceremony.documentSigners.map(({ certificate }) => certificate),
      crl: ceremony.crl,
      plantSigner: ceremony.plantSigner.certificate,
      birthCertificateSigner: ceremony.birthCertificateSigner.certificate,
      recordKey: ceremony.recordKey.publicKey,
    },
    documentSigner: active.certificate,
    extendedAccess: {
      country,
      documentVerifier: { ...documentVerifier, key: ceremony.documentVerifier },
      inspectionSystem: { ...inspectionSystem, key: ceremony.inspectionSystem },
    },
    sign: (as, digest) => hsm.sign(keys[as], digest),
    cmac: (under, data) => hsm.cmac(under === 'citizenReference' ? ceremony.citizenReferenceKey : ceremony.transportMasterKey, data),
    agree: (peerPoint) => hsm.ecdhDerive(ceremony.recordKey.key, peerPoint),
    // A MAC under a key of the token's own: it touches the session, the login and the key store, and signs nothing.
    proveAlive: async () => void (await hsm.cmac(ceremony.citizenReferenceKey, Uint8Array.of(0))),
  };
}
