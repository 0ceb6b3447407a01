import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, fromHex, toHex, type Codec } from '#encoder/bytes';
import { derBitString, derNull, derOctetString, derOid, derSequence, encodeTag, tlv } from '#encoder/tlv';
import {
  cardAccess,
  DATA_GROUP_TAGS,
  dg14,
  dg15,
  efCom,
  efSod,
  ELEMENTARY_FILES,
  ldsSecurityObject,
  PROTOCOL,
  type HashName,
  type LdsSecurityObject,
  type SecurityInfo,
} from './index.ts';

/** What is written is read back, and what is read is written back byte for byte. */
function bothWays<T>(codec: Codec<T>, values: fc.Arbitrary<T>): void {
  fc.assert(
    fc.property(values, (value) => {
      const bytes = codec.encode(value);
      expect(codec.decode(bytes)).toEqual(value);
      expect(toHex(codec.encode(codec.decode(bytes)))).toBe(toHex(bytes));
    }),
  );
}

const digits = (count: number) => fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), minLength: count, maxLength: count });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const dotted = fc
  .tuple(fc.constantFrom('1.2', '2.16', '0.4', '2.999'), fc.array(fc.nat(0xffff_ffff), { minLength: 1, maxLength: 8 }))
  .map(([root, arcs]) => [root, ...arcs].join('.'));

describe('round trips', () => {
  test('EF.COM with any versions and any data groups in any order', () => {
    const dataGroups = fc.shuffledSubarray([...DATA_GROUP_TAGS.keys()]);
    bothWays(efCom, fc.record({ ldsVersion: digits(4), unicodeVersion: digits(6), dataGroups }));
  });

  test('LDSSecurityObject, both versions, every hash, 2 to 16 data groups in any order', () => {
    const sizes = { 'SHA-1': 20, 'SHA-224': 28, 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 } as const satisfies Record<HashName, number>;
    const object = fc
      .record({
        hashAlgorithm: fc.constantFrom(...(Object.keys(sizes) as HashName[])),
        withNull: fc.boolean(),
        dataGroups: fc.shuffledSubarray(
          Array.from({ length: 16 }, (_, at) => at + 1),
          { minLength: 2 },
        ),
        fill: fc.nat(255),
        info: fc.option(fc.record({ ldsVersion: digits(4), unicodeVersion: digits(6) })),
      })
      .map(({ hashAlgorithm, withNull, dataGroups, fill, info }): LdsSecurityObject => ({
        hashAlgorithm,
        ...(withNull ? { hashParameters: 'null' } : {}),
        dataGroupHashes: dataGroups.map((dataGroup) => ({ dataGroup, hash: new Uint8Array(sizes[hashAlgorithm]).fill(fill) })),
        ...(info === null ? {} : { ldsVersionInfo: info }),
      }));
    bothWays(ldsSecurityObject, object);
  });

  test('LDSSecurityObject: the version tells whether LDSVersionInfo is there (§4.6.2.3)', () => {
    const hashes = [1, 2].map((dataGroup) => ({ dataGroup, hash: new Uint8Array(32) }));
    const info = { ldsVersion: '0108', unicodeVersion: '040000' };
    const [v0, v1] = [{}, { ldsVersionInfo: info }].map((more) =>
      toHex(ldsSecurityObject.encode({ hashAlgorithm: 'SHA-256', dataGroupHashes: hashes, ...more })),
    );
    for (const wrong of [v0?.replace('020100', '020101'), v1?.replace('020101', '020100')]) {
      expect(() => ldsSecurityObject.decode(fromHex(wrong ?? ''))).toThrow(DecodeError);
    }
  });

  test('EF.SOD around any content of any type', () => {
    const contentInfo = fc.tuple(dotted, bytes(300)).map(([type, content]) => derSequence(derOid(type), tlv(0xa0, content)));
    bothWays(
      efSod,
      contentInfo.map((value) => ({ contentInfo: value })),
    );
  });

  const publicKeyInfo = fc
    .tuple(dotted, fc.option(dotted), bytes(300))
    .map(([algorithm, parameters, key]) =>
      derSequence(derSequence(derOid(algorithm), parameters === null ? derNull() : derOid(parameters)), derBitString(key)),
    );

  test('DG15 with any key of any algorithm', () => {
    bothWays(
      dg15,
      publicKeyInfo.map((subjectPublicKeyInfo) => ({ subjectPublicKeyInfo })),
    );
  });

  test('DG14 and EF.CardAccess with every kind of SecurityInfo', () => {
    const number = fc.nat(0x7fff_ffff);
    const optional = <K extends string>(name: K) => fc.option(number).map((value) => (value === null ? {} : { [name]: value }));
    const info = fc.oneof<fc.Arbitrary<SecurityInfo>[]>(
      fc.tuple(publicKeyInfo, optional('keyId')).map(([subjectPublicKeyInfo, more]) => ({
        kind: 'ChipAuthenticationPublicKeyInfo',
        protocol: PROTOCOL['id-PK-ECDH'],
        subjectPublicKeyInfo,
        ...more,
      })),
      fc.record({
        kind: fc.constant('ActiveAuthenticationInfo' as const),
        protocol: fc.constant(PROTOCOL['id-icao-mrtd-security-aaProtocolObject']),
        version: number,
        signatureAlgorithm: dotted,
      }),
      fc.tuple(number, fc.option(bytes(30))).map(([version, file]) => ({
        kind: 'TerminalAuthenticationInfo',
        protocol: PROTOCOL['id-TA'],
        version,
        ...(file === null ? {} : { efCvca: derSequence(derOctetString(file)) }),
      })),
      fc
        .tuple(
          dotted.filter((protocol) => !Object.values<string>(PROTOCOL).includes(protocol)),
          bytes(60),
        )
        .map(([protocol, value]) => ({ kind: 'unknown', protocol, raw: derSequence(derOid(protocol), derOctetString(value)) })),
    );
    const infos = fc.array(info, { maxLength: 12 }).map((securityInfos) => ({ securityInfos }));
    bothWays(dg14, infos);
    bothWays(cardAccess, infos);
  });
});

/** Threat: a file as large as a chip can hold, made of the smallest pieces there are, or of nothing but openings. */
describe('floods of 200 000 bytes', () => {
  const PIECES = {
    'empty data objects': '0500',
    'empty sequences': '3000',
    'empty octets': '0400',
    'context tags': '8000',
    names: '5F0F00',
  };

  test.each(ELEMENTARY_FILES.map((file) => [file.name, file] as const))('%s', (_name, { codec, tag }) => {
    for (const piece of Object.values(PIECES).map(fromHex)) {
      const flood = new Uint8Array(200_000 - (200_000 % piece.length)).map((_, at) => piece[at % piece.length] ?? 0);
      for (const file of [tlv(tag, flood), tlv(tag, tlv(0x30, flood)), tlv(tag, tlv(0x31, flood)), tlv(tag, tlv(0x7f61, flood)), flood]) {
        expect(() => codec.decode(file)).toThrow(DecodeError);
      }
    }
  });

  test.each(ELEMENTARY_FILES.map((file) => [file.name, file] as const))('%s that only opens', (_name, { codec, tag }) => {
    let nested = new Uint8Array();
    for (let depth = 0; depth < 2000; depth += 1) nested = Uint8Array.from(tlv(0x30, nested));
    for (const file of [tlv(tag, nested), tlv(tag, tlv(0x7f61, nested)), encodeTag(tag)]) {
      expect(() => codec.decode(file)).toThrow(DecodeError);
    }
  });
});
