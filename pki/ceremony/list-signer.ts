import { Type, type Static } from 'typebox';
import { addDays, deviationListSignerCertificate, masterListSignerCertificate, parseCertificate } from '#pki/x509';
import { algorithmOfCurve, certify } from './certificates.ts';
import { bytesOf, ecKeyOfFacts } from './entries.ts';
import { AUTHORITY, Curve, days, Name, StepId, strict } from './parts.ts';
import type { Proceedings, Signer } from './proceedings.ts';
import { refused, standingCsca } from './standing.ts';

/** A signer of one kind of list: both kinds are made alike (Doc 9303-12 §7.1.1.3). */
export const listSignerMembers = {
  id: StepId,
  name: Name,
  curve: Curve,
  usageDays: days(1100),
  /** How long its lists can be verified: from the day it is made. */
  validDays: days(4000),
} as const;
const Members = Type.Object(listSignerMembers, strict);

const PROFILES = {
  'master-list-signer': masterListSignerCertificate,
  'deviation-list-signer': deviationListSignerCertificate,
} as const;

/** The key in the authority's token, and its certificate from the CSCA. */
export async function makeListSigner(proceedings: Proceedings, role: keyof typeof PROFILES, step: Static<typeof Members>): Promise<void> {
  const { id, name, curve, usageDays, validDays } = step;
  if (proceedings.recorded('issued', id) !== undefined) return;
  if (validDays < usageDays) throw refused('the certificate of a list signer outlives its lists');
  const csca = standingCsca(proceedings);
  const key = await proceedings.ecKey({ token: AUTHORITY, subject: id, role, curve, purpose: 'sign' });
  const { mrzCountry, crlUrls } = proceedings.ceremony.issuing;
  await certify(proceedings, {
    subject: id,
    role,
    signer: csca.signer,
    issuer: csca.issuer,
    issuerCertificate: csca.certificate.certificate,
    profile: role,
    request: (serialNumber, now) =>
      PROFILES[role]({
        subject: name,
        serialNumber,
        curve,
        point: key.point,
        usage: { notBefore: now, notAfter: addDays(now, usageDays) },
        notAfter: addDays(now, validDays),
        mrzCountry,
        crlUrls,
        issuerSpki: csca.certificate.spki,
      }),
  });
}

/** The last signer of these lists that was made, the CSCA certificate above it, and how it signs. */
export function standingListSigner(
  proceedings: Proceedings,
  role: keyof typeof PROFILES,
): { readonly certificate: Uint8Array; readonly csca: Uint8Array; readonly signer: Signer } {
  const minutes = proceedings.standing;
  const issued = minutes.findLast(({ step, facts }) => step === 'issued' && facts['role'] === role);
  const made = minutes.find(({ step, subject }) => step === 'key' && subject === issued?.subject);
  if (issued === undefined || made === undefined) throw refused(`a ${role} is made first`);
  const certificate = bytesOf(issued.facts, 'der');
  const { authorityKeyIdentifier, privateKeyUsagePeriod, issuer } = parseCertificate(certificate);
  const now = proceedings.now();
  if (now > (privateKeyUsagePeriod?.notAfter ?? now)) throw refused(`the ${role} signs in its usage period only`);
  const csca = minutes
    .flatMap(({ step, facts }) => (step === 'issued' && facts['role'] === 'csca' ? [parseCertificate(bytesOf(facts, 'der'))] : []))
    .find(
      ({ subject, subjectKeyIdentifier }) =>
        Buffer.compare(subject, issuer) === 0 &&
        Buffer.compare(subjectKeyIdentifier ?? new Uint8Array(), authorityKeyIdentifier ?? new Uint8Array()) === 0,
    );
  if (csca === undefined) throw refused(`the ${role} has a CSCA of these minutes above it`);
  const key = ecKeyOfFacts(made.facts);
  return { certificate, csca: csca.certificate, signer: { token: AUTHORITY, key, algorithm: algorithmOfCurve(key.curve) } };
}
