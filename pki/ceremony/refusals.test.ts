import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '#encoder/bytes';
import { LyingHsm, type Lie } from '#hsm-mocks';
import { wrapForToken } from '#pki/hsm';
import { disguised } from '#pki/testing';
import { approve } from './approval.ts';
import type { PresentCustodian } from './custodian.ts';
import { resultOf } from './ceremony-result.ts';
import { parseMinutes } from './minutes.ts';
import { ceremonyApprovable } from './file-approval.ts';
import {
  approvedBy,
  AUTHORITY_PIN,
  fileOf,
  kcvBy,
  MASTER,
  MemoryJournal,
  people,
  rehearse,
  SMALL_STEPS,
  softwareTokens,
  type SoftwareTokens,
} from './testing.ts';

/** CSCA and CVCA only: no RSA key is waited for. */
const SHORT = SMALL_STEPS.filter(({ step }) => step === 'make-csca' || step === 'make-cvca');

let everybody: readonly PresentCustodian[];
let room: readonly PresentCustodian[];
let file: Uint8Array;
let tokens: SoftwareTokens;
let journal: MemoryJournal;
beforeAll(async () => {
  everybody = await people(2, 3);
  room = everybody.slice(0, 2);
  file = fileOf(everybody, 2, SHORT);
});
beforeEach(async () => {
  tokens = await softwareTokens();
  journal = new MemoryJournal();
});
const run = (changes?: Parameters<typeof rehearse>[4], of = file) => rehearse(of, room, { ...tokens }, journal, changes);
const [an, binh, chi] = [() => person(0), () => person(1), () => person(2)];
function person(index: number): PresentCustodian {
  return everybody[index] ?? expect.fail(`person ${index}`);
}
async function nothingHappened(): Promise<void> {
  expect(journal.text).toBeUndefined();
  await expect(tokens.authority.list()).rejects.toMatchObject({ code: 'HSM_NOT_OPEN' });
  expect(await tokens.a.list()).toEqual([]);
}

describe('m of n people', () => {
  test.each([
    [2, 2],
    [2, 3],
    [2, 5],
    [3, 3],
    [3, 5],
    [4, 7],
    [5, 5],
  ])('%i of %i: exactly as many as are needed do it, one fewer does not', async (needed, of) => {
    const all = await people(needed, of);
    const named = fileOf(all, needed, SHORT);
    const enough = all.slice(of - needed);
    const fewer = enough.slice(1);
    await expect(rehearse(named, fewer, { ...tokens }, journal)).rejects.toMatchObject({ code: 'APPROVAL_TOO_FEW' });
    await expect(rehearse(named, fewer, { ...tokens }, journal, { approvals: approvedBy(enough, named) })).rejects.toMatchObject({
      code: 'CEREMONY_PEOPLE_ABSENT',
    });
    await nothingHappened();
    await rehearse(named, enough, { ...tokens }, journal);
  });

  test('T: the same person twice, in approving or in the room', async () => {
    await expect(run({ approvals: approvedBy([an(), an()], file) })).rejects.toMatchObject({ code: 'APPROVAL_SAME_PERSON_TWICE' });
    await expect(run({ present: [an(), an()] })).rejects.toMatchObject({ code: 'APPROVAL_SAME_PERSON_TWICE' });
    await nothingHappened();
  });

  test('T: somebody in the room who has not approved, or is not named, or says to be another', async () => {
    await expect(run({ present: [an(), chi()] })).rejects.toMatchObject({ code: 'CEREMONY_PEOPLE_ABSENT', where: 'person-3' });
    await expect(run({ present: [an(), { ...binh(), id: 'eve' }] })).rejects.toMatchObject({ code: 'APPROVAL_PERSON_UNKNOWN' });
    await expect(run({ present: [an(), { ...binh(), privateKey: chi().privateKey }] })).rejects.toMatchObject({
      code: 'APPROVAL_SIGNATURE_INVALID',
    });
    await expect(run({ approvals: [...approvedBy(room, file), ...approvedBy([{ ...chi(), id: 'eve' }], file)] })).rejects.toMatchObject({
      code: 'APPROVAL_PERSON_UNKNOWN',
    });
    await nothingHappened();
  });

  test('T: an approval of something else than a ceremony', async () => {
    const approvals = room.map((each) => approve(each, { ...ceremonyApprovable(file), kind: 'minutes' }));
    await expect(run({ approvals })).rejects.toMatchObject({ code: 'APPROVAL_SIGNATURE_INVALID' });
  });
});

