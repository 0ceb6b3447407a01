import { sql } from 'kysely';
import { cvCertificate, encodeCvCertificateBody, verifyByCvKey, type CvPublicKey } from '#encoder/cv-certificate';
import { holderReference, inspectionSystemBody, issueCvCertificate, nextHolderReference, type CvKey } from '#pki/cvca';
import { addDays } from '#pki/x509';
import type { Db } from '#production/store';
import { hex, sha256 } from './hashes.ts';
import { signed, type SignerDeps, type Signing } from './signing.ts';
import { SignerError } from './signer-error.ts';
import type { SignerToken } from './token.ts';

/** A terminal's certificate is renewed when no more than this is left of it. */
const RENEW_DAYS = 7;

/**
 * The chain under the CVCA that the plant's own inspection system shows to chips: document verifier, inspection system. Each token
 * has its own. The document verifier's certificate is a ceremony's, because the CVCA is not here; the inspection system's, when it is missing or
 * nearly expired, is made anew as the holder's next one, by intent, signature and outcome.
 */
export async function terminalChain(deps: SignerDeps, signing: Signing, token: SignerToken): Promise<readonly [Uint8Array, Uint8Array]> {
  const { mnemonic, key } = token.extendedAccess.inspectionSystem;
  return chainOf(deps, signing, token, { subject: `inspection-system@${token.name}`, mnemonic, key });
}

/** Certifies somebody else's terminal, for as long as the plant's own: the document verifier, then the terminal. */
export async function certifyTerminal(
  deps: SignerDeps,
  signing: Signing,
  token: SignerToken,
  terminal: { readonly mnemonic: string; readonly key: CvKey },
): Promise<readonly [Uint8Array, Uint8Array]> {
  return chainOf(deps, signing, token, { subject: `terminal-${terminal.mnemonic}@${token.name}`, ...terminal });
}

interface Terminal {
  /** The holder, and the token that holds its issuer's key. */
  readonly subject: string;
  readonly mnemonic: string;
  readonly key: CvKey;
}

async function chainOf(
  deps: SignerDeps,
  signing: Signing,
  token: SignerToken,
  { subject, mnemonic, key }: Terminal,
): Promise<readonly [Uint8Array, Uint8Array]> {
  const { country, inspectionSystem } = token.extendedAccess;
  const verifier = token.material.documentVerifier;
  const last = await newest(deps.db, subject);
  const now = deps.clock();
  if (last !== null && isCurrent(last, verifier, key, now)) return [verifier, last];
  const holder =
    last === null
      ? holderReference({ country, mnemonic }, 1)
      : nextHolderReference(cvCertificate.decode(last).body.certificateHolderReference);
  const body = inspectionSystemBody({ issuer: verifier, holder, key, from: now, days: inspectionSystem.days });
  const sign = (digest: Uint8Array): Promise<Uint8Array> => token.sign('documentVerifier', digest);
  const certificate = await signed(signing, {
    kind: 'cv_certificate',
    subject,
    content: encodeCvCertificateBody(body),
    signer: verifier,
    sign: () => issueCvCertificate(body, keyOfChain(deps.trust.cvca.certificate, verifier), sign),
  });
  return [verifier, certificate];
}

/** For this key, by this document verifier, and not about to expire. */
function isCurrent(certificate: Uint8Array, issuer: Uint8Array, key: CvKey, now: Date): boolean {
  const { body } = cvCertificate.decode(certificate);
  const issuedBy = cvCertificate.decode(issuer).body.certificateHolderReference;
  const until = addDays(now, RENEW_DAYS).toISOString().slice(0, 10);
  return (
    body.certificationAuthorityReference === issuedBy &&
    body.expirationDate > until &&
    Buffer.compare(pointOf(body.publicKey), key.point) === 0
  );
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
