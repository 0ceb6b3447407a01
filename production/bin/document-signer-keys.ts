import { toHex } from '#encoder/bytes';
import { explicitSpki, pointOfKey } from '#pki/ec';
import { HsmError, type EcCurveName, type Hsm, type RsaScheme, type SigningKey } from '#pki/hsm';
import { parseCertificate, type SignatureAlgorithm } from '#pki/x509';
import type { SignerToken } from '#production/signer';

/** Curve of new Document Signers' keys (BSI TR-03116-2: 384 bits for documents that live past 2030). */
export const DOCUMENT_SIGNER_CURVE: EcCurveName = 'brainpoolP384r1';

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
