import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '#encoder/bytes';
import { cardAccess, citizenOf, dg1, dg13, dg14, dg15, dg2, efCom } from '#encoder/lds';
import { MrzError } from '#encoder/mrz';
import { vector } from '#test-vectors';
import { buildDataGroups, cccd2021, dg13Citizen, dg13Grammar, ProfileError, type CitizenRecord } from './index.ts';
import { chipKeys, specimenRecord } from './specimen.fixture.ts';

const chipId = '0123456789ABCDEF';
const keys = chipKeys();
let record: CitizenRecord;

beforeAll(async () => {
  record = await specimenRecord();
});

const build = (changes: Partial<Parameters<typeof buildDataGroups>[0]> = {}) =>
  buildDataGroups({ profile: cccd2021, record, chipId, ...keys, cvcaReferences: ['VNCVCA00001'], ...changes });
const dataGroup = (number: number, changes?: Parameters<typeof build>[0]) => {
  const bytes = build(changes).dataGroups.get(number);
  if (bytes === undefined) throw new Error(`no DG${number}`);
  return bytes;
};

describe('the files of one card', () => {
  test('are those of the profile, in writing order, without EF.SOD', () => {
    const { files, dataGroups } = build();
    expect([...files.keys()]).toEqual(cccd2021.files.slice(0, -1));
    expect([...dataGroups.keys()]).toEqual([1, 2, 3, 13, 14, 15]);
    expect(dataGroups.get(13)).toBe(files.get('EF.DG13'));
  });

  test('are the same bytes for the same input', () => {
    const [first, second] = [build(), build()].map(({ files }) => Array.from(files, ([name, bytes]) => [name, toHex(bytes)]));
    expect(first).toEqual(second);
  });

  test('EF.COM lists DG1, 2, 3, 13, 15, 14 in the Vietnamese order', () => {
    expect(efCom.decode(build().files.get('EF.COM') ?? new Uint8Array()).dataGroups).toEqual([1, 2, 3, 13, 15, 14]);
  });

  test('DG1 has 95 bytes and the lines of facts §3', () => {
    expect(dataGroup(1)).toHaveLength(95);
    expect(dg1.decode(dataGroup(1)).lines).toEqual(vector('mrz', 'mrz.vietnam.dao').texts('linesText'));
  });

  test('DG2 holds the portrait byte for byte at offset 84', () => {
    expect(toHex(dataGroup(2).subarray(84))).toBe(toHex(record.portrait));
    expect(dg2.decode(dataGroup(2)).faces[0]?.record.images[0]).toMatchObject({ width: 480, height: 640, colourSpace: 1 });
  });

  test('DG13 is the worked example of facts §2.1, byte for byte', () => {
    expect(toHex(dataGroup(13))).toBe(toHex(vector('lds', 'lds.dg13.synthetic').bytes('file')));
  });

  test('DG13 is read back as the words of the card', () => {
    const strange = { ...record, father: null, spouses: ['Lê Văn Cường'], oldIdentityNumber: null, dateOfExpiry: null };
    const read = citizenOf(dg13Grammar(cccd2021), dg13.decode(dataGroup(13, { record: strange })));
    expect(read).toEqual(dg13Citizen(cccd2021, strange, chipId));
    expect(read).toMatchObject({ father: null, mother: 'Trần Thị Bình', dateOfExpiry: 'Không thời hạn', oldIdentityNumber: null });
  });

  test('DG14 repeats EF.CardAccess and adds the key of Chip Authentication with explicit parameters (9303-11 §9.2.11, §9.5.2)', () => {
    const announced = cardAccess.decode(build().files.get('EF.CardAccess') ?? new Uint8Array()).securityInfos;
    expect(announced.map(({ kind }) => kind)).toEqual(['TerminalAuthenticationInfo', 'ChipAuthenticationInfo', 'PACEInfo']);
    const { securityInfos } = dg14.decode(dataGroup(14));
    expect(securityInfos).toEqual([...announced, expect.objectContaining({ kind: 'ChipAuthenticationPublicKeyInfo' })]);
    const key = securityInfos.at(-1);
    if (key?.kind !== 'ChipAuthenticationPublicKeyInfo') throw new Error('no key');
    expect(key.subjectPublicKeyInfo).toHaveLength(311);
    const point = (spki: Uint8Array) => toHex(spki).slice(-130);
    expect(point(key.subjectPublicKeyInfo)).toBe(point(keys.chipAuthenticationKey));
    expect(createPublicKey({ key: Buffer.from(key.subjectPublicKeyInfo), format: 'der', type: 'spki' }).asymmetricKeyType).toBe('ec');
  });

  test('DG14 is the same for a key that came with named or with explicit parameters', () => {
    const explicit = dg14
      .decode(dataGroup(14))
      .securityInfos.flatMap((info) => (info.kind === 'ChipAuthenticationPublicKeyInfo' ? [info.subjectPublicKeyInfo] : []));
    const [chipAuthenticationKey = new Uint8Array()] = explicit;
    expect(toHex(dataGroup(14, { chipAuthenticationKey }))).toBe(toHex(dataGroup(14)));
  });

  test('DG15 has 298 bytes around the key of the chip', () => {
    expect(dataGroup(15)).toHaveLength(298);
    expect(dg15.decode(dataGroup(15)).subjectPublicKeyInfo).toEqual(keys.activeAuthenticationKey);
  });

  test('only what belongs to a chip changes with the chip', () => {
    const other = build({ chipId: 'FEDCBA9876543210', ...chipKeys() });
    const same = Array.from(build().files).filter(([name, bytes]) => toHex(bytes) === toHex(other.files.get(name) ?? new Uint8Array()));
    expect(same.map(([name]) => name)).toEqual(['EF.CardAccess', 'EF.COM', 'EF.DG1', 'EF.DG2', 'EF.DG3', 'EF.CVCA']);
  });
});

