import { createHash } from 'node:crypto';
import type { Db } from '#production/store';
import { intend, settle, signedBefore, type SignatureKind } from './intents.ts';
import type { SignerToken } from './token.ts';

export interface SignerDeps {
  readonly db: Db;
  readonly token: SignerToken;
  readonly clock: () => Date;
}

/** Intent, signature, outcome for everything that is not a security object. */
export async function signed(
  deps: SignerDeps,
  what: {
    readonly kind: Exclude<SignatureKind, 'security_object'>;
    readonly subject: string;
    readonly content: Uint8Array;
    readonly certificate: Uint8Array;
  },
  sign: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const intent = { kind: what.kind, subject: what.subject, contentHash: sha256(what.content), signerHash: sha256(what.certificate) };
  const before = await signedBefore(deps.db, intent);
  if (before !== null) return before;
  const intentId = await intend(deps.db, intent);
  try {
    const product = await sign();
    await settle(deps.db, intentId, { product });
    return (await signedBefore(deps.db, intent)) ?? product;
  } catch (error) {
    await settle(deps.db, intentId, { code: codeOf(error) });
    throw error;
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNEXPECTED';
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest());
}
