import { readFile } from 'node:fs/promises';
import { cvCertificate } from '#encoder/cv-certificate';
import { CeremonyError, minutesFile, resultOf, verifyMinutes, type CeremonyResult, type LineTokenKeys } from '#pki/ceremony';
import type { Hsm } from '#pki/hsm';
import type { NewDocumentSigner, SignerToken, Trust } from '#production/signer';
import { documentSignerKeys } from './document-signer-keys.ts';

/** How long the plant's own terminals are certified for: a month, as in the certificate policy of the EU. */
const TERMINAL_DAYS = 30;

/** A line token with the keys of its ceremony, by what they are for: everything that the signer's room can do with it. */
export function lineToken(hsm: Hsm, name: string, keys: LineTokenKeys): SignerToken {
  const signing = {
    plantSigner: keys.plantSigner.key,
    birthCertificateSigner: keys.birthCertificateSigner.key,
    documentVerifier: keys.documentVerifier.key,
    inspectionSystem: keys.inspectionSystem.key,
  };
  const mac = { citizenReference: keys.citizenReferenceKey, transportMaster: keys.transportMasterKey, plantMaster: keys.plantMasterKey };
  return {
    name,
    ...documentSignerKeys(hsm),
    material: {
      plantSigner: keys.plantSigner.certificate,
      birthCertificateSigner: keys.birthCertificateSigner.certificate,
      recordKey: keys.recordKey.publicKey,
      documentVerifier: keys.documentVerifier.certificate,
    },
    extendedAccess: {
      country: countryOf(keys.documentVerifier.certificate),
      inspectionSystem: { mnemonic: `CM${name.toUpperCase()}`, days: TERMINAL_DAYS, key: keys.inspectionSystem.key },
    },
    sign: (as, digest) => hsm.sign(signing[as], digest),
    cmac: (under, data) => hsm.cmac(mac[under], data),
    agree: (peerPoint) => hsm.ecdhDerive(keys.recordKey.key, peerPoint),
    // A MAC under a key of the token's own: it touches the session, the login and the key store, and signs nothing.
    proveAlive: async () => void (await hsm.cmac(keys.citizenReferenceKey, Uint8Array.of(0))),
  };
}

/** The ISO 3166-1 code with which a holder reference begins (BSI TR-03110-3 §A.6.1). */
function countryOf(certificate: Uint8Array): string {
  return cvCertificate.decode(certificate).body.certificateHolderReference.slice(0, 2);
}

/** What a plant's ceremonies made, from their minutes. Throws `CEREMONY_UNFINISHED` when there are none, and what `verifyMinutes` throws. */
export async function ceremonyOf(plantDir: string): Promise<CeremonyResult> {
  const path = minutesFile(plantDir);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CeremonyError('CEREMONY_UNFINISHED', { where: path, cause });
  });
  return resultOf(verifyMinutes(text).minutes, new Date());
}

/** What the ceremonies published of the authorities above the Document Signers. */
export function trustOf({ csca, crl, cvca, custodians, needed }: CeremonyResult): Trust {
  return { csca: { ...csca, current: csca.current.certificate }, crl, cvca, quorum: { custodians, needed } };
}

/** Document Signers that the ceremonies certified: admitted at every start, because their people approved them there. */
export function documentSignersOf({ lineTokens }: CeremonyResult): readonly NewDocumentSigner[] {
  return Object.entries(lineTokens).flatMap(([token, { documentSigners }]) =>
    documentSigners.map(({ key, certificate }) => ({ token, keyId: key.keyId, certificate, counter: undefined })),
  );
}