describe('what does not go together is refused', () => {
  const spki = (type: 'rsa-1024' | 'p256' | 'ed25519') => {
    const pair =
      type === 'rsa-1024'
        ? generateKeyPairSync('rsa', { modulusLength: 1024 })
        : type === 'p256'
          ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
          : generateKeyPairSync('ed25519');
    return Uint8Array.from(pair.publicKey.export({ type: 'spki', format: 'der' }));
  };

  test.each(['0123456789abcdef', '0123456789ABCDE', '0123456789ABCDEFG', ''])('the chip id %j', (id) => {
    expect(() => build({ chipId: id })).toThrow(expect.objectContaining({ code: 'CHIP_ID_FORMAT' }) as Error);
  });

  test('a key of another kind, size or curve, and bytes that are none', () => {
    for (const activeAuthenticationKey of [
      spki('rsa-1024'),
      spki('p256'),
      spki('ed25519'),
      new Uint8Array(),
      keys.activeAuthenticationKey.subarray(1),
    ]) {
      expect(() => build({ activeAuthenticationKey })).toThrow(expect.objectContaining({ code: 'CHIP_KEY_UNSUITABLE' }) as Error);
    }
    for (const chipAuthenticationKey of [
      spki('rsa-1024'),
      spki('p256'),
      spki('ed25519'),
      new Uint8Array(),
      keys.chipAuthenticationKey.subarray(0, -1),
    ]) {
      expect(() => build({ chipAuthenticationKey })).toThrow(expect.objectContaining({ code: 'CHIP_KEY_UNSUITABLE' }) as Error);
    }
  });

  test('a modulus that is even: a generator that failed', () => {
    const even = Uint8Array.from(keys.activeAuthenticationKey);
    const last = even.length - 6;
    even[last] = (even[last] ?? 0) & 0xfe;
    expect(() => build({ activeAuthenticationKey: even })).toThrow(expect.objectContaining({ code: 'CHIP_KEY_UNSUITABLE' }) as Error);
  });

  test('a file or a card that is larger than the chip', () => {
    const limits = cccd2021.limits;
    expect(() => build({ profile: { ...cccd2021, limits: { ...limits, fileBytes: 300 } } })).toThrow(
      expect.objectContaining({ code: 'DATA_GROUP_TOO_LARGE', where: 'EF.DG2' }) as Error,
    );
    expect(() => build({ profile: { ...cccd2021, limits: { ...limits, chipBytes: 5000 } } })).toThrow(
      expect.objectContaining({ code: 'CHIP_CAPACITY_EXCEEDED' }) as Error,
    );
  });

  test('a name without MRZ form, a nationality without a word, a date that is none', () => {
    expect(() => build({ record: { ...record, fullName: 'Ðào' } })).toThrow(MrzError);
    expect(() => build({ record: { ...record, nationality: 'XXX' } })).toThrow(
      expect.objectContaining({ code: 'RECORD_INVALID', where: 'nationality' }) as Error,
    );
    expect(() => build({ record: { ...record, dateOfIssue: '2023-02-29' } })).toThrow(ProfileError);
  });
});
