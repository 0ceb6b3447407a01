import type { DocumentSigner, SodAlgorithms } from '#pki/sod';
import type { SignatureAlgorithm } from '#pki/x509';
import type { Db, Trx } from '#production/store';
import { ClockGuard } from './clock-guard.ts';
import { DEFAULT_BUDGET, DocumentSignerCache, quarantine, type BudgetPolicy } from './document-signers.ts';
import { hex, sha256 } from './hashes.ts';
import { Intents, type Intent, type Outcome, type SignatureKind, type SignedBefore } from './intents.ts';
import { isKeyFault, isTokenFault, LiveTokens, surelyNotSigned } from './live-tokens.ts';
import { SignerError } from './signer-error.ts';
import type { SignerToken } from './token.ts';
import type { Trust } from './trust.ts';

/**
 * Where a signer can be killed, in this order; after each of them it must be found out what became of the signature. `before-reply` is
 * reached for every request that signed.
 */
export const SIGNING_POINTS = ['prepared', 'intent-durable', 'signed', 'verified', 'outcome-durable', 'before-reply'] as const;
export type SigningPoint = (typeof SIGNING_POINTS)[number];

export interface SigningDeps {
  readonly db: Db;
  /** In the order in which they are asked for what each of them can do. */
  readonly tokens: readonly SignerToken[];
  readonly clock: () => Date;
  /** Milliseconds of a clock that nobody can set; the process's own unless told. */
  readonly monotonic?: () => number;
  /** A token failed (its code), or is back (`ok`). */
  readonly onToken?: (token: string, code: string) => void;
  /** For tests: waits, or never returns, at a point. */
  readonly reached?: (point: SigningPoint) => void | Promise<void>;
}

export interface SignerDeps extends SigningDeps {
  readonly trust: Trust;
  /** 100,000 documents and 30 days unless told. */
  readonly budget?: BudgetPolicy;
  /** How long it takes to get a spare certified; 14 unless told. */
  readonly leadDays?: number;
  /** Of the cards that this plant makes: ID, and 25 years for a card without expiry, unless told. */
  readonly cards?: CardsMade;
}

/** What the signer must know of the cards that it signs: from their profile. */
export interface CardsMade {
  /** As they stand in the MRZ: the CCCD's begins `ID`. */
  readonly documentTypes: readonly string[];
  /** How long a card without expiry is reckoned to last. */
  readonly technicalLifeYears: number;
  /** `algorithms.sod`; SHA-256 on whatever key the certificate has where none are given. */
  readonly algorithms?: SodAlgorithms;
}

/** What every request works with: made once a process. */
export interface Signing {
  readonly db: Db;
  readonly tokens: LiveTokens;
  readonly intents: Intents;
  readonly clock: ClockGuard;
  readonly signers: DocumentSignerCache;
  readonly budget: BudgetPolicy;
  readonly reached: (point: SigningPoint) => void | Promise<void>;
  /** One at a time for one subject: what is asked twice at once is signed once. */
  readonly inTurn: <T>(subject: string, work: () => Promise<T>) => Promise<T>;
}

export function signingOf(deps: SigningDeps & { readonly budget?: BudgetPolicy }): Signing {
  const monotonic = deps.monotonic ?? (() => performance.now());
  const tokens = new LiveTokens(deps.tokens, monotonic, deps.onToken);
  const clock = new ClockGuard(() => ({ wall: deps.clock().getTime(), monotonic: monotonic() }));
  return {
    db: deps.db,
    tokens,
    clock,
    intents: new Intents(deps.db, clock, tokens),
    signers: new DocumentSignerCache(deps.db),
    budget: deps.budget ?? DEFAULT_BUDGET,
    reached: deps.reached ?? (() => undefined),
    inTurn: turns(),
  };
}

/** A document for any Document Signer: what is signed may depend on which one it is. */
export interface DocumentToSign {
  /** The card record. */
  readonly subject: string;
  /** SHA-256 of what the document says, whoever signs it. */
  readonly contentHash: Uint8Array;
  readonly fence?: number;
  /** Lints and builds it under this signer. Throws before anything is signed. */
  readonly prepare: (signer: DocumentSigner) => PreparedDocument;
  /** Must be true before the token is asked: the card's change of state. */
  readonly intended?: (trx: Trx) => Promise<void>;
  /** Follows from the product, in the outcome's transaction. */
  readonly signed?: (trx: Trx, product: Uint8Array) => Promise<void>;
}

