import type { Hsm } from '#pki/hsm';
import type { SignerToken } from '#production/signer';
import { documentSignerKeys } from './document-signer-keys.ts';

/** A throw-away token that holds Document Signers and nothing else: what rehearsals and measurements sign documents with. */
export function rehearsalToken(name: string, hsm: Hsm): SignerToken {
  const notHere = (): Promise<never> => Promise.reject(new Error('a token of a rehearsal holds Document Signers only'));
  const none = new Uint8Array();
  const nobody = { mnemonic: '', days: 0, key: { curve: 'brainpoolP256r1', point: none } } as const;
  return {
    name,
    ...documentSignerKeys(hsm),
    material: { plantSigner: none, birthCertificateSigner: none, recordKey: none, documentVerifier: none },
    extendedAccess: { country: 'VN', inspectionSystem: nobody },
    // Random bytes come from behind the session and the login.
    proveAlive: async () => void (await hsm.random(8)),
    sign: notHere,
    cmac: notHere,
    agree: notHere,
  };
}
