import { generateKeyPairSync } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { ascii, concat, fromHex, toHex, uintBE } from '#encoder/bytes';
import {
  cardAccess,
  citizenOf,
  CURVES,
  decodeSubjectPublicKeyInfo,
  dg1,
  dg11,
  dg12,
  dg13,
  dg14,
  dg15,
  dg16,
  dg2,
  dg3,
  efAtrInfo,
  efCom,
  efCvca,
  efDir,
  FILES,
} from '#encoder/lds';
import { derBitString, derInteger, derOid, derSequence } from '#encoder/tlv';
import { vector } from '#test-vectors';
import {
  accessSecretsFor,
  buildDataGroups,
  dg13Grammar,
  expiryOf,
  filesOf,
  lastDayOfUse,
  lintRecord,
  loadProfile,
  profileById,
  zoneFor,
  type CardProfile,
  type CitizenRecord,
} from './index.ts';
import { placeholderChip } from './placeholder-chip.ts';
import { chipKeys, specimenRecord } from './specimen.fixture.ts';

let record: CitizenRecord;

beforeAll(async () => {
  record = await specimenRecord();
});

const build = (profile: CardProfile, changes: Partial<Parameters<typeof buildDataGroups>[0]> = {}) =>
  buildDataGroups({ profile, record, ...placeholderChip(profile), ...changes });
const variant = (basedOn: string, changes: Readonly<Record<string, unknown>>) =>
  loadProfile(JSON.stringify({ basedOn, id: 'variant', ...changes }));
const fileOf = (set: ReturnType<typeof build>, name: Parameters<typeof set.files.get>[0]) => {
  const bytes = set.files.get(name);
  if (bytes === undefined) throw new Error(`no ${name}`);
  return bytes;
};
const coded = (code: string, where?: string) => expect.objectContaining({ code, ...(where === undefined ? {} : { where }) }) as Error;

describe('the zone in the form of the profile, as Doc 9303 prints it', () => {
  const anna = (changes: Partial<CitizenRecord> = {}): CitizenRecord => ({
    ...record,
    fullName: 'Eriksson Anna Maria',
    dateOfBirth: '1974-08-12',
    sex: 'female',
    nationality: 'UTO',
    dateOfExpiry: '2012-04-15',
    documentNumber: 'D23145890',
    ...changes,
  });

  test('TD1, its document number beyond nine characters (Doc 9303-5 §4.2.2, note j)', () => {
    const td1 = profileById('icao-td1');
    const stevenson = anna({
      fullName: 'Stevenson Peter John',
      documentNumber: 'D23145890734',
      dateOfBirth: '1934-07-12',
      dateOfExpiry: '1995-07-12',
      sex: 'male',
    });
    expect(zoneFor(td1, stevenson).lines).toEqual(vector('mrz', 'mrz.td1.stevenson').texts('linesText'));
    expect(zoneFor(td1, anna()).lines).toEqual(vector('mrz', 'mrz.td1.ericsson').texts('linesText'));
    expect(accessSecretsFor(td1, anna()).mrzInformation).toBe(vector('mrz', 'mrz.td1.ericsson').text('mrzInformationText'));
  });

  test('TD2 of a variant', () => {
    const { mrz } = profileById('icao-td1');
    const td2 = variant('icao-td1', { mrz: { ...mrz, form: 'td2' } });
    expect(zoneFor(td2, anna()).lines).toEqual(vector('mrz', 'mrz.td2.ericsson').texts('linesText'));
  });

  test('TD3 with the document code and the personal number that the issuer chooses', () => {
    const { mrz } = profileById('icao-td3');
    const td3 = variant('icao-td3', { mrz: { ...mrz, documentCode: 'PP' } });
    const passport = anna({ documentNumber: 'L898902C3', personalNumber: 'ZE184226B', dateOfExpiry: '2034-04-15' });
    expect(zoneFor(td3, passport).lines).toEqual(vector('mrz', 'mrz.td3.ericsson').texts('linesText'));
  });

  test('without a number of its own, the last nine digits; a profile that needs one says so', () => {
    const td3 = profileById('icao-td3');
    expect(zoneFor(td3, record).lines[1]).toMatch(/^190000123/);
    const strict = variant('icao-td3', { mrz: { ...td3.mrz, documentNumber: 'record' } });
    expect(() => zoneFor(strict, record)).toThrow(coded('RECORD_INVALID', 'documentNumber'));
    expect(lintRecord(strict, record, '2021-05-12')).toContainEqual(
      expect.objectContaining({ code: 'FIELD_EMPTY', field: 'documentNumber' }),
    );
  });

  test('a zone whose names must be whole', () => {
    const long = { ...record, fullName: 'Công Tằng Tôn Nữ Nguyễn Phước Huyền Trân' };
    const cccd = profileById('cccd-2021');
    const strict = variant('cccd-2021', { mrz: { ...cccd.mrz, longNames: 'refused' } });
    expect(lintRecord(strict, long, '2021-05-12')).toMatchObject([{ code: 'MRZ_TRUNCATED', severity: 'refusal' }]);
    expect(lintRecord(cccd, long, '2021-05-12')).toMatchObject([{ code: 'MRZ_TRUNCATED', severity: 'warning' }]);
  });
});

