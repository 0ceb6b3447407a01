import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { approve, assertApproved } from './approval.ts';
import { custodianOf, newCustodian, openCustodian, readCustodianFile, withShare } from './custodian.ts';
import { dealShares } from './shares.ts';

const random = (length: number) => Uint8Array.from(randomBytes(length));
const passphrase = (text = 'correct horse battery') => new Secret(utf8(text));
const make = (id: string) => newCustodian({ id, name: `Nguyễn ${id}` }, passphrase(), { random, cost: 1024 });

async function furnished() {
  const [share] = await dealShares(new Secret(utf8('a pin')), { needed: 2, of: 3, set: random(16) });
  if (share === undefined) throw new Error('three shares were dealt');
  return { share, file: withShare(make('an'), passphrase(), share, random) };
}

describe('a custodian’s file', () => {
  test('opened with the passphrase, it approves in this person’s name and gives the share', async () => {
    const { share, file } = await furnished();
    const an = openCustodian(readCustodianFile(JSON.stringify(file), 'an.json'), passphrase());
    expect(an.share?.bytes.reveal()).toEqual(share.bytes.reveal());
    expect(an.share).toMatchObject({ set: share.set, needed: 2 });
    const binh = openCustodian(make('binh'), passphrase());
    expect(binh.share).toBeUndefined();
    const content = { kind: 'ceremony', content: utf8('file') };
    const custodians = [custodianOf(file), binh];
    expect(
      assertApproved(
        content,
        [an, binh].map((each) => approve(each, content)),
        { custodians, needed: 2 },
      ),
    ).toHaveLength(2);
  });

  test('holds neither the share nor the private key in clear, and prints none of them', async () => {
    const { share, file } = await furnished();
    const an = openCustodian(file, passphrase());
    for (const secret of [share.bytes, an.privateKey]) {
      expect(JSON.stringify(file)).not.toContain(Buffer.from(secret.reveal()).toString('hex').toUpperCase());
      expect(JSON.stringify(an)).not.toContain(Buffer.from(secret.reveal()).toString('hex').toUpperCase());
    }
  });

  test('T: another passphrase', async () => {
    const { file } = await furnished();
    expect(() => openCustodian(file, passphrase('correct horse batterz'))).toThrow(/CUSTODIAN_PASSPHRASE_WRONG/);
    expect(() =>
      withShare(file, passphrase('another passphrase'), { set: random(16), needed: 2, bytes: new Secret(random(9)) }, random),
    ).toThrow(/CUSTODIAN_PASSPHRASE_WRONG/);
  });

  test('T: any readable or sealed part changed, or two people’s parts exchanged', async () => {
    const { file } = await furnished();
    const other = make('binh');
    const share = file.share ?? expect.fail('a share was sealed');
    for (const changed of [
      { ...file, id: 'anh' },
      { ...file, name: 'Somebody else' },
      { ...file, publicKey: other.publicKey },
      { ...file, privateKey: other.privateKey },
      { ...file, scrypt: { ...file.scrypt, salt: other.scrypt.salt } },
      { ...file, share: { ...share, needed: 3 } },
      { ...file, share: { ...share, set: '00'.repeat(16) } },
      { ...file, share: { ...share, ...file.privateKey } },
    ]) {
      expect(() => openCustodian(changed, passphrase())).toThrow(/CUSTODIAN_PASSPHRASE_WRONG/);
    }
  });

  test('bad input: whatever is not such a file, and a cost that would take the machine', () => {
    const file = make('an');
    for (const bad of [
      '',
      '{',
      'null',
      '[]',
      JSON.stringify({ ...file, more: 1 }),
      JSON.stringify({ ...file, id: '../etc' }),
      JSON.stringify({ ...file, publicKey: 'AB' }),
      JSON.stringify({ ...file, scrypt: { ...file.scrypt, cost: 2 ** 30 } }),
      JSON.stringify({ ...file, scrypt: { ...file.scrypt, cost: 1025 } }),
      JSON.stringify({ ...file, scrypt: { ...file.scrypt, cost: 0 } }),
    ]) {
      expect(() => readCustodianFile(bad, 'bad.json')).toThrow(/CUSTODIAN_MALFORMED.*bad\.json/);
    }
  });

  test('a passphrase that is too short to be one, an identifier that is none', () => {
    expect(() => newCustodian({ id: 'an', name: 'An' }, passphrase('short'), { random, cost: 1024 })).toThrow(/CUSTODIAN_PASSPHRASE_SHORT/);
    expect(() => make('An B')).toThrow(/CUSTODIAN_MALFORMED/);
  });
});
