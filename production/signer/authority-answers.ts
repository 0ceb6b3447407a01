import { readApproval } from '#pki/ceremony';
import { admitDocumentSigner, requestDocumentSigners } from './admission.ts';
import { isOver } from './budget.ts';
import { countCards, pageOfCards } from './cards-of-signer.ts';
import { destroyDocumentSigner } from './destruction.ts';
import { allDocumentSigners } from './document-signers.ts';
import { hex } from './hashes.ts';
import { reconcile } from './reconciliation.ts';
import type { Answers } from './server.ts';
import type { SignerDeps, Signing } from './signing.ts';
import { importCrl, importCscaLink } from './trust.ts';
import { fromBase64, toBase64 } from './wire.ts';

/** What only a person's tool may ask: the lives of Document Signers, from the request for a certificate to the end of the key. */
export function authorityAnswers(deps: SignerDeps, signing: Signing): Pick<Answers, AuthorityRequest> {
  return {
    'document-signers': async () => ({ documentSigners: await listed(deps) }),
    'document-signer-request': async ({ token, count, subject }) => {
      const requests = await requestDocumentSigners(signing, { token, count, subject });
      return {
        requests: requests.map(({ keyId, request, readAloud }) => ({ keyId: hex(keyId), request: toBase64(request), readAloud })),
      };
    },
    'admit-document-signer': async ({ certificate, issuers, approvals }) => {
      const admission = { certificate: fromBase64(certificate), issuers: issuers.map(fromBase64), approvals: approvals.map(readApproval) };
      return { signerHash: await admitDocumentSigner(deps, signing, admission) };
    },
    'destroy-document-signer': async ({ signerHash, approvals }) => ({
      evidence: await destroyDocumentSigner(deps, signing, { signerHash, approvals: approvals.map(readApproval) }),
    }),
    'import-crl': async ({ crl }) => {
      await importCrl(deps.db, deps.trust, fromBase64(crl), deps.clock());
      return {};
    },
    'import-csca-link': async ({ link, csca }) => {
      await importCscaLink(deps.db, deps.trust, { link: fromBase64(link), csca: fromBase64(csca) }, deps.cards);
      return {};
    },
    reconcile: async () => ({ ...(await reconcile(deps, signing)) }),
    'cards-of-signer': async ({ signerHash, after, limit }) => {
      const cards = await pageOfCards(deps.db, Uint8Array.from(Buffer.from(signerHash, 'hex')), { after, limit });
      return { cards, next: cards.length < limit ? null : (cards.at(-1)?.number ?? null) };
    },
  };
}

type AuthorityRequest =
  | 'document-signers'
  | 'document-signer-request'
  | 'admit-document-signer'
  | 'destroy-document-signer'
  | 'import-crl'
  | 'import-csca-link'
  | 'reconcile'
  | 'cards-of-signer';

const DAY_MS = 86_400_000;

/** Every Document Signer there ever was; of those that are not destroyed, how many cards hang on each now. */
async function listed(deps: SignerDeps): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const rows = await allDocumentSigners(deps.db);
  const cards = await countCards(
    deps.db,
    rows.filter(({ state }) => state !== 'destroyed').map(({ hash }) => hash),
  );
  const now = deps.clock();
  return rows.map((row) => {
    const ended = !['active', 'spare'].includes(row.state) || isOver(row, { earliest: now, latest: now });
    const until = row.activeUntil ?? row.usageTo;
    return {
      signer: row.hash,
      token: row.token,
      state: row.state,
      reason: row.reason,
      documents: row.documents,
      documentsMax: row.documentsMax,
      daysLeft: ended ? 0 : Math.floor((until.getTime() - now.getTime()) / DAY_MS),
      cards: cards.get(row.hash) ?? null,
    };
  });
}