describe('a birth of which the day, or day and month, is unknown (Doc 9303-3 §4.8)', () => {
  const cccd = profileById('cccd-2021');
  const allowing = (partialDateOfBirth: string) => variant('cccd-2021', { holder: { ...cccd.holder, partialDateOfBirth } });
  const born = (dateOfBirth: string): CitizenRecord => ({ ...record, personalNumber: '001155000123', dateOfBirth, dateOfExpiry: null });
  const birthIn = (profile: CardProfile, citizen: CitizenRecord) => {
    const bytes = fileOf(build(profile, { record: citizen }), 'EF.DG13');
    return citizenOf(dg13Grammar(profile), dg13.decode(bytes)).dateOfBirth;
  };

  test.each([
    ['1955', '55<<<<', '00/00/1955', '1955'],
    ['1955-07', '5507<<', '00/07/1955', '07/1955'],
    ['1955-07-20', '550720', '20/07/1955', '20/07/1955'],
  ])('%s is %s in the zone, and %s or %s in DG13', (birth, zone, zeros, shortened) => {
    for (const profile of [cccd, profileById('icao-td1'), profileById('icao-td3')]) {
      const lines = zoneFor(profile, born(birth)).lines;
      expect(lines[1]?.slice(profile.mrz.form === 'td3' ? 13 : 0).startsWith(zone)).toBe(true);
    }
    expect([birthIn(allowing('zeros'), born(birth)), birthIn(allowing('shortened'), born(birth))]).toEqual([zeros, shortened]);
  });

  test('is zeros in DG11', () => {
    const { elements } = dg11.decode(fileOf(build(profileById('icao-td1'), { record: born('1955-07') }), 'EF.DG11'));
    expect(elements).toContainEqual({ name: 'dateOfBirth', kind: 'digits', digits: '19550700', coding: 'ascii' });
  });

  test('passes the lint where the profile allows it, by the ages of its first day, and nowhere else', () => {
    expect(lintRecord(allowing('zeros'), born('1955'), '2021-05-12')).toEqual([]);
    expect(expiryOf(cccd.validity, '1990', '2021-05-10')).toBe('2030-01-01');
    expect(lintRecord(cccd, born('1955'), '2021-05-12')).toMatchObject([{ code: 'DATE_INVALID', field: 'dateOfBirth' }]);
    expect(() => birthIn(cccd, born('1955'))).toThrow(coded('RECORD_INVALID', 'dateOfBirth'));
    for (const none of ['195', '1955-7', '1955-13', '1955-00', '1955-07-', '1955-02-30', '']) {
      expect(lintRecord(allowing('zeros'), born(none), '2021-05-12'), none).toMatchObject([{ code: 'DATE_INVALID' }]);
      expect(() => zoneFor(profileById('icao-td1'), born(none)), none).toThrow(coded('RECORD_INVALID', 'dateOfBirth'));
      // The zone of a Vietnamese card looks at the form of a date alone.
      if (none !== '1955-02-30') expect(() => zoneFor(cccd, born(none)), none).toThrow(coded('MRZ_FIELD'));
    }
  });
});

