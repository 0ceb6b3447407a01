import { toHex } from '#encoder/bytes';
import { explicitSpki, pointOfKey } from '#pki/ec';
import type { EcKey, Hsm } from '#pki/hsm';
import { parseCertificate } from '#pki/x509';
import type { SignerToken } from '#production/signer';
import { SIGNER_CURVE } from './throwaway-authority.ts';

/** A throw-away token that holds Document Signers and nothing else: what rehearsals and measurements sign documents with. */
export function rehearsalToken(name: string, hsm: Hsm): SignerToken {
  const found = new Map<string, Promise<EcKey>>();
  const keyOf = (keyId: Uint8Array, spki: () => Uint8Array): Promise<EcKey> => {
    const known = found.get(toHex(keyId)) ?? hsm.findEcKey({ keyId, point: pointOfKey(spki()) });
    found.set(toHex(keyId), known);
    // What could not be found is looked for again.
    known.catch(() => found.delete(toHex(keyId)));
    return known;
  };
  const notHere = (): Promise<never> => Promise.reject(new Error('a token of a rehearsal holds Document Signers only'));
  const none = new Uint8Array();
  const nobody = { mnemonic: '', days: 0, key: { curve: 'brainpoolP256r1', point: none } } as const;
  return {
    name,
    material: { plantSigner: none, birthCertificateSigner: none, recordKey: none, documentVerifier: undefined },
    extendedAccess: { country: 'VN', documentVerifier: nobody, inspectionSystem: nobody },
    hasPlantMaster: false,
    signDocument: async ({ certificate, keyId }, digest) => hsm.sign(await keyOf(keyId, () => parseCertificate(certificate).spki), digest),
    makeDocumentSignerKey: async ({ label }) => {
      const key = await hsm.generateEcKey({ label, curve: SIGNER_CURVE, purpose: 'sign' });
      return { keyId: key.keyId, spki: explicitSpki(SIGNER_CURVE, key.point) };
    },
    signRequest: async ({ keyId, spki }, digest) => hsm.sign(await keyOf(keyId, () => spki), digest),
    destroyKey: (keyId) => hsm.destroy(keyId),
    signaturesOf: (key) => hsm.signaturesOf(key),
    // Random bytes come from behind the session and the login.
    proveAlive: async () => void (await hsm.random(8)),
    sign: notHere,
    cmac: notHere,
    agree: notHere,
  };
}