describe('the authority’s token', () => {
  test('T: a share of another dealing: the token is not asked with a wrong PIN', async () => {
    const [stranger] = await people(2, 3);
    const share = stranger?.share ?? expect.fail('a share');
    await expect(run({ present: [an(), { ...binh(), share }] })).rejects.toMatchObject({ code: 'SHARES_FOREIGN' });
    const wrongSet = { ...share, set: an().share?.set ?? expect.fail('a share') };
    await expect(run({ present: [an(), { ...binh(), share: wrongSet }] })).rejects.toMatchObject({ code: 'SHARES_FOREIGN' });
    await expect(run({ present: [an(), { ...binh(), share: an().share ?? share }] })).rejects.toMatchObject({ code: 'SHARES_FOREIGN' });
    // It would refuse the right PIN too, had it been asked with a wrong one.
    await run();
  });

  test('T: people without shares', async () => {
    const { share: _, ...without } = binh();
    await expect(run({ present: [an(), without] })).rejects.toMatchObject({ code: 'SHARES_TOO_FEW' });
  });

  test('T: a token that is open before the quorum is there, or whose PIN fewer people hold than the file asks for', async () => {
    await tokens.authority.open(AUTHORITY_PIN);
    await expect(run()).rejects.toMatchObject({ code: 'CEREMONY_AUTHORITY_UNGUARDED' });
    await tokens.authority.close();
    journal.text = undefined;
    const strict = fileOf(everybody, 3, SHORT);
    await expect(rehearse(strict, everybody, { ...tokens }, journal)).rejects.toMatchObject({ code: 'CEREMONY_AUTHORITY_UNGUARDED' });
  });

  test('is closed again when a step fails', async () => {
    const lying = new LyingHsm(tokens.authority, ['wrong-signature']);
    await expect(rehearse(file, room, { ...tokens, authority: lying }, journal)).rejects.toMatchObject({
      code: 'CERTIFICATE_SIGNATURE_REJECTED',
    });
    await expect(tokens.authority.list()).rejects.toMatchObject({ code: 'HSM_NOT_OPEN' });
    const intent = (journal.text ?? '').split('\n').find((line) => line.includes('signature-intent'));
    expect((await run()).map((minute) => JSON.stringify(minute))).toContain(intent);
  });

  test('is asked again once when it lost its session, and not a second time', async () => {
    const losing = (times: number) =>
      new LyingHsm(
        tokens.authority,
        Array.from({ length: times }, (): Lie => 'HSM_SESSION_LOST'),
      );
    await expect(rehearse(file, room, { ...tokens, authority: losing(2) }, journal)).rejects.toMatchObject({ code: 'HSM_SESSION_LOST' });
    await rehearse(file, room, { ...tokens, authority: losing(1) }, journal);
  });
});