describe('icao-td1: an identity card with PACE-IM and Active Authentication by ECDSA', () => {
  const profile = profileById('icao-td1');
  const ec = () => Uint8Array.from(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' }));

  test('EF.DIR and EF.ATR/INFO say what the profile says', () => {
    const set = build(profile);
    expect(toHex(fileOf(set, 'EF.DIR'))).toBe('61094F07A0000002471001');
    expect(efDir.decode(fileOf(set, 'EF.DIR')).applications).toHaveLength(1);
    expect(efAtrInfo.decode(fileOf(set, 'EF.ATR/INFO')).objects).toEqual([
      { kind: 'cardCapabilities', softwareFunctions: fromHex('8401C0') },
    ]);
  });

  test('the limits of its APDUs stand in EF.ATR/INFO where the profile has them', () => {
    const extendedLength = { commandBytes: 1024, responseBytes: 2048 };
    const set = build(variant('icao-td1', { atrInfo: { softwareFunctions: '8401E0', extendedLength } }));
    expect(toHex(fileOf(set, 'EF.ATR/INFO'))).toBe('47038401E07F66080202040002020800');
  });

  test('EF.CardAccess announces PACE by Integrated and by Generic Mapping on P-256', () => {
    const { securityInfos } = cardAccess.decode(fileOf(build(profile), 'EF.CardAccess'));
    expect(securityInfos.flatMap((info) => (info.kind === 'PACEInfo' ? [[info.protocol, info.parameterId]] : []))).toEqual([
      ['0.4.0.127.0.7.2.2.4.2.2', 12],
      ['0.4.0.127.0.7.2.2.4.4.2', 12],
    ]);
  });

  test('DG14 names the signature of Active Authentication (9303-11 §9.2.4), DG15 has the key with explicit parameters', () => {
    const activeAuthenticationKey = ec();
    const set = build(profile, { activeAuthenticationKey });
    const { securityInfos } = dg14.decode(fileOf(set, 'EF.DG14'));
    expect(securityInfos.find(({ kind }) => kind === 'ActiveAuthenticationInfo')).toMatchObject({
      protocol: '2.23.136.1.1.5',
      version: 1,
      signatureAlgorithm: '0.4.0.127.0.7.1.1.4.1.3',
    });
    const { subjectPublicKeyInfo } = dg15.decode(fileOf(set, 'EF.DG15'));
    expect(decodeSubjectPublicKeyInfo(subjectPublicKeyInfo)).toEqual(decodeSubjectPublicKeyInfo(activeAuthenticationKey));
    expect(subjectPublicKeyInfo.length).toBeGreaterThan(activeAuthenticationKey.length);
  });

  test('keys of another kind are refused, and a chip without a key', () => {
    const { activeAuthenticationKey, chipAuthenticationKey } = chipKeys();
    for (const changes of [
      { activeAuthenticationKey },
      { chipAuthenticationKey },
      { activeAuthenticationKey: null },
      { chipAuthenticationKey: null },
    ]) {
      expect(() => build(profile, changes)).toThrow(coded('CHIP_KEY_UNSUITABLE'));
    }
  });

  test('DG11 in national characters with the fillers of the zone, DG12 with the constants of the issuer', () => {
    const set = build(profile, { record: { ...record, otherNames: ['Trần Thị Mơ'], profession: 'Kỹ sư' } });
    expect(dg11.decode(fileOf(set, 'EF.DG11')).elements).toEqual([
      { name: 'fullName', kind: 'text', text: 'Nguyễn<<Thị<Đào' },
      { name: 'otherNames', kind: 'names', form: 'group', names: ['Trần<<Thị<Mơ'] },
      { name: 'personalNumber', kind: 'text', text: '001190000123' },
      { name: 'dateOfBirth', kind: 'digits', digits: '19900215', coding: 'ascii' },
      { name: 'placeOfBirth', kind: 'text', text: 'Phúc Xá<Ba Đình<Hà Nội' },
      { name: 'permanentAddress', kind: 'text', text: 'Số 1 Phố Mẫu<Phúc Xá<Ba Đình<Hà Nội' },
      { name: 'profession', kind: 'text', text: 'Kỹ sư' },
    ]);
    expect(dg12.decode(fileOf(set, 'EF.DG12')).elements.map(({ name }) => name)).toEqual([
      'issuingAuthority',
      'dateOfIssue',
      'personalizationSystem',
    ]);
  });

  test('DG16 is there when the record names somebody, and in no list when it does not', () => {
    const person = { dateRecorded: '2021-05-10', name: 'Nguyễn Văn Anh', telephone: '+84 24 0000', address: 'Phúc Xá, Hà Nội' };
    const named = build(profile, { record: { ...record, personsToNotify: [person] } });
    expect(dg16.decode(fileOf(named, 'EF.DG16')).persons).toEqual([
      { dateRecorded: '20210510', name: 'Nguyễn<<Văn<Anh', telephone: '+84 24 0000', address: 'Phúc Xá<Hà Nội' },
    ]);
    expect([...named.dataGroups.keys()]).toContain(16);
    const nobody = build(profile);
    expect(nobody.writingOrder).not.toContain('EF.DG16');
    expect(efCom.decode(fileOf(nobody, 'EF.COM')).dataGroups).toEqual([1, 2, 11, 12, 14, 15]);
  });

  test('the lint looks at what only such a document has', () => {
    const lint = (changes: Record<string, unknown>) =>
      lintRecord(profile, { ...record, nationality: 'UTO', dateOfExpiry: '2031-05-10', ...changes }, '2021-05-12').map(
        ({ code, field }) => `${code} ${field}`,
      );
    const person = { dateRecorded: '2021-02-30', name: 'Ðào', telephone: '1', address: 'a|b' };
    expect(lint({})).toEqual([]);
    expect(lint({ dateOfExpiry: '2030-02-15' })).toEqual(['DATE_IMPLAUSIBLE dateOfExpiry']);
    expect(lint({ documentNumber: 'D 1' })).toEqual(['CHAR_NOT_ALLOWED documentNumber']);
    expect(lint({ documentNumber: 7, title: 7, otherNames: 'x', personsToNotify: [{}] })).toEqual([
      'FIELD_TYPE title',
      'FIELD_TYPE documentNumber',
      'FIELD_TYPE otherNames',
      'FIELD_TYPE personsToNotify',
    ]);
    expect(lint({ otherNames: ['An', 'Ðào'] })).toEqual(['CHAR_NOT_ALLOWED otherNames[1]']);
    expect(lint({ personsToNotify: [person] })).toEqual([
      'DATE_INVALID personsToNotify[0]',
      'CHAR_NOT_ALLOWED personsToNotify[0]',
      'CHAR_NOT_ALLOWED personsToNotify[0]',
    ]);
    expect(
      lint({ personsToNotify: Array.from({ length: 16 }, () => ({ ...person, dateRecorded: '2021-02-28', name: 'An', address: 'b' })) }),
    ).toEqual(['LIST_TOO_LONG personsToNotify']);
    expect(lint({ religion: '', ethnicity: '', leftIndexFinger: new Uint8Array(), rightIndexFinger: new Uint8Array() })).toEqual([]);
  });
});

describe('icao-td3-bac: what the open-source passport applet can carry', () => {
  const profile = profileById('icao-td3-bac');

  test('no file in the master file, no DG3, no DG14, RSA-1024', () => {
    const names = filesOf(profile, record);
    expect(names).toEqual(['EF.COM', 'EF.DG1', 'EF.DG2', 'EF.DG11', 'EF.DG12', 'EF.DG15', 'EF.SOD']);
    expect(names.filter((name) => 'inMasterFile' in FILES[name])).toEqual([]);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'der' });
    expect(build(profile, { activeAuthenticationKey: Uint8Array.from(rsa) }).dataGroups.has(15)).toBe(true);
  });
});

