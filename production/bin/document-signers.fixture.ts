/** For tests only: tokens with Document Signers of a throw-away CSCA, admitted to a store, and documents for them. */
import { createHash } from 'node:crypto';
import { Secret, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { verifyEcdsaRaw } from '#pki/ec';
import type { Hsm } from '#pki/hsm';
import { admitFromCeremony, type BudgetPolicy, type DocumentToSign, type NewDocumentSigner, type SignerToken } from '#production/signer';
import type { Db } from '#production/store';
import { rehearsalToken } from './rehearsal-token.ts';
import { SIGNER_CURVE, throwawayAuthority, type ThrowawayAuthority } from './throwaway-authority.ts';

export interface TestToken {
  readonly hsm: SoftwareHsm;
  readonly token: SignerToken;
  readonly signers: readonly NewDocumentSigner[];
}

export interface TestTokens {
  readonly authority: ThrowawayAuthority;
  readonly tokens: readonly TestToken[];
}

const PIN = new Secret(utf8('12345678'));

/** Tokens `a`, `b` …, each with so many Document Signers. `over` stands in for a token's Hsm: one that lies. Certified `since`, for 90 days. */
export async function testTokens(
  signersOfEach: readonly number[],
  over: (hsm: SoftwareHsm, index: number) => Hsm = (hsm) => hsm,
  since = new Date(Date.now() - 5000),
): Promise<TestTokens> {
  const authority = await throwawayAuthority(since);
  let number = 0;
  const tokens: TestToken[] = [];
  for (const [index, count] of signersOfEach.entries()) {
    const hsm = await openHsm();
    const name = String.fromCharCode(0x61 + index);
    const signers: NewDocumentSigner[] = [];
    for (let made = 0; made < count; made += 1) {
      const key = await hsm.generateEcKey({ label: `document-signer-${name}-${made}`, curve: SIGNER_CURVE, purpose: 'sign' });
      const certificate = await authority.certify(key.point, (number += 1));
      signers.push({ token: name, keyId: key.keyId, certificate, counter: await hsm.signaturesOf(key) });
    }
    tokens.push({ hsm, token: rehearsalToken(name, over(hsm, index)), signers });
  }
  return { authority, tokens };
}

export async function admitAll(db: Db, tokens: readonly TestToken[], budget: BudgetPolicy): Promise<void> {
  for (const { signers } of tokens) for (const signer of signers) await admitFromCeremony(db, [signer], budget);
}

/** A document that says nothing but its name; its product is the raw signature. */
export function testDocument(name: string, changes: Partial<DocumentToSign> = {}): DocumentToSign {
  const content = utf8(`document ${name}`);
  const digest = Uint8Array.from(createHash('sha256').update(content).digest());
  return {
    subject: name,
    contentHash: digest,
    prepare: ({ certificate }) => ({
      digest,
      issue: (raw) => {
        if (!verifyEcdsaRaw('sha256', content, certificate.publicKey, raw))
          throw Object.assign(new Error('wrong'), { code: 'SIGNATURE_REJECTED' });
        return raw;
      },
    }),
    ...changes,
  };
}

async function openHsm(): Promise<SoftwareHsm> {
  const hsm = new SoftwareHsm({ pin: PIN });
  await hsm.open(PIN);
  return hsm;
}
