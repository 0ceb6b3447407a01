import { createHash, generateKeyPairSync, verify, createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { concat, Secret, utf8 } from '#encoder/bytes';
import { approvalDigest, approvalText, approve, assertApproved, readApproval, type Custodian } from './approval.ts';

function person(id: string): Custodian & { readonly privateKey: Secret } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    id,
    name: `Custodian ${id}`,
    publicKey: Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })),
    privateKey: new Secret(Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }))),
  };
}

const [an, binh, chi] = [person('an'), person('binh'), person('chi')];
const CONTENT = { kind: 'ceremony', content: utf8('{"id":"first"}') };
const quorum = { custodians: [an, binh, chi], needed: 2 };

describe('an approval', () => {
  test('is an Ed25519 signature over the digest of the contract, which node:crypto verifies', () => {
    const { signature } = approve(an, CONTENT);
    const inner = createHash('sha256').update(CONTENT.content).digest();
    const digest = createHash('sha256')
      .update(concat(utf8('cardmint/approval/1'), Uint8Array.of(0), utf8('ceremony'), Uint8Array.of(0), inner))
      .digest();
    const key = createPublicKey({ key: Buffer.from(an.publicKey), format: 'der', type: 'spki' });
    expect(verify(null, digest, key, signature)).toBe(true);
    expect(Buffer.from(approvalDigest(CONTENT))).toEqual(digest);
  });

  test('of as many people as are needed, and of more, is enough; they are named', () => {
    expect(assertApproved(CONTENT, [approve(an, CONTENT), approve(chi, CONTENT)], quorum).map(({ id }) => id)).toEqual(['an', 'chi']);
    expect(
      assertApproved(
        CONTENT,
        [an, binh, chi].map((each) => approve(each, CONTENT)),
        quorum,
      ),
    ).toHaveLength(3);
  });

  test('T: fewer than needed', () => {
    expect(() => assertApproved(CONTENT, [approve(an, CONTENT)], quorum)).toThrow(/APPROVAL_TOO_FEW.*1 of 2/);
    expect(() => assertApproved(CONTENT, [], quorum)).toThrow(/APPROVAL_TOO_FEW/);
    expect(() => assertApproved(CONTENT, [approve(an, CONTENT), approve(binh, CONTENT)], { ...quorum, needed: 3 })).toThrow(
      /APPROVAL_TOO_FEW/,
    );
  });

  test.each([0, 1, Number.NaN, -1])('a quorum of %s is still not met by one person', (needed) => {
    expect(() => assertApproved(CONTENT, [approve(an, CONTENT)], { ...quorum, needed })).toThrow(/APPROVAL_TOO_FEW/);
  });

  test('T: the same person twice, also under a second identifier with the same key', () => {
    expect(() => assertApproved(CONTENT, [approve(an, CONTENT), approve(an, CONTENT)], quorum)).toThrow(/APPROVAL_SAME_PERSON_TWICE/);
    const alias = { ...an, id: 'an-2' };
    const custodians = [an, alias, binh];
    expect(() => assertApproved(CONTENT, [approve(an, CONTENT), approve(alias, CONTENT)], { custodians, needed: 2 })).toThrow(
      /APPROVAL_SAME_PERSON_TWICE/,
    );
  });

  test('T: somebody who is not named', () => {
    expect(() => assertApproved(CONTENT, [approve(an, CONTENT), approve(person('eve'), CONTENT)], quorum)).toThrow(
      /APPROVAL_PERSON_UNKNOWN/,
    );
  });

  test('T: content changed by one byte, another kind, or signed by another in this name', () => {
    const approvals = [an, binh].map((each) => approve(each, CONTENT));
    for (let at = 0; at < CONTENT.content.length; at += 1) {
      const content = Uint8Array.from(CONTENT.content);
      content[at] = (content[at] ?? 0) ^ 1;
      expect(() => assertApproved({ ...CONTENT, content }, approvals, quorum)).toThrow(/APPROVAL_SIGNATURE_INVALID/);
    }
    expect(() => assertApproved({ ...CONTENT, kind: 'kcv' }, approvals, quorum)).toThrow(/APPROVAL_SIGNATURE_INVALID/);
    const forged = approve({ ...person('binh') }, CONTENT);
    expect(() => assertApproved(CONTENT, [approve(an, CONTENT), forged], quorum)).toThrow(/APPROVAL_SIGNATURE_INVALID/);
  });

  test('T: one bad approval beside enough good ones is not overlooked', () => {
    const bad = { person: 'chi', signature: new Uint8Array(64) };
    expect(() => assertApproved(CONTENT, [approve(an, CONTENT), approve(binh, CONTENT), bad], quorum)).toThrow(
      /APPROVAL_SIGNATURE_INVALID/,
    );
    expect(() => assertApproved(CONTENT, [approve(an, CONTENT), { person: 'chi', signature: new Uint8Array(3) }], quorum)).toThrow(
      /APPROVAL_SIGNATURE_INVALID/,
    );
  });

  test('a key that is not Ed25519 approves nothing', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }));
    const custodians = [an, { ...binh, publicKey: spki }];
    expect(() => assertApproved(CONTENT, [approve(an, CONTENT), approve(binh, CONTENT)], { custodians, needed: 2 })).toThrow(
      /APPROVAL_SIGNATURE_INVALID/,
    );
  });

  test('as text and back; whatever else is refused', () => {
    const approval = approve(an, CONTENT);
    expect(readApproval(JSON.parse(JSON.stringify(approvalText(approval))))).toEqual(approval);
    for (const bad of [null, 1, {}, { person: 'an' }, { person: 'an', signature: 'AB' }, { person: '../an', signature: 'AB'.repeat(64) }]) {
      expect(() => readApproval(bad)).toThrow(/APPROVAL_MALFORMED/);
    }
  });
});