describe('can-cuoc-2024 (Law 26/2023)', () => {
  const profile = profileById('can-cuoc-2024');
  const child = (changes: Partial<CitizenRecord> = {}): CitizenRecord => ({
    ...record,
    personalNumber: '001320000123',
    dateOfBirth: '2020-02-15',
    dateOfIssue: '2024-07-10',
    dateOfExpiry: '2034-02-15',
    portrait: new Uint8Array(),
    leftIndexFinger: new Uint8Array(),
    rightIndexFinger: new Uint8Array(),
    ...changes,
  });
  const lint = (citizen: CitizenRecord) => lintRecord(profile, citizen, '2024-07-12').map(({ code, field }) => `${code} ${field}`);

  test.each<[string, string, string | null, string]>([
    ['2020-02-15', '2024-07-10', '2034-02-15', 'at 4 to the fourteenth birthday'],
    ['2010-07-10', '2022-07-09', '2024-07-10', 'two years and a day before fourteen: still to it'],
    ['2010-07-10', '2022-07-10', '2035-07-10', 'exactly two years before fourteen: to the twenty-fifth'],
    ['1966-07-10', '2024-07-10', null, 'at 58: no expiry'],
    ['1966-07-10', '2024-07-09', '2026-07-10', 'a day before 58: to the sixtieth'],
  ])('born %s, issued %s: %s (%s)', (birth, issue, expiry, _why) => {
    expect(expiryOf(profile.validity, birth, issue)).toBe(expiry);
  });

  test('a card without expiry is reckoned to last its technical life', () => {
    expect(lastDayOfUse(profile.validity, { dateOfIssue: '2024-07-10', dateOfExpiry: null })).toBe('2044-07-10');
    expect(lastDayOfUse(profile.validity, { dateOfIssue: '2024-07-10', dateOfExpiry: '2034-02-15' })).toBe('2034-02-15');
  });

  test('a child under six has a card without a portrait of its own; from six on it needs one', () => {
    expect(lint(child())).toEqual([]);
    expect(lint(child({ dateOfIssue: '2026-02-14' }))).not.toContain('IMAGE_FORMAT portrait');
    expect(lint(child({ dateOfIssue: '2026-02-15' }))).toEqual(
      expect.arrayContaining(['IMAGE_FORMAT portrait', 'IMAGE_FORMAT leftIndexFinger']),
    );
  });

  test('DG2 of such a card holds the blank picture of the profile: one image, as Doc 9303-10 §4.7.2 has it', () => {
    const faces = dg2.decode(fileOf(build(profile, { record: child() }), 'EF.DG2')).faces;
    expect(faces).toHaveLength(1);
    const { withoutPortrait } = profile.dg2;
    if (withoutPortrait === 'no-file') throw new Error('no picture');
    const picture = Buffer.from(withoutPortrait.jpeg, 'base64');
    expect(toHex(fileOf(build(profile, { record: child() }), 'EF.DG2').subarray(84))).toBe(toHex(picture));
  });

  test('a variant leaves the file out instead, and EF.COM does not list it', () => {
    const without = variant('can-cuoc-2024', { dg2: { standard: 'ISO/IEC 19794-5', withoutPortrait: 'no-file' } });
    const set = build(without, { record: child() });
    expect(set.writingOrder).not.toContain('EF.DG2');
    expect(efCom.decode(fileOf(set, 'EF.COM')).dataGroups).toEqual([1, 13, 15, 14]);
    expect(build(without).writingOrder).toContain('EF.DG2');
  });

  test('the residence is the first that the record has (Circular 17/2024 art. 4)', () => {
    const dg13Text = (citizen: CitizenRecord) => Buffer.from(fileOf(build(profile, { record: citizen }), 'EF.DG13')).toString('utf8');
    const nowhere = child({ placeOfResidence: '' });
    expect(dg13Text(child({ temporaryResidence: 'Đà Nẵng' }))).toContain('Số 1 Phố Mẫu');
    expect(dg13Text({ ...nowhere, temporaryResidence: 'Đà Nẵng', currentResidence: 'Huế' })).toContain('Đà Nẵng');
    expect(dg13Text({ ...nowhere, currentResidence: 'Huế' })).toContain('Huế');
    expect(lint({ ...nowhere, currentResidence: 'Huế' })).toEqual([]);
    expect(lint(nowhere)).toEqual(['RESIDENCE_MISSING placeOfResidence']);
  });
});

