import { sql } from 'kysely';
import { cvCertificate, encodeCvCertificateBody, verifyByCvKey, type CvCertificateBody, type CvPublicKey } from '#encoder/cv-certificate';
import {
  documentVerifierBody,
  holderReference,
  inspectionSystemBody,
  issueCvCertificate,
  nextHolderReference,
  type CvKey,
} from '#pki/cvca';
import { addDays } from '#pki/x509';
import type { Db } from '#production/store';
import { hex, sha256 } from './hashes.ts';
import { signed, type SignerDeps, type Signing } from './signing.ts';
import { SignerError } from './signer-error.ts';
import type { SignerToken } from './token.ts';

/** A certificate is renewed when no more than this is left of it. */
const RENEW_DAYS = { documentVerifier: 30, inspectionSystem: 7 } as const;

/**
 * The chain under the CVCA that the plant's own inspection system shows to chips: document verifier, inspection system. Each token
 * has its own. What is missing or nearly expired is certified anew, as the holder's next one; each certificate by intent, signature and
 * outcome. A document verifier that a ceremony certified is taken as it is: its CVCA is not here.
 */
export async function terminalChain(deps: SignerDeps, signing: Signing, token: SignerToken): Promise<readonly [Uint8Array, Uint8Array]> {
  const { country, inspectionSystem } = token.extendedAccess;
  const verifier = token.material.documentVerifier ?? (await ownVerifier(deps, signing, token));
  const terminal = await current(deps, signing, {
    subject: `inspection-system@${token.name}`,
    first: holderReference({ country, mnemonic: inspectionSystem.mnemonic }, 1),
    issuer: verifier,
    renewDays: RENEW_DAYS.inspectionSystem,
    key: inspectionSystem.key,
    body: (holder, from) =>
      inspectionSystemBody({ issuer: verifier, holder, key: inspectionSystem.key, from, days: inspectionSystem.days }),
    sign: (digest) => token.sign('documentVerifier', digest),
  });
  return [verifier, terminal];
}

function ownVerifier(deps: SignerDeps, signing: Signing, token: SignerToken): Promise<Uint8Array> {
  const { country, documentVerifier } = token.extendedAccess;
  const issuer = deps.trust.cvca.certificate;
  return current(deps, signing, {
    subject: `document-verifier@${token.name}`,
    first: holderReference({ country, mnemonic: documentVerifier.mnemonic }, 1),
    issuer,
    renewDays: RENEW_DAYS.documentVerifier,
    body: (holder, from) => documentVerifierBody({ issuer, holder, key: documentVerifier.key, from, days: documentVerifier.days }),
    sign: (digest) => token.sign('cvca', digest),
  });
}

/** Certifies somebody else's terminal, for as long as the plant's own: the document verifier, then the terminal. */
export async function certifyTerminal(
  deps: SignerDeps,
  signing: Signing,
  token: SignerToken,
  terminal: { readonly mnemonic: string; readonly key: CvKey },
): Promise<readonly [Uint8Array, Uint8Array]> {
  const [verifier] = await terminalChain(deps, signing, token);
  const { country, inspectionSystem } = token.extendedAccess;
  const certificate = await current(deps, signing, {
    subject: `terminal-${terminal.mnemonic}@${token.name}`,
    first: holderReference({ country, mnemonic: terminal.mnemonic }, 1),
    issuer: verifier,
    renewDays: RENEW_DAYS.inspectionSystem,
    key: terminal.key,
    body: (holder, from) => inspectionSystemBody({ issuer: verifier, holder, key: terminal.key, from, days: inspectionSystem.days }),
    sign: (digest) => token.sign('documentVerifier', digest),
  });
  return [verifier, certificate];
}

