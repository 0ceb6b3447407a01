import { approvalText, type Approval } from '#pki/ceremony';
import type { DistinguishedName } from '#pki/x509';
import { askSigner, type SignerAddress } from './client.ts';
import type { SignedCard } from './cards-of-signer.ts';
import type { Reconciliation } from './reconciliation.ts';
import { fromBase64, toBase64 } from './wire.ts';

/** A Document Signer as a person looks at it. */
export interface ListedDocumentSigner {
  /** SHA-256 of the certificate, in hex: its name in every other request. */
  readonly signer: string;
  readonly token: string;
  readonly state: 'spare' | 'active' | 'spent' | 'retired' | 'quarantined' | 'destroyed';
  readonly reason: string | null;
  readonly documents: number;
  readonly documentsMax: number;
  readonly daysLeft: number;
  /** Cards that hang on this key now; null when the key is destroyed: `cardsOfSigner` tells. */
  readonly cards: number | null;
}

/** What a person's tool asks of the signer; every one of these is refused to the processes of the plant. [authority] */
export interface SignerAuthorityClient {
  documentSigners(): Promise<readonly ListedDocumentSigner[]>;
  /** Makes keys in a token; each request is a PKCS#10 file, its hash to be read aloud. */
  requestDocumentSigners(wanted: {
    readonly token: string;
    readonly count: number;
    readonly subject: DistinguishedName;
  }): Promise<readonly { readonly keyId: string; readonly request: Uint8Array; readonly readAloud: string }[]>;
  /** @returns the hash of the certificate */
  admitDocumentSigner(admission: {
    readonly certificate: Uint8Array;
    readonly issuers: readonly Uint8Array[];
    readonly approvals: readonly Approval[];
  }): Promise<string>;
  /** @returns the evidence, a compact JWS */
  destroyDocumentSigner(order: { readonly signerHash: string; readonly approvals: readonly Approval[] }): Promise<string>;
  importCrl(crl: Uint8Array): Promise<void>;
  importCscaLink(material: { readonly link: Uint8Array; readonly csca: Uint8Array }): Promise<void>;
  reconcile(): Promise<Reconciliation>;
  /** Page by page, by the cards' numbers in the key. */
  cardsOfSigner(signerHash: string): AsyncGenerator<readonly SignedCard[]>;
}

const PAGE = 10_000;

export function connectSignerAuthority(at: SignerAddress): SignerAuthorityClient {
  return {
    documentSigners: async () => (await askSigner(at, 'document-signers', {}))['documentSigners'] as readonly ListedDocumentSigner[],
    async requestDocumentSigners({ token, count, subject }) {
      const answer = await askSigner(at, 'document-signer-request', { token, count, subject });
      const requests = answer['requests'] as readonly { keyId: string; request: string; readAloud: string }[];
      return requests.map(({ keyId, request, readAloud }) => ({ keyId, request: fromBase64(request), readAloud }));
    },
    async admitDocumentSigner({ certificate, issuers, approvals }) {
      const body = { certificate: toBase64(certificate), issuers: issuers.map(toBase64), approvals: approvals.map(approvalText) };
      return String((await askSigner(at, 'admit-document-signer', body))['signerHash']);
    },
    async destroyDocumentSigner({ signerHash, approvals }) {
      const answer = await askSigner(at, 'destroy-document-signer', { signerHash, approvals: approvals.map(approvalText) });
      return String(answer['evidence']);
    },
    importCrl: async (crl) => void (await askSigner(at, 'import-crl', { crl: toBase64(crl) })),
    importCscaLink: async ({ link, csca }) =>
      void (await askSigner(at, 'import-csca-link', { link: toBase64(link), csca: toBase64(csca) })),
    reconcile: async () => (await askSigner(at, 'reconcile', {})) as unknown as Reconciliation,
    async *cardsOfSigner(signerHash) {
      for (let after: number | null = 0; after !== null;) {
        const answer: Readonly<Record<string, unknown>> = await askSigner(at, 'cards-of-signer', { signerHash, after, limit: PAGE });
        const cards = answer['cards'] as readonly SignedCard[];
        if (cards.length > 0) yield cards;
        after = answer['next'] as number | null;
      }
    },
  };
}