describe('a new profile needs no code', () => {
  const td1 = profileById('icao-td1');

  test('Chip Authentication Mapping: EF.CardSecurity is to be signed over its key and all of EF.CardAccess (9303-11 §9.2.11)', () => {
    const announces = [
      { kind: 'PACEInfo', protocol: 'id-PACE-ECDH-CAM-AES-CBC-CMAC-256', version: 2, parameterId: 12 },
      { kind: 'PACEInfo', protocol: 'id-PACE-ECDH-GM-AES-CBC-CMAC-128', version: 2, parameterId: 12 },
      { kind: 'ChipAuthenticationInfo', protocol: 'id-CA-ECDH-AES-CBC-CMAC-256', version: 1, keyId: 7 },
    ];
    const files = ['EF.CardSecurity', ...td1.files];
    const set = build(variant('icao-td1', { files, access: { ...td1.access, announces } }));
    expect(set.files.has('EF.COM')).toBe(true);
    expect(set.writingOrder[0]).toBe('EF.CardSecurity');
    const content = cardAccess.decode(set.cardSecurityContent ?? new Uint8Array()).securityInfos;
    const inClear = cardAccess.decode(fileOf(set, 'EF.CardAccess')).securityInfos;
    expect(content).toEqual(expect.arrayContaining([...inClear]));
    expect(content.filter((info) => !inClear.some((other) => other.kind === info.kind))).toMatchObject([
      { kind: 'ChipAuthenticationPublicKeyInfo', keyId: 7 },
    ]);
    expect(build(td1).cardSecurityContent).toBeNull();
  });

  test('Chip Authentication by DH: the key of the group, and of no other', () => {
    const announces = [
      { kind: 'PACEInfo', protocol: 'id-PACE-DH-GM-AES-CBC-CMAC-128', version: 2, parameterId: 2 },
      { kind: 'ChipAuthenticationInfo', protocol: 'id-CA-DH-AES-CBC-CMAC-128', version: 1 },
    ];
    const algorithms = { ...td1.algorithms, chipAuthentication: { kind: 'dh', group: 'MODP-2048-256' } };
    const profile = variant('icao-td1', { access: { ...td1.access, announces }, algorithms });
    const { chipAuthenticationKey } = placeholderChip(profile);
    const info = dg14
      .decode(fileOf(build(profile), 'EF.DG14'))
      .securityInfos.find(({ kind }) => kind === 'ChipAuthenticationPublicKeyInfo');
    expect(info).toMatchObject({ protocol: '0.4.0.127.0.7.2.2.1.1', subjectPublicKeyInfo: chipAuthenticationKey });
    const otherGroup = derSequence(
      derSequence(derOid('1.2.840.113549.1.3.1'), derSequence(derInteger(23), derInteger(5))),
      derBitString(derInteger(8)),
    );
    for (const key of [otherGroup, chipKeys().chipAuthenticationKey]) {
      expect(() => build(profile, { chipAuthenticationKey: key })).toThrow(coded('CHIP_KEY_UNSUITABLE'));
    }
  });

  test('a face as ISO/IEC 39794-5', () => {
    const set = build(variant('icao-td1', { dg2: { standard: 'ISO/IEC 39794-5', withoutPortrait: 'no-file' } }));
    const [face] = dg2.decode(fileOf(set, 'EF.DG2')).faces;
    expect(face).toMatchObject({ record: { version: expect.anything() as unknown, images: [{ data: record.portrait }] } });
  });

  test('Active Authentication on every curve, by every hash', () => {
    for (const curve of ['P-256', 'P-384', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'] as const) {
      const activeAuthentication = { kind: 'ecdsa', curve, digest: 'SHA-512' };
      const set = build(variant('icao-td1', { algorithms: { ...td1.algorithms, activeAuthentication } }));
      const { gx } = CURVES[curve];
      expect(toHex(fileOf(set, 'EF.DG15')).toLowerCase()).toContain(gx.toString(16));
    }
  });
});

describe('cccd-2021 with DG3 and EF.CVCA, as Vietnamese cards have them', () => {
  const base = profileById('cccd-2021');
  const terminal = { kind: 'TerminalAuthenticationInfo', protocol: 'id-TA', version: 1 };
  const others = base.access.announces.filter(({ kind }) => kind !== terminal.kind);
  const announces = [terminal, ...others];
  const eac = {
    files: ['EF.CardAccess', 'EF.COM', 'EF.DG1', 'EF.DG2', 'EF.DG3', 'EF.DG13', 'EF.DG14', 'EF.DG15', 'EF.CVCA', 'EF.SOD'],
    com: { ...base.com, dataGroups: [1, 2, 3, 13, 15, 14] },
    access: { ...base.access, announces, underTerminalAuthentication: [3] },
    dg3: { content: 'index-fingers' },
  };
  const profile = variant('cccd-2021', eac);

  test('EF.COM and EF.CardAccess are those of public cards, byte for byte', () => {
    const set = build(profile);
    expect(toHex(fileOf(set, 'EF.COM'))).toBe(toHex(vector('lds', 'lds.com.vietnam').bytes('file')));
    expect(toHex(fileOf(set, 'EF.CardAccess'))).toBe(toHex(vector('lds', 'lds.card-access.vietnam').bytes('file')));
  });

  test('DG3 holds both index fingers byte for byte, right before left', () => {
    const { fingers } = dg3.decode(fileOf(build(profile), 'EF.DG3'));
    expect(fingers.map(({ record: { position } }) => position)).toEqual([2, 7]);
    expect(fingers.map(({ record: { data } }) => toHex(data))).toEqual([record.rightIndexFinger, record.leftIndexFinger].map(toHex));
  });

  test('a missing finger is left out; without both the file says so, and its hash does not', () => {
    const one = build(profile, { record: { ...record, rightIndexFinger: new Uint8Array() } });
    expect(dg3.decode(fileOf(one, 'EF.DG3')).fingers.map(({ record: { position } }) => position)).toEqual([7]);
    const none = { ...record, rightIndexFinger: new Uint8Array(), leftIndexFinger: new Uint8Array() };
    const emptyDg3Content = fromHex('00112233445566778899AABBCCDDEEFF');
    expect(dg3.decode(fileOf(build(profile, { record: none, emptyDg3Content }), 'EF.DG3'))).toEqual({
      fingers: [],
      issuerContent: emptyDg3Content,
    });
    const empty = variant('cccd-2021', { ...eac, dg3: { content: 'empty' } });
    expect(dg3.decode(fileOf(build(empty, { emptyDg3Content }), 'EF.DG3')).fingers).toEqual([]);
  });

  test('EF.CVCA names what the chip trusts; without that there is no card', () => {
    const set = build(profile, { cvcaReferences: ['VNCVCA00001'] });
    expect(fileOf(set, 'EF.CVCA')).toHaveLength(36);
    expect(efCvca.decode(fileOf(set, 'EF.CVCA')).references).toEqual(['VNCVCA00001']);
    for (const cvcaReferences of [[], ['vn'], ['VNCVCA00001', 'VNCVCA00002', 'VNCVCA00003']]) {
      expect(() => build(profile, { cvcaReferences })).toThrow(coded('CVCA_REFERENCES_UNSUITABLE'));
    }
    const { cvcaReferences: _none, ...chip } = placeholderChip(profile);
    expect(() => buildDataGroups({ profile, record, ...chip })).toThrow(coded('CVCA_REFERENCES_UNSUITABLE'));
  });

  test('EF.CVCA may be named in TerminalAuthenticationInfo (TR-03110-3 A.1.1.3)', () => {
    const named = [{ ...terminal, efCvca: { fileId: '011C', shortFileId: '1C' } }, ...others];
    const set = build(variant('cccd-2021', { ...eac, access: { ...eac.access, announces: named } }));
    const info = cardAccess.decode(fileOf(set, 'EF.CardAccess')).securityInfos.find(({ kind }) => kind === 'TerminalAuthenticationInfo');
    expect(info).toMatchObject({ efCvca: fromHex('3007 0402 011C 0401 1C') });
  });

  test('what a finger image carries besides the picture is refused, now that it is stored', () => {
    // A text chunk behind IHDR, which ends at byte 33.
    const body = ascii('tEXtComment about the holder');
    const chunk = concat(uintBE(body.length - 4, 4), body, uintBE(crc32(body), 4));
    const talkative = concat(record.leftIndexFinger.subarray(0, 33), chunk, record.leftIndexFinger.subarray(33));
    expect(lintRecord(profile, { ...record, leftIndexFinger: talkative }, '2021-05-12')).toMatchObject([
      { code: 'IMAGE_METADATA', severity: 'refusal', field: 'leftIndexFinger' },
    ]);
  });

  test('DG1 and everything else stay as they were', () => {
    const [now, before] = [build(profile), build(base)];
    for (const name of ['EF.DG1', 'EF.DG2', 'EF.DG13', 'EF.DG15'] as const)
      expect(toHex(fileOf(now, name))).toBe(toHex(fileOf(before, name)));
    expect(dg1.decode(fileOf(now, 'EF.DG1')).lines).toHaveLength(3);
  });
});
