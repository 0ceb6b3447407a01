import { beforeAll, describe, expect, test } from 'vitest';
import { chipAuthenticationParameters, paceParameters } from '#encoder/access';
import { toHex } from '#encoder/bytes';
import { cardAccess, dg14, efCom, encodeSecurityInfo, FILES } from '#encoder/lds';
import { buildDataGroups, CARD_PROFILES, chipKeyAlgorithms, filesOf, loadProfile, profileById, type CitizenRecord } from './index.ts';
import { placeholderChip } from './placeholder-chip.ts';
import { specimenRecord } from './specimen.fixture.ts';

let record: CitizenRecord;

beforeAll(async () => {
  record = await specimenRecord();
});

test('these profiles are installed, by the names of their files; whoever adds a file adds a profile', () => {
  const ours = ['can-cuoc-2024', 'cccd-2021', 'cccd-2021-specimen', 'icao-td1', 'icao-td3', 'icao-td3-bac'];
  expect([...CARD_PROFILES.keys()]).toEqual(expect.arrayContaining(ours));
  for (const [id, profile] of CARD_PROFILES) expect(profile.id).toBe(id);
});

describe.each([...CARD_PROFILES.values()].map((profile) => [profile.id, profile] as const))('%s', (_id, profile) => {
  const build = () => buildDataGroups({ profile, record, ...placeholderChip(profile) });

  test('makes every file of it, and each is read and written back by its codec', () => {
    const { files, writingOrder } = build();
    expect(writingOrder).toEqual(filesOf(profile, record));
    expect([...files.keys(), 'EF.SOD']).toEqual(writingOrder);
    for (const [name, bytes] of files) {
      const { codec } = FILES[name];
      expect(toHex((codec.encode as (value: unknown) => Uint8Array)(codec.decode(bytes))), name).toBe(toHex(bytes));
    }
  });

  test('EF.COM lists the data groups that are there, in the order of the profile', () => {
    const { files, dataGroups } = build();
    const { dataGroups: listed } = efCom.decode(files.get('EF.COM') ?? new Uint8Array());
    expect(listed).toEqual(profile.com.dataGroups.filter((number) => dataGroups.has(number)));
    expect([...dataGroups.keys()]).toEqual(listed.toSorted((a, b) => a - b));
  });

  test('DG14 repeats EF.CardAccess (9303-11 §9.2.11), and what is announced is known at the other end', () => {
    const { files, dataGroups } = build();
    const announced = files.has('EF.CardAccess') ? cardAccess.decode(files.get('EF.CardAccess') ?? new Uint8Array()).securityInfos : [];
    const repeated = dataGroups.has(14) ? dg14.decode(dataGroups.get(14) ?? new Uint8Array()).securityInfos : [];
    const inDg14 = new Set(repeated.map((info) => toHex(encodeSecurityInfo(info))));
    expect(announced.map((info) => toHex(encodeSecurityInfo(info))).filter((hex) => !inDg14.has(hex))).toEqual([]);
    for (const info of announced) {
      if (info.kind === 'PACEInfo') expect(paceParameters(info.protocol, info.parameterId ?? -1).oid.length).toBeGreaterThan(0);
      if (info.kind === 'ChipAuthenticationInfo') expect(chipAuthenticationParameters(info.protocol).oid.length).toBeGreaterThan(0);
    }
  });

  test('the algorithms of the chip are those whose keys it takes', () => {
    const { activeAuthentication, chipAuthentication } = chipKeyAlgorithms(profile);
    expect([activeAuthentication !== null, chipAuthentication !== null]).toEqual([
      profile.files.includes('EF.DG15'),
      profile.access.announces.some(({ kind }) => kind === 'ChipAuthenticationInfo'),
    ]);
  });
});

describe('an operator gives a profile as a file', () => {
  const fault = (json: Uint8Array | string) => {
    try {
      loadProfile(json);
    } catch (error) {
      return error as { code: string; where?: string; detail?: string };
    }
    throw new Error('a profile');
  };

  test('based on an installed one: its members stand where the file has none, and null takes one away', () => {
    const profile = loadProfile(
      '{ "basedOn": "cccd-2021-specimen", "id": "mine", "validity": { "rule": "years", "years": 5, "shorter": [], "leapDay": "march-1", "holderAge": { "least": 0, "most": 99 }, "technicalLifeYears": 10 } }',
    );
    const base = profileById('cccd-2021-specimen');
    expect(profile).toEqual({ ...base, id: 'mine', validity: profile.validity });
    expect(profile.specimen).toBe(true);
    expect(Object.isFrozen(profile)).toBe(true);
    expect(fault('{ "basedOn": "cccd-2021", "id": "mine", "access": null }')).toMatchObject({ where: '/ required access' });
  });

  test.each<[string, string | Uint8Array, string, string]>([
    ['nothing', '', 'PROFILE_INVALID', '/'],
    ['no JSON', '{ "id": ', 'PROFILE_INVALID', '/'],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'PROFILE_INVALID', '/'],
    ['a list', '[]', 'PROFILE_INVALID', '/ type'],
    ['a megabyte', ' '.repeat(1024 * 1024), 'PROFILE_INVALID', '/'],
    ['a base that is no text', '{ "basedOn": 1 }', 'PROFILE_INVALID', '/basedOn'],
    ['a base that is not installed', '{ "basedOn": "cccd-2031" }', 'PROFILE_UNKNOWN', '/basedOn'],
    ['a base outside', '{ "basedOn": "../../../package" }', 'PROFILE_UNKNOWN', '/basedOn'],
    ['an unknown member', '{ "basedOn": "cccd-2021", "colour": "blue" }', 'PROFILE_INVALID', '/ additionalProperties colour'],
    ['a name of Object.prototype', '{ "basedOn": "cccd-2021", "__proto__": {} }', 'PROFILE_INVALID', '/ additionalProperties ?'],
    [
      'an unknown member below',
      '{ "basedOn": "cccd-2021", "dg2": { "standard": "ISO/IEC 19794-5", "withoutPortrait": "no-file", "size": 1 } }',
      'PROFILE_INVALID',
      '/dg2 additionalProperties size',
    ],
    [
      'a protocol that is none',
      '{ "basedOn": "cccd-2021", "access": { "bac": true, "pacePasswords": [], "underTerminalAuthentication": [], "announces": [{ "kind": "PACEInfo", "protocol": "id-PACE-ECDH-CAM-3DES-CBC-CBC", "version": 2, "parameterId": 13 }] } }',
      'PROFILE_INVALID',
      '/access/announces/0/protocol enum',
    ],
  ])('%s is refused, and the place is named', (_what, json, code, where) => {
    expect(fault(json)).toMatchObject({ code, where });
  });

  test('what was read is never repeated', () => {
    expect(JSON.stringify(fault('{ "secret": oops }'))).not.toMatch(/secret|oops/);
    expect(JSON.stringify(fault('{ "basedOn": "cccd-2021", "a secret key!": 1 }'))).not.toMatch(/secret/);
  });
});
