import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '#encoder/bytes';
import { loadVectors, vector } from '#test-vectors';
import { FACE_HEADER } from './dg2.ts';
import { encodeTemplates, readTemplates, type TemplateRules } from './biometric-template.ts';
import {
  cardAccess,
  CURVES,
  decodeSubjectPublicKeyInfo,
  dg1,
  dg13,
  dg14,
  dg14Of,
  dg15,
  ecSubjectPublicKeyInfo,
  efCom,
  inDerOrder,
  ldsSecurityObject,
  type CurveName,
} from './index.ts';
import { ByteReader } from '#encoder/bytes';

/** Templates whose blocks are any bytes: for headers that are printed without the record that they belong to. */
const anyFace: TemplateRules<Uint8Array> = {
  least: 1,
  most: 9,
  biometricType: 0x02,
  subtypeRequired: false,
  formats: new Map([[0x0008, { tag: 0x5f2e, encode: (record) => record, read: (block) => block.rest() }]]),
};

describe('published files, Doc 9303-10 and 9303-11', () => {
  const coms = loadVectors('lds').filter(({ id }) => id.startsWith('lds.com.'));
  test.each(coms.map((entry) => [`EF.COM ${entry.section}`, entry] as const))('%s', (_name, entry) => {
    const value = efCom.decode(entry.bytes('file'));
    expect([value.ldsVersion, value.unicodeVersion]).toEqual([entry.text('ldsVersionText'), entry.text('unicodeVersionText')]);
    expect(toHex(efCom.encode(value))).toBe(toHex(entry.bytes('file')));
    expect(toHex(entry.bytes('file')).endsWith(toHex(entry.bytes('tagList')))).toBe(true);
  });

  test('DG1, 9303-10 A.2.1', () => {
    const entry = vector('lds', 'lds.dg1.a21');
    expect(dg1.decode(entry.bytes('file')).lines).toEqual(entry.texts('linesText'));
    expect(toHex(dg1.encode({ lines: entry.texts('linesText') }))).toBe(toHex(entry.bytes('file')));
  });

  test('the header of DG2, 9303-10 A.3, around a data block of the stated length', () => {
    const entry = vector('lds', 'lds.dg2.a3-header');
    const header = {
      version: fromHex('0101'),
      type: fromHex('02'),
      created: fromHex('20020315133000'),
      validity: fromHex('2002040120070331'),
      creator: fromHex('00010001'),
      formatOwner: 0x0101,
      formatType: 0x0008,
    };
    const group = encodeTemplates([{ header, record: new Uint8Array(entry.int('biometricDataInt')) }], anyFace);
    const printed = entry.bytes('header').subarray(4);
    expect(toHex(group.subarray(0, printed.length))).toBe(toHex(printed));
    expect(readTemplates(new ByteReader(group, 'DG2'), anyFace)).toMatchObject([{ header }]);
  });

  test.each(['lds.card-access.g2', 'lds.card-access.i1', 'lds.card-access.vietnam'])('EF.CardAccess %s', (id) => {
    const bytes = vector('lds', id).bytes('file');
    const value = cardAccess.decode(bytes);
    expect(value.securityInfos.every(({ kind }) => kind !== 'unknown')).toBe(true);
    expect(toHex(cardAccess.encode(value))).toBe(toHex(bytes));
    expect(inDerOrder(value.securityInfos.toReversed())).toEqual(value.securityInfos);
  });

  test('DG13, 405 bytes', () => {
    const bytes = vector('lds', 'lds.dg13.synthetic').bytes('file');
    expect(bytes).toHaveLength(405);
    expect(toHex(dg13.encode(dg13.decode(bytes)))).toBe(toHex(bytes));
  });
});

