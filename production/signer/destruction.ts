import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { fromHex, utf8 } from '#encoder/bytes';
import { assertApproved, type Approval } from '#pki/ceremony';
import { signJws } from '#pki/jws';
import { parseCertificate } from '#pki/x509';
import { canonicalJson, withTransaction } from '#production/store';
import { auditSigner, documentSignerOf, quarantine } from './document-signers.ts';
import { hex, sha256 } from './hashes.ts';
import { SignerError } from './signer-error.ts';
import { codeOf, signed, type SignerDeps, type Signing } from './signing.ts';

/** What two people approve when they end a key: the content is the hash of its certificate. */
export const DESTRUCTION = 'destroy-document-signer';

/** Media type of the evidence, without `application/`. */
export const DESTRUCTION_TYPE = 'cardmint-key-destruction+json';

/**
 * The end of a key (invariant P12): two people, no more signatures from now on, its objects destroyed in the token, and the token asked for it
 * once more in two ways. What it answered is signed by the plant's signer and kept. Done before: the same evidence.
 * @returns the evidence, a compact JWS
 * @throws SignerError DOCUMENT_SIGNER_UNKNOWN, KEY_NOT_DESTROYED; CeremonyError APPROVAL_…; the token's own
 */
export async function destroyDocumentSigner(
  deps: SignerDeps,
  signing: Signing,
  order: { readonly signerHash: string; readonly approvals: readonly Approval[] },
): Promise<string> {
  const { signerHash, approvals } = order;
  const people = assertApproved({ kind: DESTRUCTION, content: fromHex(signerHash) }, approvals, deps.trust.quorum);
  const before = await evidenceOf(signing, signerHash);
  if (before !== undefined) return before;
  const row = await documentSignerOf(deps.db, signerHash);
  const token = signing.tokens.named(row.token);
  if (token === undefined) throw new SignerError('DOCUMENT_SIGNER_UNKNOWN', { where: signerHash, detail: row.token });
  await withTransaction(deps.db, (trx) => quarantine(trx, signerHash, 'DESTRUCTION'));
  await signing.intents.settledUnder(signerHash);

  const objects = await token.destroyKey(row.keyId);
  const left = await token.destroyKey(row.keyId);
  const key = { certificate: Uint8Array.from(row.certificate), keyId: Uint8Array.from(row.keyId) };
  const probe = await signed(signing, {
    kind: 'test',
    subject: hex(key.keyId),
    content: Uint8Array.from(randomBytes(32)),
    signer: key.certificate,
    sign: () => token.signDocument(key, Uint8Array.from(randomBytes(32))),
  }).then(() => 'SIGNED', codeOf);
  if (left !== 0 || probe !== 'HSM_KEY_NOT_FOUND')
    throw new SignerError('KEY_NOT_DESTROYED', { where: signerHash, detail: `${left} left, ${probe}` });

  const payload = utf8(
    canonicalJson({
      signer: signerHash,
      token: row.token,
      keyId: hex(key.keyId),
      documents: row.documents,
      objectsDestroyed: objects,
      objectsLeft: left,
      signingAfterwards: probe,
      people: people.map(({ id }) => id),
      at: deps.clock().toISOString(),
    }),
  );
  const evidence = await signing.tokens.first((signer) => {
    const certificate = signer.material.plantSigner;
    const header = { typ: DESTRUCTION_TYPE, kid: hex(sha256(certificate)) };
    const publicKey = parseCertificate(certificate).spki;
    return signed(signing, {
      kind: 'evidence',
      subject: signerHash,
      content: payload,
      signer: certificate,
      sign: async () => utf8(await signJws(payload, header, { publicKey, sign: (digest) => signer.sign('plantSigner', digest) })),
      signed: async (trx, product) => {
        await sql`insert into key_destructions (signer_hash, evidence) values (decode(${signerHash}, 'hex'), ${Buffer.from(product).toString('utf8')})`.execute(
          trx,
        );
        await sql`update document_signers set state = 'destroyed', destroyed_at = clock_timestamp() where signer_hash = decode(${signerHash}, 'hex')`.execute(
          trx,
        );
        await auditSigner(trx, signerHash, 'destroyed', { objects });
      },
    });
  });
  return Buffer.from(evidence).toString('utf8');
}

async function evidenceOf({ db }: Signing, signerHash: string): Promise<string | undefined> {
  const { rows } = await sql<{ evidence: string }>`
    select evidence from key_destructions where signer_hash = decode(${signerHash}, 'hex')`.execute(db);
  return rows[0]?.evidence;
}
