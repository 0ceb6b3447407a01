import { toHex, utf8 } from '#encoder/bytes';
import { namedSpki } from '#pki/ec';
import type { AesKey, EcKey, RsaKey, SigningKey } from '#pki/hsm';
import { readCeremonyFile } from './file.ts';
import { quorumOf } from './quorum.ts';
import type { Custodian } from './approval.ts';
import { CeremonyError } from './ceremony-error.ts';
import { aesKeyOfFacts, bytesOf, ecKeyOfFacts, keyOf, rsaKeyOfFacts, textOf, type Facts } from './entries.ts';
import type { Minute } from './minutes.ts';
import { allIssued, lastCsca, lastIssued, lastKey } from './standing.ts';
import { AUTHORITY } from './parts.ts';

/** A key in a token, and its certificate in DER. */
export interface Issued {
  readonly key: SigningKey;
  readonly certificate: Uint8Array;
}

/** Everything public that the finished ceremonies of one minutes file made. Keys are references: `Hsm.sign(key, …)` finds them in the token. */
export interface CeremonyResult {
  /** Of the last finished ceremony. */
  readonly custodians: readonly Custodian[];
  /** How many of them it takes. */
  readonly needed: number;
  /** `all` and `links` oldest first; `current` signs: the newest of `all`, but for one that rests after its roll-over. */
  readonly csca: { readonly current: Issued; readonly all: readonly Uint8Array[]; readonly links: readonly Uint8Array[] };
  readonly crl: Uint8Array;
  /** CV certificates (7F21). */
  readonly cvca: { readonly certificate: Uint8Array; readonly links: readonly Uint8Array[] };
  readonly masterListSigner?: Issued;
  readonly masterList?: Uint8Array;
  readonly deviationListSigner?: Issued;
  readonly deviationList?: Uint8Array;
  readonly lineTokens: Readonly<Record<string, LineTokenKeys>>;
  /** Certificates for requests of others (PKCS#10), in the order in which they were certified. */
  readonly certified: readonly Uint8Array[];
}

export interface LineTokenKeys {
  /** In the order in which they were made; those that a ceremony destroyed are not among them. */
  readonly documentSigners: readonly Issued[];
  readonly plantSigner: Issued & { readonly key: EcKey };
  readonly birthCertificateSigner: Issued & { readonly key: EcKey };
  /** Record data keys are sealed to `publicKey` (SubjectPublicKeyInfo, P-256). */
  readonly recordKey: { readonly key: EcKey; readonly publicKey: Uint8Array };
  /** `certificate` is a CV certificate (7F21) under the CVCA. */
  readonly documentVerifier: { readonly key: EcKey; readonly certificate: Uint8Array };
  readonly inspectionSystem: { readonly key: EcKey };
  readonly unwrappingKey: RsaKey;
  readonly citizenReferenceKey: AesKey;
  readonly transportMasterKey: AesKey;
  readonly plantMasterKey: AesKey;
}

/**
 * What stands after all finished ceremonies, without any token; one that is still under way counts for nothing yet. `at` is when, the end of the
 * last of them by default: a CSCA that rested then may have rested enough since.
 * Throws `CEREMONY_UNFINISHED` when something of a plant has not been made, `CEREMONY_MINUTES_BROKEN`.
 */
