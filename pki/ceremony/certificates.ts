import { namedSpki, type EcCurveName } from '#pki/ec';
import type { EcKey, SigningKey } from '#pki/hsm';
import {
  addYears,
  certificateTokenOf,
  issueCertificate,
  plantSignerCertificate,
  prepareCertificate,
  secondOpinion,
  subjectPublicKeyInfo,
  type CertificateRequest,
  type CertificateToken,
  type DistinguishedName,
  type HashName,
  type IssuingKey,
  type SignatureAlgorithm,
} from '#pki/x509';
import type { Facts } from './entries.ts';
import type { KeyChoice } from './parts.ts';
import type { Proceedings, Signer } from './proceedings.ts';

/** The hash that goes with an issuing key: as strong as its curve. */
const HASH_OF = {
  'P-256': 'sha256',
  'P-384': 'sha384',
  'P-521': 'sha512',
  brainpoolP256r1: 'sha256',
  brainpoolP384r1: 'sha384',
  brainpoolP512r1: 'sha512',
} as const satisfies Record<EcCurveName, HashName>;

export function algorithmOfCurve(curve: EcCurveName): SignatureAlgorithm {
  return { key: 'ec', hash: HASH_OF[curve] };
}

export function algorithmOfChoice(choice: KeyChoice): SignatureAlgorithm {
  if ('curve' in choice) return algorithmOfCurve(choice.curve);
  return { key: choice.padding === 'pss' ? 'rsa-pss' : 'rsa', hash: choice.hash };
}

/** A key of the eMRTD PKI that signs under its own name. */
export function issuingKey(name: DistinguishedName, key: SigningKey, choice: KeyChoice): IssuingKey {
  return { name, spki: subjectPublicKeyInfo(key), algorithm: algorithmOfChoice(choice) };
}

/** A key of the eMRTD PKI: made in the token, or the one that was. */
export async function signingKey(
  proceedings: Proceedings,
  make: { readonly token: string; readonly subject: string; readonly role: string; readonly choice: KeyChoice },
): Promise<SigningKey> {
  const { choice, ...where } = make;
  if ('curve' in choice) return proceedings.ecKey({ ...where, curve: choice.curve, purpose: 'sign' });
  return proceedings.rsaKey({ ...where, bits: choice.rsa, purpose: 'sign' });
}

/** One certificate: made of `request` now, or the one whose bytes were recorded. */
export interface CertificateWork {
  readonly subject: string;
  readonly role: string;
  readonly facts?: Facts;
  readonly signer: Signer;
  readonly issuer: IssuingKey;
  /** DER; the certificate itself when it is self-signed. */
  readonly issuerCertificate: Uint8Array | 'self';
  readonly profile: CertificateRequest['profile'];
  readonly request: (serialNumber: Uint8Array, now: Date) => CertificateRequest;
}

/** Serial number from the token that signs; linted, signed, verified by node:crypto, and accepted by pkijs. DER. */
export async function certify(proceedings: Proceedings, work: CertificateWork): Promise<Uint8Array> {
  const { subject, role, facts, signer, issuer, issuerCertificate, profile } = work;
  const { technicalLifeYears } = proceedings.ceremony.issuing;
  return proceedings.signed<CertificateToken>({
    subject,
    role,
    ...(facts === undefined ? {} : { facts }),
    signer,
    prepare: async () => prepareCertificate(work.request(await proceedings.serialNumber(signer.token), proceedings.now()), issuer),
    again: (tbs) => certificateTokenOf(tbs, profile, issuer, { technicalLifeYears }),
    issue: issueCertificate,
    secondOpinion: (der) => secondOpinion(der, issuerCertificate === 'self' ? der : issuerCertificate),
  });
}

/** The plant's own signers: self-signed in the line token, outside the eMRTD PKI. */
export async function certifyPlantSigner(
  proceedings: Proceedings,
  work: {
    readonly subject: string;
    readonly role: string;
    readonly token: string;
    readonly key: EcKey;
    readonly name: DistinguishedName;
    readonly years: number;
  },
): Promise<Uint8Array> {
  const { subject, role, token, key, name } = work;
  const algorithm = algorithmOfCurve(key.curve);
  return certify(proceedings, {
    subject,
    role,
    facts: { token },
    signer: { token, key, algorithm },
    issuer: { name, spki: namedSpki(key.curve, key.point), algorithm },
    issuerCertificate: 'self',
    profile: 'plant-signer',
    request(serialNumber, now) {
      const lastUse = addYears(now, work.years);
      const usage = { notBefore: now, notAfter: lastUse };
      const { curve, point } = key;
      // What it signed is asked about for as long as papers are kept.
      return plantSignerCertificate({ subject: name, serialNumber, curve, point, usage, notAfter: addYears(lastUse, PAPERS_KEPT_YEARS) });
    },
  });
}

const PAPERS_KEPT_YEARS = 10;