describe('the file', () => {
  test('T: changed by one byte after it was approved, wherever: refused', async () => {
    const approvals = approvedBy(room, file);
    for (let at = 0; at < file.length; at += 7) {
      const changed = Uint8Array.from(file);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      const outcome = await run({ approvals }, changed).then(
        () => 'was run',
        (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
      );
      expect(`${at} ${outcome}`).toMatch(/(CEREMONY_FILE_INVALID|APPROVAL_SIGNATURE_INVALID|APPROVAL_PERSON_UNKNOWN)$/);
    }
    await nothingHappened();
  });

  test('T: another file under the identifier of one that was begun, approved or not', async () => {
    await run();
    const other = fileOf(everybody, 2, SHORT.slice(0, 1));
    await expect(run({}, other)).rejects.toMatchObject({ code: 'CEREMONY_PLAN_CHANGED' });
  });

  test('a token that it needs is not there: nothing is begun', async () => {
    await expect(rehearse(file, room, { a: tokens.a }, journal)).rejects.toMatchObject({
      code: 'CEREMONY_TOKEN_ABSENT',
      where: 'authority',
    });
    await nothingHappened();
  });

  test('a second CSCA where one stands', async () => {
    await run();
    const second = fileOf(everybody, 2, SHORT.slice(0, 1), 'second');
    await expect(run({}, second)).rejects.toMatchObject({ code: 'CEREMONY_STEP_REFUSED' });
  });

  test('a ceremony that is under way is finished before another is begun', async () => {
    journal.killAt = { save: 4, durable: true };
    await expect(run()).rejects.toThrow('killed');
    const second = fileOf(everybody, 2, SHORT, 'second');
    await expect(run({}, second)).rejects.toMatchObject({ code: 'CEREMONY_UNFINISHED', where: 'test' });
    expect(() => resultOf(parseMinutes(journal.text ?? '', 'rehearsal'))).toThrow(/CEREMONY_UNFINISHED/);
  });

  test('T: new people alone cannot follow the old ones: both approve', async () => {
    await run();
    const strangers = (await people(2, 2)).map((each, index) => ({ ...each, id: `new-${index}` }));
    const theirs = fileOf(strangers, 2, [{ step: 'issue-crl', id: 'crl', days: 90, revoked: [] }], 'take-over');
    const withShares = strangers.map((each, index) => ({ ...each, share: person(index).share ?? expect.fail('a share') }));
    await expect(rehearse(theirs, withShares, { ...tokens }, journal)).rejects.toMatchObject({ code: 'APPROVAL_TOO_FEW' });
    await rehearse(theirs, withShares, { ...tokens }, journal, { approvals: approvedBy([...withShares, ...room], theirs) });
  });
});

describe('the shared keys', () => {
  const shared = () => fileOf(everybody, 2);
  const full = (changes: Parameters<typeof rehearse>[4]) => rehearse(shared(), room, { ...tokens }, journal, changes);

  test('T: another key from the maker than the one on the paper', async () => {
    const other = new Secret(new Uint8Array(16).fill(9));
    await expect(full({ wrappedKeys: ({ publicKey }) => Promise.resolve(wrapForToken(publicKey, other)) })).rejects.toMatchObject({
      code: 'CEREMONY_KCV_MISMATCH',
    });
    // What was brought is not a key of the plant: the next run destroys it, and takes the right one.
    await full({});
    expect(journal.text).toContain('orphan-destroyed');
  });

  test('T: two tokens with two keys', async () => {
    const other = new Secret(new Uint8Array(16).fill(9));
    const wrappedKeys = ({ token, publicKey }: { readonly token: string; readonly publicKey: Uint8Array }) =>
      Promise.resolve(wrapForToken(publicKey, token === 'a' ? MASTER : other));
    await expect(full({ wrappedKeys })).rejects.toMatchObject({ code: 'CEREMONY_KCV_MISMATCH', where: 'transport-master b' });
  });

  test('T: a check value that one person confirmed, or that two people read otherwise', async () => {
    await expect(full({ kcvApprovals: kcvBy([an()]) })).rejects.toMatchObject({ code: 'APPROVAL_TOO_FEW' });
    await expect(full({ kcvApprovals: kcvBy([an(), an()]) })).rejects.toMatchObject({ code: 'APPROVAL_SAME_PERSON_TWICE' });
    await expect(full({ kcvApprovals: kcvBy(room, '000000') })).rejects.toMatchObject({ code: 'APPROVAL_SIGNATURE_INVALID' });
    await expect(full({ kcvApprovals: [] })).rejects.toMatchObject({ code: 'APPROVAL_TOO_FEW' });
    await full({});
  });

  test('what has not come back from the maker is awaited, and the ceremony goes on with it later', async () => {
    const asked: string[] = [];
    const nothing = ({ token }: { readonly token: string }) => {
      asked.push(token);
      return Promise.resolve(undefined);
    };
    await expect(full({ wrappedKeys: nothing })).rejects.toMatchObject({
      code: 'CEREMONY_WRAPPED_KEY_AWAITED',
      where: 'transport-master a b',
    });
    expect(asked).toEqual(['a', 'b']);
    await full({});
  });
});

describe('a rehearsal', () => {
  test('T: its minutes are not a plant’s, nor can a plant’s ceremony go on with them', async () => {
    await run();
    const real = { authority: disguised(tokens.authority), a: disguised(tokens.a), b: disguised(tokens.b) };
    const approvals = room.map((each) => approve(each, ceremonyApprovable(file)));
    await expect(rehearse(file, room, real, journal, { mode: 'production', approvals })).rejects.toMatchObject({
      code: 'CEREMONY_REHEARSAL',
    });
    expect(journal.text).toContain('REHEARSAL');
  });

  test('T: it touches no real token, and a real ceremony none in software', async () => {
    const real = { ...tokens, authority: disguised(tokens.authority) };
    await expect(rehearse(file, room, real, journal)).rejects.toMatchObject({ code: 'CEREMONY_TOKEN_REFUSED', where: 'authority' });
    journal.text = undefined;
    await expect(run({ mode: 'production' })).rejects.toMatchObject({ code: 'APPROVAL_SIGNATURE_INVALID' });
    const approvals = room.map((each) => approve(each, ceremonyApprovable(file)));
    await expect(run({ mode: 'production', approvals })).rejects.toMatchObject({ code: 'CEREMONY_TOKEN_REFUSED' });
    await expect(tokens.authority.list()).rejects.toMatchObject({ code: 'HSM_NOT_OPEN' });
  });
});

describe('tokens and minutes that do not fit', () => {
  /** What is done in the authority's token while no ceremony has it open. */
  async function inAuthority<T>(act: (hsm: SoftwareTokens['authority']) => Promise<T>): Promise<T> {
    await tokens.authority.open(AUTHORITY_PIN);
    try {
      return await act(tokens.authority);
    } finally {
      await tokens.authority.close();
    }
  }
  /** A ceremony that was cut short after its CSCA was made; its key's label and identifier. */
  async function cutShort() {
    journal.killAt = { save: 5, durable: true };
    await expect(run()).rejects.toThrow('killed');
    journal.killAt = undefined;
    return inAuthority(async (hsm) => (await hsm.list())[0] ?? expect.fail('a key'));
  }

  test('T: keys of this ceremony without its minutes: nothing is destroyed', async () => {
    await run();
    const before = await inAuthority((hsm) => hsm.list());
    journal.text = undefined;
    await expect(run()).rejects.toMatchObject({ code: 'CEREMONY_MINUTES_MISSING' });
    expect(await inAuthority((hsm) => hsm.list())).toEqual(before);
  });

  test('T: a second key with the label of a known one', async () => {
    const { label } = await cutShort();
    await inAuthority((hsm) => hsm.generateEcKey({ label, curve: 'P-256', purpose: 'sign' }));
    await expect(run()).rejects.toMatchObject({ code: 'CEREMONY_TOKEN_UNEXPECTED' });
  });

  test('T: a key of an interrupted ceremony is gone from its token', async () => {
    const { keyId } = await cutShort();
    await inAuthority((hsm) => hsm.destroy(keyId));
    await expect(run()).rejects.toMatchObject({ code: 'HSM_KEY_NOT_FOUND' });
  });

  test('T: minutes of an earlier day: the keys that they do not know are not destroyed', async () => {
    await run();
    const before = await inAuthority((hsm) => hsm.list());
    journal.text = (journal.text ?? '').split('\n').slice(0, 3).join('\n');
    await expect(run()).rejects.toMatchObject({ code: 'CEREMONY_TOKEN_UNEXPECTED' });
    expect(await inAuthority((hsm) => hsm.list())).toEqual(before);
  });
});
