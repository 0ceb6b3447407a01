import { Crypto } from '@peculiar/webcrypto';
import { fromBER, type BitString, type OctetString } from 'asn1js';
import { Certificate, CryptoEngine, type AlgorithmIdentifier, type PublicKeyInfo } from 'pkijs';
import { decodeSubjectPublicKeyInfo } from '#encoder/lds';
import { EC_CURVES, isEcCurveName, namedSpki, pointOfKey, rawSignature, type EcCurve } from '#pki/ec';

/** Hash names of WebCrypto by the identifiers of ecdsa-with-SHA… (RFC 5758 §3.2). */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['1.2.840.10045.4.3.2', 'SHA-256'],
  ['1.2.840.10045.4.3.3', 'SHA-384'],
  ['1.2.840.10045.4.3.4', 'SHA-512'],
]);

/**
 * pkijs over @peculiar/webcrypto, which has the brainpool curves that Node's WebCrypto lacks, taught to read explicit curve parameters: pkijs
 * itself refuses them, and Doc 9303-12 §4.1.6 demands them. Keys that are not on one of our curves go the way of pkijs.
 */
export class BrainpoolEngine extends CryptoEngine {
  constructor() {
    super({ name: 'cardmint', crypto: new Crypto() });
  }

  override async verifyWithPublicKey(
    data: BufferSource,
    signature: BitString | OctetString,
    publicKeyInfo: PublicKeyInfo,
    signatureAlgorithm: AlgorithmIdentifier,
    shaAlgorithm?: string,
  ): Promise<boolean> {
    const spki = new Uint8Array(publicKeyInfo.toSchema().toBER());
    const known = curveOf(spki);
    const hash = shaAlgorithm ?? HASHES.get(signatureAlgorithm.algorithmId);
    if (known === undefined || hash === undefined) {
      return super.verifyWithPublicKey(data, signature, publicKeyInfo, signatureAlgorithm, shaAlgorithm);
    }
    const algorithm = { name: 'ECDSA', namedCurve: known.name };
    const key = await this.importKey('spki', buffer(namedSpki(known.name, pointOfKey(spki))), algorithm, true, ['verify']);
    const raw = rawSignature(Uint8Array.from(signature.valueBlock.valueHexView), known.size);
    const verification = { name: 'ECDSA', hash };
    return this.verify(verification, key, buffer(raw), data);
  }
}

/**
 * Whether a parser and a verifier that share no code with ours also find the certificate issued by this issuer: asked once for
 * every certificate that a ceremony makes, before it is published. False for whatever goes wrong.
 */
export async function secondOpinion(certificate: Uint8Array, issuer: Uint8Array): Promise<boolean> {
  try {
    const [subject, authority] = [certificate, issuer].map((der) => new Certificate({ schema: fromBER(buffer(der)).result }));
    return subject !== undefined && authority !== undefined && (await subject.verify(authority, new BrainpoolEngine()));
  } catch {
    return false;
  }
}

/** The curve of a key, named or spelled out; undefined for RSA, which OpenSSL's engine needs no help with. */
function curveOf(spki: Uint8Array): EcCurve | undefined {
  const key = decodeSubjectPublicKeyInfo(spki);
  return key.kind === 'ec' && isEcCurveName(key.curve) ? EC_CURVES[key.curve] : undefined;
}

function buffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
