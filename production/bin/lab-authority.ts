import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes, isCodedError } from '#encoder/bytes';
import { cvCertificate } from '#encoder/cv-certificate';
import { issueCrl, parseCrl, prepareCrl } from '#pki/crl';
import { cvcaBody, documentVerifierBody, holderReference, inspectionSystemBody, issueCvCertificate } from '#pki/cvca';
import { documentSigner, type DocumentSigner } from '#pki/sod';
import {
  addDays,
  addYears,
  cscaCertificate,
  documentSignerCertificate,
  issueCertificate,
  parseCertificate,
  prepareCertificate,
  type CertificateRequest,
  type DistinguishedName,
  type IssuingKey,
} from '#pki/x509';
import { LabError } from './lab-error.ts';
import { labKey, newLabKey, newSerialNumber, type LabCurve, type LabKey } from './lab-keys.ts';

/** A throw-away country: its CSCA and Document Signer, and its CVCA with a document verifier and an inspection system. */
export interface LabAuthority {
  readonly folder: string;
  readonly csca: Uint8Array;
  readonly crl: Uint8Array;
  readonly documentSigner: DocumentSigner;
  readonly cvca: Uint8Array;
  /** Document verifier, inspection system: what the lab's own terminal shows to chips. */
  readonly terminalChain: readonly [Uint8Array, Uint8Array];
  /** By the Document Signer, over a digest. */
  readonly signAsDocumentSigner: (digest: Uint8Array) => Promise<Uint8Array>;
  /** By the inspection system, over the data itself, with the hash of its certificate (SHA-256). */
  readonly signAsTerminal: (data: Uint8Array) => Promise<Uint8Array>;
}

const HOLDERS = {
  csca: 'brainpoolP512r1',
  ds: 'brainpoolP384r1',
  cvca: 'brainpoolP256r1',
  dv: 'brainpoolP256r1',
  terminal: 'brainpoolP256r1',
} as const satisfies Record<string, LabCurve>;
type Holder = keyof typeof HOLDERS;

/** Public files, by the names that an operator gives to `cardmint read`. */
export const LAB_FILES = {
  csca: 'csca.cer',
  crl: 'csca.crl',
  ds: 'ds.cer',
  cvca: 'cvca.cvcert',
  dv: 'dv.cvcert',
  terminal: 'terminal.cvcert',
  terminalKey: 'terminal.key.pem',
} as const;

const UNIT = 'LAB - NOT A STATE AUTHORITY';
/** ISO 3166-1 codes for the MRZ codes of the installed profiles; `ZZ` is one that no country ever gets. */
const COUNTRIES: Readonly<Record<string, string>> = { VNM: 'VN', UTO: 'UT' };
/** As they begin a zone (Doc 9303-12 §7.1.1.7). */
const DOCUMENT_TYPES = ['ID', 'I', 'P'] as const;
/** A Document Signer signs for three months at most (Doc 9303-12 Table 1), and then the lab is over: what it made verifies on. */
const LIFE = { cscaYears: 5, signerDays: 90, technicalYears: 25, crlDays: 90, cvcaYears: 3, verifierDays: 180, terminalDays: 90 } as const;
/** A list with less than that left is replaced. */
const CRL_RENEWED_DAYS = 7;

/**
 * The authority of one issuing State (as in the MRZ) in a lab's folder, made the first time: whole, or not at all after an interruption.
 * Errors: LAB_KEYS_DAMAGED, LAB_KEYS_EXPIRED.
 */