describe('keys of the chip, against OpenSSL', () => {
  const names = Object.keys(CURVES) as CurveName[];
  const openssl = (name: CurveName) =>
    ({ 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' } as Readonly<Record<string, string>>)[name] ?? name;
  const key = (name: CurveName, paramEncoding: 'named' | 'explicit') =>
    Uint8Array.from(
      generateKeyPairSync('ec', { namedCurve: openssl(name), paramEncoding }).publicKey.export({ type: 'spki', format: 'der' }),
    );

  test.each(names.filter((name) => name.startsWith('brainpool')))('%s: our explicit parameters are its explicit parameters', (name) => {
    const spki = key(name, 'explicit');
    const read = decodeSubjectPublicKeyInfo(spki);
    expect(read).toMatchObject({ kind: 'ec', curve: name });
    if (read.kind === 'ec') expect(toHex(ecSubjectPublicKeyInfo(name, read.point))).toBe(toHex(spki));
  });

  test.each(names)('%s: named and explicit keys are read, with or without a seed', (name) => {
    for (const encoding of ['named', 'explicit'] as const)
      expect(decodeSubjectPublicKeyInfo(key(name, encoding))).toMatchObject({ curve: name });
  });

  test('a brainpoolP256r1 key with explicit parameters has 311 bytes', () => {
    expect(key('brainpoolP256r1', 'explicit')).toHaveLength(311);
  });

  test('a point off its curve, of another curve, compressed, or at infinity is refused', () => {
    const spki = key('brainpoolP256r1', 'explicit');
    const twisted = Uint8Array.from(spki);
    twisted[twisted.length - 1] = (twisted.at(-1) ?? 0) ^ 1;
    expect(() => decodeSubjectPublicKeyInfo(twisted)).toThrow(/not an uncompressed point of brainpoolP256r1/);
    const { gx, gy } = CURVES['P-256'];
    const foreign = fromHex(`04${gx.toString(16).padStart(64, '0')}${gy.toString(16).padStart(64, '0')}`);
    for (const point of [foreign, fromHex(`02${'11'.repeat(32)}`), fromHex('00'), new Uint8Array()]) {
      expect(() => ecSubjectPublicKeyInfo('brainpoolP256r1', point)).toThrow(/not an uncompressed point/);
    }
  });

  test('explicit parameters with another base point are no known curve (CVE-2020-0601)', () => {
    const spki = key('brainpoolP256r1', 'explicit');
    const base = toHex(fromHex(CURVES.brainpoolP256r1.gx.toString(16)));
    const at = toHex(spki).indexOf(base) / 2;
    const changed = Uint8Array.from(spki);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => decodeSubjectPublicKeyInfo(changed)).toThrow(/not a curve of this system/);
  });

  test('RSA-2048: DG15 has 298 bytes', () => {
    const spki = Uint8Array.from(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'der' }));
    expect(decodeSubjectPublicKeyInfo(spki)).toMatchObject({ kind: 'rsa', bits: 2048, exponent: 65_537n });
    const file = dg15.encode({ subjectPublicKeyInfo: spki });
    expect(file).toHaveLength(298);
    expect(toHex(file.subarray(0, 4))).toBe('6F820126');
    expect(dg15.decode(file).subjectPublicKeyInfo).toEqual(spki);
  });

  test('other algorithms are refused as keys of a chip, and carried as DG15', () => {
    const spki = Uint8Array.from(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }));
    expect(() => decodeSubjectPublicKeyInfo(spki)).toThrow(/neither RSA nor EC/);
    expect(dg15.decode(dg15.encode({ subjectPublicKeyInfo: spki })).subjectPublicKeyInfo).toEqual(spki);
  });
});

test('DG14 repeats what EF.CardAccess announces, each once, and keeps the order that it was read in', () => {
  const announced = cardAccess.decode(vector('lds', 'lds.card-access.vietnam').bytes('file')).securityInfos;
  const { securityInfos } = dg14Of(announced, announced);
  expect(securityInfos).toEqual(announced);
  const disordered = { securityInfos: announced.toReversed() };
  expect(dg14.decode(dg14.encode(disordered))).toEqual(disordered);
});

test('LDSSecurityObject of six SHA-256 hashes has 256 bytes, 258 with NULL parameters (facts on the Vietnamese card §1.3)', () => {
  const dataGroupHashes = [1, 2, 3, 13, 14, 15].map((dataGroup) => ({ dataGroup, hash: new Uint8Array(32).fill(dataGroup) }));
  const plain = { hashAlgorithm: 'SHA-256', dataGroupHashes } as const;
  const bytes = ldsSecurityObject.encode(plain);
  expect(bytes).toHaveLength(256);
  expect(ldsSecurityObject.encode({ ...plain, hashParameters: 'null' })).toHaveLength(258);
  expect(toHex(bytes.subarray(8, 19))).toBe('0609608648016503040201');
});

test('the header of Vietnamese cards has 16 bytes', () => {
  expect(toHex(encodeTemplates([{ header: FACE_HEADER, record: new Uint8Array() }], anyFace))).toContain(
    'A10E8101028201008702010188020008',
  );
});
