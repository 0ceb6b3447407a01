import { fromHex } from '#encoder/bytes';
import { isEcCurveName, namedSpki } from '#pki/ec';
import type { AesKey, EcKey } from '#pki/hsm';
import { CeremonyError } from './ceremony-error.ts';
import { parseMinutes, type Minute } from './minutes.ts';

export interface CertifiedKey {
  readonly key: EcKey;
  /** DER. */
  readonly certificate: Uint8Array;
}

/** Everything public that a ceremony made. The keys are references: `Hsm.sign(key, …)` finds them in the token. */
export interface FirstCeremonyResult {
  readonly csca: CertifiedKey;
  readonly documentSigners: readonly CertifiedKey[];
  /** DER; empty. */
  readonly crl: Uint8Array;
  /** CV certificates (7F21). The document verifier's and the inspection system's keys are certified as long as needed, by the signer. */
  readonly cvca: CertifiedKey;
  readonly documentVerifier: EcKey;
  readonly inspectionSystem: EcKey;
  readonly plantSigner: CertifiedKey;
  readonly birthCertificateSigner: CertifiedKey;
  /** Record data keys are sealed to `publicKey` (SubjectPublicKeyInfo, P-256). */
  readonly recordKey: { readonly key: EcKey; readonly publicKey: Uint8Array };
  readonly citizenReferenceKey: AesKey;
  /** `checkValue` is its KCV as PKCS#11 defines it: AES over a zero block, first three bytes. */
  readonly transportMasterKey: AesKey;
  /** The same key's KCV as GlobalPlatform defines it: AES over 16 bytes of 01, first three bytes; for the chip maker's letter. */
  readonly transportMasterKcv: Uint8Array;
  readonly minutes: readonly Minute[];
}

/** The result from the minutes of a finished ceremony, without the token. Throws `CEREMONY_UNFINISHED` or `CEREMONY_MINUTES_BROKEN`. */
export function readCeremony(text: string): FirstCeremonyResult {
  return resultOf(parseMinutes(text));
}

export function resultOf(minutes: readonly Minute[]): FirstCeremonyResult {
  if (minutes.at(-1)?.step !== 'finished') throw new CeremonyError('CEREMONY_UNFINISHED');
  const certified = (subject: string): CertifiedKey => ({ key: ecKeyOf(minutes, subject), certificate: issuedOf(minutes, subject) });
  const recordKey = ecKeyOf(minutes, 'record-key');
  const signers = minutes
    .filter(({ step, subject }) => step === 'key' && subject.startsWith('document-signer-'))
    .map(({ subject }) => subject);
  return {
    csca: certified('csca'),
    documentSigners: signers.map((subject) => certified(subject)),
    crl: issuedOf(minutes, 'crl'),
    cvca: certified('cvca'),
    documentVerifier: ecKeyOf(minutes, 'document-verifier'),
    inspectionSystem: ecKeyOf(minutes, 'inspection-system'),
    plantSigner: certified('plant-signer'),
    birthCertificateSigner: certified('birth-certificate-signer'),
    recordKey: { key: recordKey, publicKey: namedSpki(recordKey.curve, recordKey.point) },
    citizenReferenceKey: aesKeyOf(minutes, 'citizen-reference-key'),
    transportMasterKey: aesKeyOf(minutes, 'transport-master'),
    transportMasterKcv: fromHex(recorded(minutes, 'key', 'transport-master')?.facts['kcv'] ?? ''),
    minutes,
  };
}

export function recorded(minutes: readonly Minute[], step: Minute['step'], subject: string): Minute | undefined {
  return minutes.find((minute) => minute.step === step && minute.subject === subject);
}

export function ecKeyOf(minutes: readonly Minute[], subject: string): EcKey {
  const facts = recorded(minutes, 'key', subject)?.facts;
  const curve = facts?.['curve'] ?? '';
  if (!isEcCurveName(curve)) throw new CeremonyError('CEREMONY_UNFINISHED', { where: subject });
  return Object.freeze<EcKey>({
    kind: 'ec',
    keyId: fromHex(facts?.['keyId'] ?? ''),
    point: fromHex(facts?.['point'] ?? ''),
    curve,
    purpose: facts?.['purpose'] === 'derive' ? 'derive' : 'sign',
    label: facts?.['label'] ?? '',
  });
}

export function aesKeyOf(minutes: readonly Minute[], subject: string): AesKey {
  const facts = recorded(minutes, 'key', subject)?.facts;
  if (facts === undefined) throw new CeremonyError('CEREMONY_UNFINISHED', { where: subject });
  return Object.freeze<AesKey>({
    kind: 'aes',
    keyId: fromHex(facts['keyId'] ?? ''),
    checkValue: fromHex(facts['checkValue'] ?? ''),
    bits: facts['bits'] === '128' ? 128 : 256,
    label: facts['label'] ?? '',
  });
}

export function issuedOf(minutes: readonly Minute[], subject: string): Uint8Array {
  const der = recorded(minutes, 'issued', subject)?.facts['der'];
  if (der === undefined) throw new CeremonyError('CEREMONY_UNFINISHED', { where: subject });
  return fromHex(der);
}