export async function openLabAuthority(lab: string, issuingState: string, now: Date): Promise<LabAuthority> {
  const folder = join(lab, issuingState.replaceAll('<', ''));
  if (!existsSync(folder)) await make(folder, issuingState, now);
  const opened = open(folder);
  const { documentSigner: signer, crl } = opened;
  const until = signer.certificate.privateKeyUsagePeriod?.notAfter ?? signer.certificate.validity.notAfter;
  if (now > until) throw new LabError('LAB_KEYS_EXPIRED', { where: join(folder, LAB_FILES.ds) });
  if (parseCrl(crl).nextUpdate > addDays(now, CRL_RENEWED_DAYS)) return opened;
  const renewed = await emptyCrl(readKey(folder, 'csca'), opened.csca, now);
  writeWithin(folder, LAB_FILES.crl, renewed);
  return { ...opened, crl: renewed };
}

async function make(folder: string, issuingState: string, now: Date): Promise<void> {
  const draft = `${folder}.${randomBytes(4).toString('hex')}.draft`;
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  try {
    for (const [holder, curve] of Object.entries(HOLDERS)) {
      writeFileSync(join(draft, keyFile(holder)), newLabKey(curve), { mode: 0o600, flush: true });
    }
    const issued = await issueAll(draft, issuingState, now);
    for (const [name, bytes] of Object.entries(issued)) writeFileSync(join(draft, name), bytes, { mode: 0o644, flush: true });
    renameSync(draft, folder);
  } catch (error) {
    // Another command was first: theirs it is.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Every certificate of the authority, each verified by who issues it before it is written down. */
async function issueAll(folder: string, issuingState: string, now: Date): Promise<Readonly<Record<string, Uint8Array>>> {
  const [cscaKey, signerKey, cvcaKey, verifierKey] = [
    readKey(folder, 'csca'),
    readKey(folder, 'ds'),
    readKey(folder, 'cvca'),
    readKey(folder, 'dv'),
  ];
  const country = COUNTRIES[issuingState] ?? 'ZZ';
  const name = (role: string): DistinguishedName => ({
    country,
    organization: 'Cardmint lab',
    organizationalUnit: UNIT,
    commonName: `${role} ${UNIT}`,
  });
  const cscaName = name('CSCA');
  const issuer: IssuingKey = { name: cscaName, spki: cscaKey.spki, algorithm: { key: 'ec', hash: 'sha512' } };
  const certificate = (request: CertificateRequest): Promise<Uint8Array> =>
    issueCertificate(prepareCertificate(request, issuer), (digest) => cscaKey.sign(digest));
  const state = { mrzCountry: issuingState, crlUrls: [`https://lab.cardmint.invalid/crl/${country}.crl`] };

  const [signerUntil, cscaUntil] = [addDays(now, LIFE.signerDays), addYears(now, LIFE.cscaYears)];
  const csca = await certificate(
    cscaCertificate({
      ...state,
      ...keyOf(cscaKey),
      subject: cscaName,
      usage: { notBefore: now, notAfter: cscaUntil },
      notAfter: addYears(addDays(cscaUntil, LIFE.signerDays), LIFE.technicalYears),
    }),
  );
  const ds = await certificate(
    documentSignerCertificate({
      ...state,
      ...keyOf(signerKey),
      subject: name('DS'),
      usage: { notBefore: now, notAfter: signerUntil },
      notAfter: addYears(signerUntil, LIFE.technicalYears),
      issuerSpki: cscaKey.spki,
      documentTypes: DOCUMENT_TYPES,
      technicalLifeYears: LIFE.technicalYears,
    }),
  );

  const holder = (mnemonic: string): string => holderReference({ country, mnemonic }, 1);
  const rootBody = cvcaBody({ holder: holder('LABCVCA'), key: cvcaKey, from: now, years: LIFE.cvcaYears });
  const cvca = await issueCvCertificate(rootBody, rootBody.publicKey, (digest) => cvcaKey.sign(digest));
  const verifierBody = documentVerifierBody({
    issuer: cvca,
    holder: holder('LABDV'),
    key: verifierKey,
    from: now,
    days: LIFE.verifierDays,
  });
  const dv = await issueCvCertificate(verifierBody, rootBody.publicKey, (digest) => cvcaKey.sign(digest));
  const terminalBody = inspectionSystemBody({
    issuer: dv,
    holder: holder('LABIS'),
    key: readKey(folder, 'terminal'),
    from: now,
    days: LIFE.terminalDays,
  });
  // The chain inherits the domain parameters of the CVCA (BSI TR-03110-3 §C.1.4).
  const verifierPublicKey = { ...rootBody.publicKey, ...verifierBody.publicKey };
  const terminal = await issueCvCertificate(terminalBody, verifierPublicKey, (digest) => verifierKey.sign(digest));
  const crl = await emptyCrl(cscaKey, csca, now);
  return {
    [LAB_FILES.csca]: csca,
    [LAB_FILES.ds]: ds,
    [LAB_FILES.crl]: crl,
    [LAB_FILES.cvca]: cvca,
    [LAB_FILES.dv]: dv,
    [LAB_FILES.terminal]: terminal,
  };
}

function keyOf({ curve, point }: LabKey): Pick<LabKey, 'curve' | 'point'> & { readonly serialNumber: Uint8Array } {
  return { curve, point, serialNumber: newSerialNumber() };
}

/** Numbered by the day, so that a later list has a higher number. */
async function emptyCrl(key: LabKey, cscaDer: Uint8Array, now: Date): Promise<Uint8Array> {
  const csca = parseCertificate(cscaDer);
  const number = Math.floor(now.getTime() / 86_400_000);
  const token = prepareCrl({
    csca,
    algorithm: { key: 'ec', hash: 'sha512' },
    number,
    thisUpdate: now,
    nextUpdate: addDays(now, LIFE.crlDays),
    revoked: [],
  });
  return issueCrl(token, (digest) => key.sign(digest));
}

/** Everything is read and compared: a certificate whose key is not here would fail on a card. */
function open(folder: string): LabAuthority {
  try {
    const [csca, crl, cvca, dv, terminal] = [LAB_FILES.csca, LAB_FILES.crl, LAB_FILES.cvca, LAB_FILES.dv, LAB_FILES.terminal].map((name) =>
      Uint8Array.from(readFileSync(join(folder, name))),
    ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const signer = documentSigner(Uint8Array.from(readFileSync(join(folder, LAB_FILES.ds))));
    const [cscaKey, signerKey, terminalKey] = [readKey(folder, 'csca'), readKey(folder, 'ds'), readKey(folder, 'terminal')];
    const { publicKey } = cvCertificate.decode(terminal).body;
    parseCrl(crl);
    const together =
      equalBytes(parseCertificate(csca).spki, cscaKey.spki) &&
      equalBytes(signer.certificate.spki, signerKey.spki) &&
      publicKey.kind === 'ecdsa' &&
      equalBytes(publicKey.publicPoint, terminalKey.point);
    if (!together) throw new LabError('LAB_KEYS_DAMAGED', { where: folder });
    return {
      folder,
      csca,
      crl,
      documentSigner: signer,
      cvca,
      terminalChain: [dv, terminal],
      signAsDocumentSigner: (digest) => signerKey.sign(digest),
      signAsTerminal: (data) => terminalKey.sign(Uint8Array.from(createHash('sha256').update(data).digest())),
    };
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    // Of files that were changed: no key of them is shown.
    throw new LabError('LAB_KEYS_DAMAGED', { where: folder, cause, ...(isCodedError(cause) ? { detail: cause.code } : {}) });
  }
}

function keyFile(holder: string): string {
  return `${holder}.key.pem`;
}

function readKey(folder: string, holder: Holder): LabKey {
  return labKey(readFileSync(join(folder, keyFile(holder)), 'utf8'), HOLDERS[holder]);
}

/** Whole, or the old one. */
function writeWithin(folder: string, name: string, bytes: Uint8Array): void {
  const draft = join(folder, `${name}.draft`);
  writeFileSync(draft, bytes, { mode: 0o644, flush: true });
  renameSync(draft, join(folder, name));
}