interface Wanted {
  /** The holder, and the token that holds its issuer's key. */
  readonly subject: string;
  /** Holder reference of the first certificate. */
  readonly first: string;
  readonly issuer: Uint8Array;
  readonly renewDays: number;
  /** When given, a certificate for another key is not current. */
  readonly key?: CvKey;
  readonly body: (holder: string, from: Date) => CvCertificateBody;
  readonly sign: (digest: Uint8Array) => Promise<Uint8Array>;
}

async function current(deps: SignerDeps, signing: Signing, wanted: Wanted): Promise<Uint8Array> {
  const last = await newest(deps.db, wanted.subject);
  const now = deps.clock();
  if (last !== null && isCurrent(last, wanted, now)) return last;
  const holder = last === null ? wanted.first : nextHolderReference(cvCertificate.decode(last).body.certificateHolderReference);
  const body = wanted.body(holder, now);
  return signed(signing, {
    kind: 'cv_certificate',
    subject: wanted.subject,
    content: encodeCvCertificateBody(body),
    signer: wanted.issuer,
    sign: () => issueCvCertificate(body, keyOfChain(deps.trust.cvca.certificate, wanted.issuer), wanted.sign),
  });
}

function isCurrent(certificate: Uint8Array, { issuer, renewDays, key }: Wanted, now: Date): boolean {
  const { body } = cvCertificate.decode(certificate);
  const issuedBy = cvCertificate.decode(issuer).body.certificateHolderReference;
  const until = addDays(now, renewDays).toISOString().slice(0, 10);
  const sameKey = key === undefined || Buffer.compare(pointOf(body.publicKey), key.point) === 0;
  return body.certificationAuthorityReference === issuedBy && body.expirationDate > until && sameKey;
}

function pointOf(key: CvPublicKey): Uint8Array {
  return key.kind === 'ecdsa' ? key.publicPoint : new Uint8Array(0);
}

/** An issuer's key with the domain parameters of the CVCA, from which the chain inherits them (BSI TR-03110-3 §C.1.4). */
function keyOfChain(cvca: Uint8Array, issuer: Uint8Array): CvPublicKey {
  const root = cvCertificate.decode(cvca).body.publicKey;
  const own = cvCertificate.decode(issuer).body.publicKey;
  return root.kind === 'ecdsa' && own.kind === 'ecdsa' && root.domainParameters !== undefined
    ? { ...own, domainParameters: root.domainParameters }
    : own;
}

/** The last certificate that was signed for this holder. */
async function newest(db: Db, subject: string): Promise<Uint8Array | null> {
  const { rows } = await sql<{ product: Uint8Array }>`
    select o.product from signature_intents i join signature_outcomes o using (intent_id)
    where i.kind = 'cv_certificate' and i.subject = ${subject} and o.result = 'signed'
    order by i.intent_id desc limit 1`.execute(db);
  const found = rows[0];
  return found === undefined ? null : Uint8Array.from(found.product);
}

/** Whether this holder reference is the one of the token's inspection system, whatever its number: the chain that a chip was shown is one token's. */
export function isTerminalOf({ extendedAccess: { country, inspectionSystem } }: SignerToken, holder: string): boolean {
  return holder.slice(0, -5) === `${country}${inspectionSystem.mnemonic}`;
}

/**
 * The plant's terminal signs what Terminal Authentication asks it to (Doc 9303-11 §7.1.2), with the hash of its certificate's algorithm. Each challenge is
 * a subject of its own.
 */
export async function signAsTerminal(deps: SignerDeps, signing: Signing, token: SignerToken, data: Uint8Array): Promise<Uint8Array> {
  const [, terminal] = await terminalChain(deps, signing, token);
  const key = keyOfChain(deps.trust.cvca.certificate, terminal);
  return signed(signing, {
    kind: 'terminal_signature',
    subject: hex(sha256(data)),
    content: data,
    signer: terminal,
    sign: async () => {
      const signature = await token.sign('inspectionSystem', sha256(data));
      if (!verifyByCvKey(key, data, signature)) throw new SignerError('SIGNATURE_FAILED', { where: 'inspection system' });
      return signature;
    },
  });
}