export function resultOf(minutes: readonly Minute[], at?: Date): CeremonyResult {
  const started = minutes.flatMap(({ step, subject, facts }) => (step === 'started' ? [{ id: subject, file: textOf(facts, 'file') }] : []));
  const finished = started.filter(({ id }) => minutes.some(({ step, subject }) => step === 'finished' && subject === id));
  const last = finished.at(-1);
  if (last === undefined) throw unfinished('no ceremony');
  const ids = new Set(finished.map(({ id }) => id));
  const done = minutes.filter(({ subject }) => ids.has(subject.split('/')[0] ?? ''));
  const quorum = quorumOf(readCeremonyFile(utf8(last.file)));
  const cscas = certified(done, 'csca', AUTHORITY);
  const inUse = lastCsca(done, at ?? endOf(done))?.facts['der'];
  const current = cscas.find(({ certificate }) => toHex(certificate) === inUse);
  if (current === undefined) throw unfinished('csca');
  const lists = {
    masterListSigner: certified(done, 'master-list-signer', AUTHORITY).at(-1),
    masterList: lastIssued(done, 'master-list'),
    deviationListSigner: certified(done, 'deviation-list-signer', AUTHORITY).at(-1),
    deviationList: lastIssued(done, 'deviation-list'),
  };
  const lineTokens = new Set(
    done.flatMap(({ step, facts }) => (step === 'key' && facts['token'] !== AUTHORITY ? [facts['token'] ?? ''] : [])),
  );
  // What was destroyed is gone, whether the ceremony that did it came to its end or not.
  const destroyed = new Set(minutes.flatMap(({ step, facts }) => (step === 'key-destroyed' ? [facts['keyId']] : [])));
  return Object.freeze({
    custodians: quorum.custodians,
    needed: quorum.needed,
    csca: { current, all: cscas.map(({ certificate }) => certificate), links: allIssued(done, 'csca-link') },
    crl: issued(done, 'crl'),
    cvca: { certificate: issued(done, 'cvca'), links: allIssued(done, 'cvca-link') },
    ...Object.fromEntries(Object.entries(lists).filter(([, value]) => value !== undefined)),
    lineTokens: Object.fromEntries([...lineTokens].map((token) => [token, lineTokenKeys(done, token, destroyed)])),
    certified: allIssued(done, 'certified-request'),
  });
}

function endOf(minutes: readonly Minute[]): Date {
  return new Date(minutes.findLast(({ step }) => step === 'finished')?.at ?? 0);
}

function lineTokenKeys(minutes: readonly Minute[], token: string, destroyed: ReadonlySet<string | undefined>): LineTokenKeys {
  const facts = (role: string): Facts => {
    const found = lastKey(minutes, role, token);
    if (found === undefined) throw unfinished(`${token} ${role}`);
    return found;
  };
  const ecKey = (role: string) => ecKeyOfFacts(facts(role));
  const aesKey = (role: string) => aesKeyOfFacts(facts(role));
  const signer = (role: string) => {
    const last = certified(minutes, role, token).at(-1);
    if (last?.key.kind !== 'ec') throw unfinished(`${token} ${role}`);
    return { key: last.key, certificate: last.certificate };
  };
  const recordKey = ecKey('record-key');
  return Object.freeze({
    documentSigners: certified(minutes, 'document-signer', token, destroyed),
    plantSigner: signer('plant-signer'),
    birthCertificateSigner: signer('birth-certificate-signer'),
    recordKey: { key: recordKey, publicKey: namedSpki(recordKey.curve, recordKey.point) },
    documentVerifier: { key: ecKey('document-verifier'), certificate: issued(minutes, 'document-verifier', token) },
    inspectionSystem: { key: ecKey('inspection-system') },
    unwrappingKey: rsaKeyOfFacts(facts('unwrapping-key')),
    citizenReferenceKey: aesKey('citizen-reference'),
    transportMasterKey: aesKey('transport-master'),
    plantMasterKey: aesKey('plant-master'),
  });
}

/** Keys of a role with what was issued about the same subject. */
function certified(
  minutes: readonly Minute[],
  role: string,
  token: string,
  without: ReadonlySet<string | undefined> = new Set(),
): readonly Issued[] {
  return minutes.flatMap((minute) => {
    const { step, subject, facts } = minute;
    if (step !== 'key' || facts['role'] !== role || facts['token'] !== token || without.has(facts['keyId'])) return [];
    const issue = minutes.find((other) => other.step === 'issued' && other.subject === subject && other.facts['role'] === role);
    const key = keyOf(facts);
    if (issue === undefined || key.kind === 'aes') throw unfinished(subject);
    return [{ key, certificate: bytesOf(issue.facts, 'der') }];
  });
}

function issued(minutes: readonly Minute[], role: string, token?: string): Uint8Array {
  const der = lastIssued(minutes, role, token);
  if (der === undefined) throw unfinished(role);
  return der;
}

function unfinished(where: string): CeremonyError {
  return new CeremonyError('CEREMONY_UNFINISHED', { where });
}