export interface PreparedDocument {
  readonly digest: Uint8Array;
  readonly algorithm?: SignatureAlgorithm;
  /** Verifies the raw signature with the certificate's public key, in a library that did not make it, and builds the product. */
  readonly issue: (rawSignature: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

/** The core of the signer without chips and cards, for whoever measures or attacks it: one document in, its product out. */
export function signDocuments(deps: SigningDeps): (document: DocumentToSign) => Promise<Uint8Array> {
  const signing = signingOf(deps);
  return async (document) => (await signDocument(signing, document)).product;
}

/**
 * prepare → intent → sign → verify → outcome (invariants P2, P3, P5). A token that fails, or may have signed and does not say, costs the
 * intent a named end; another Document Signer takes the document then, with an intent of its own. A signature that the
 * certificate does not verify quarantines its key at once.
 * @throws SignerError TOKEN_UNAVAILABLE, DOCUMENT_SIGNER_EXHAUSTED, CLOCK_…; what `prepare`, `intended` and `signed` throw; StoreError
 */
export function signDocument(signing: Signing, document: DocumentToSign): Promise<SignedBefore & { readonly before: boolean }> {
  return signing.inTurn(document.subject, async () => {
    const tried = new Set<string>();
    let fault: unknown;
    for (;;) {
      const intent = await intendDocument(signing, document, { avoid: tried, fault });
      if ('product' in intent) return { product: intent.product, before: true };
      await signing.reached('intent-durable');
      const done = await signOnce(signing, document, intent);
      if ('product' in done) return { product: done.product, before: false };
      tried.add(intent.signer);
      fault = done.fault;
    }
  });
}

/** When no Document Signer is left because a token did not do its work, that is what is said: the next request may find it well again. */
async function intendDocument(
  { intents }: Signing,
  { subject, fence, contentHash, intended }: DocumentToSign,
  { avoid, fault }: { readonly avoid: ReadonlySet<string>; readonly fault: unknown },
): Promise<Intent | SignedBefore> {
  const wanted = { kind: 'security_object', subject, content: hex(contentHash), signer: { avoid }, together: intended } as const;
  try {
    return await intents.intend(fence === undefined ? wanted : { ...wanted, fence });
  } catch (error) {
    if (!isTokenFault(fault) || codeOf(error) !== 'DOCUMENT_SIGNER_EXHAUSTED') throw error;
    throw new SignerError('TOKEN_UNAVAILABLE', { detail: codeOf(fault), cause: fault });
  }
}

/** @returns the fault for which another Document Signer must take it; the intent has its end already */
async function signOnce(
  signing: Signing,
  document: DocumentToSign,
  intent: Intent,
): Promise<{ readonly product: Uint8Array } | { readonly fault: unknown }> {
  const end = (outcome: Outcome, together?: (trx: Trx) => Promise<void>): Promise<void> =>
    signing.intents.settle(intent, outcome, together);
  const failedAs = (code: string): Promise<void> => end({ result: 'failed', code });
  const { token: name, keyId, signer } = await orEnd(() => signing.signers.get(intent.signer), failedAs);
  const token = signing.tokens.named(name);
  if (token === undefined) {
    await failedAs('TOKEN_UNKNOWN');
    return { fault: undefined };
  }
  const prepared = await orEnd(() => document.prepare(signer), failedAs);
  let raw: Uint8Array;
  try {
    const { digest, algorithm } = prepared;
    raw = await token.signDocument({ certificate: signer.certificate.certificate, keyId }, digest, algorithm);
  } catch (error) {
    const unusable = isKeyFault(error);
    const outcome = { result: surelyNotSigned(error) ? 'failed' : 'doubt', code: codeOf(error) } as const;
    await end(outcome, unusable ? (trx) => quarantine(trx, intent.signer, codeOf(error)) : undefined);
    if (!isTokenFault(error)) throw error;
    if (!unusable) signing.tokens.failed(token, error);
    return { fault: error };
  }
  await signing.reached('signed');
  let product: Uint8Array;
  try {
    product = await prepared.issue(raw);
  } catch (error) {
    signing.tokens.rejected(token, intent.signer, error);
    await end({ result: 'doubt', code: codeOf(error) }, (trx) => quarantine(trx, intent.signer, codeOf(error)));
    return { fault: error };
  }
  signing.tokens.verified(token);
  await signing.reached('verified');
  const { signed } = document;
  await end({ result: 'signed', product }, signed === undefined ? undefined : (trx) => signed(trx, product));
  await signing.reached('outcome-durable');
  return { product };
}

async function orEnd<T>(work: () => T | Promise<T>, end: (code: string) => Promise<void>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await end(codeOf(error));
    throw error;
  }
}

/** Something that one named key signs: a manifest, a birth certificate, a CV certificate. */
export interface ToSign {
  readonly kind: Exclude<SignatureKind, 'security_object'>;
  readonly subject: string;
  readonly content: Uint8Array;
  /** What names the key: its certificate, or its public half where it has none yet. */
  readonly signer: Uint8Array;
  /** Makes the signature, and verifies it before it returns. */
  readonly sign: () => Promise<Uint8Array>;
  /** Follows from the product, in the outcome's transaction. */
  readonly signed?: (trx: Trx, product: Uint8Array) => Promise<void>;
}

/** Intent, signature, outcome for everything that is not a document. What was signed before is handed out again. */
export function signed(signing: Signing, what: ToSign): Promise<Uint8Array> {
  return signing.inTurn(`${what.kind}/${what.subject}`, async () => {
    await signing.reached('prepared');
    const { kind, subject } = what;
    const intent = await signing.intents.intend({ kind, subject, content: hex(sha256(what.content)), signer: hex(sha256(what.signer)) });
    if ('product' in intent) return intent.product;
    await signing.reached('intent-durable');
    let product: Uint8Array;
    try {
      product = await what.sign();
    } catch (error) {
      await signing.intents.settle(intent, { result: surelyNotSigned(error) ? 'failed' : 'doubt', code: codeOf(error) });
      throw error;
    }
    await signing.reached('verified');
    const { signed: then } = what;
    await signing.intents.settle(intent, { result: 'signed', product }, then === undefined ? undefined : (trx) => then(trx, product));
    await signing.reached('outcome-durable');
    return product;
  });
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNEXPECTED';
}

function turns(): Signing['inTurn'] {
  const last = new Map<string, Promise<unknown>>();
  return async (subject, work) => {
    const before = last.get(subject);
    const own = (async () => {
      // Whoever was before has his own error.
      await before?.catch(() => undefined);
      return work();
    })();
    last.set(subject, own);
    try {
      return await own;
    } finally {
      if (last.get(subject) === own) last.delete(subject);
    }
  };
}
