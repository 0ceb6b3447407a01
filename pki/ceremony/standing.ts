import { fromHex, toHex } from '#encoder/bytes';
import type { EcKey, SigningKey } from '#pki/hsm';
import { parseCertificate, type Certificate, type IssuingKey } from '#pki/x509';
import { CeremonyError } from './ceremony-error.ts';
import { bytesOf, ecKeyOfFacts, keyOf, type Facts } from './entries.ts';
import type { Minute } from './minutes.ts';
import { AUTHORITY } from './parts.ts';
import type { Proceedings, Signer } from './proceedings.ts';

/** What the minutes say stands now: the last of its role, of whichever ceremony. */
export function lastIssued(minutes: readonly Minute[], role: string, token?: string): Uint8Array | undefined {
  const minute = minutes.findLast(
    ({ step, facts }) => step === 'issued' && facts['role'] === role && (token === undefined || facts['token'] === token),
  );
  return minute === undefined ? undefined : bytesOf(minute.facts, 'der');
}

export function allIssued(minutes: readonly Minute[], role: string): readonly Uint8Array[] {
  return minutes.flatMap(({ step, facts }) => (step === 'issued' && facts['role'] === role ? [bytesOf(facts, 'der')] : []));
}

/** The last key of this role, in this token. */
export function lastKey(minutes: readonly Minute[], role: string, token: string): Facts | undefined {
  return minutes.findLast(({ step, facts }) => step === 'key' && facts['role'] === role && facts['token'] === token)?.facts;
}

/** The CSCA key in use, and all that certificates and lists under it are made with. */
export interface StandingCsca {
  readonly certificate: Certificate;
  readonly issuer: IssuingKey;
  readonly signer: Signer;
}

/**
 * The newest CSCA signs everything, but for the one before it while the newest rests after its roll-over. Throws `CEREMONY_STEP_REFUSED`
 * when there is none, or when its usage period is over.
 */
export function standingCsca(proceedings: Proceedings): StandingCsca {
  const minutes = proceedings.standing;
  const now = proceedings.now();
  // Whoever resumes a ceremony later signs with the key that it was begun with.
  const minute = lastCsca(minutes, proceedings.begunAt);
  if (minute === undefined) throw refused('a CSCA is made first');
  const certificate = parseCertificate(bytesOf(minute.facts, 'der'));
  if (now > lastUseOf(certificate) || now < certificate.validity.notBefore) throw refused('the CSCA signs in its usage period only');
  return {
    certificate,
    issuer: issuerOf(certificate),
    signer: { token: AUTHORITY, key: signingKeyOf(minutes, certificate), algorithm: algorithmOf(certificate) },
  };
}

/** The end of its usage period. */
export function lastUseOf({ privateKeyUsagePeriod, validity }: Certificate): Date {
  return privateKeyUsagePeriod?.notAfter ?? validity.notAfter;
}

export function isCscaResting(proceedings: Proceedings): boolean {
  return proceedings.standing.some((minute) => isCsca(minute) && rests(minute, proceedings.begunAt));
}

/** The newest CSCA that does not rest at this time. */
export function lastCsca(minutes: readonly Minute[], at: Date): Minute | undefined {
  return minutes.findLast((minute) => isCsca(minute) && !rests(minute, at));
}

function isCsca({ step, facts }: Minute): boolean {
  return step === 'issued' && facts['role'] === 'csca';
}

function rests({ facts }: Minute, now: Date): boolean {
  return now < new Date(facts['restsUntil'] ?? 0);
}

/** The CVCA in use. */
export interface StandingCvca {
  readonly certificate: Uint8Array;
  readonly key: EcKey;
}

export function standingCvca(proceedings: Proceedings): StandingCvca {
  const minutes = proceedings.standing;
  const certificate = lastIssued(minutes, 'cvca');
  const key = lastKey(minutes, 'cvca', AUTHORITY);
  if (certificate === undefined || key === undefined) throw refused('a CVCA is made first');
  return { certificate, key: ecKeyOfFacts(key) };
}

export function issuerOf(certificate: Certificate): IssuingKey {
  const { subject: name, spki, validity } = certificate;
  return { name, spki, algorithm: algorithmOf(certificate), notAfter: validity.notAfter };
}

export function refused(rule: string): CeremonyError {
  return new CeremonyError('CEREMONY_STEP_REFUSED', { detail: rule });
}

function algorithmOf({ signatureAlgorithm }: Certificate): IssuingKey['algorithm'] {
  if (signatureAlgorithm === undefined) throw refused('the algorithm of the CSCA is one of Doc 9303-12 §4.1.6');
  return signatureAlgorithm;
}

/** The key of the minutes that this certificate is about: by its subject key identifier, which is the key's identifier in the token. */
function signingKeyOf(minutes: readonly Minute[], certificate: Certificate): SigningKey {
  const wanted = toHex(certificate.subjectKeyIdentifier ?? fromHex('00'));
  const facts = minutes.find((minute) => minute.step === 'key' && minute.facts['keyId'] === wanted)?.facts;
  const key = keyOf(facts ?? {});
  if (key.kind === 'aes') throw refused('the CSCA has a key that signs');
  return key;
}
