import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, fromHex, toHex, type Codec } from '#encoder/bytes';
import {
  cardAccess,
  dg1,
  dg13,
  dg14,
  dg2,
  efCom,
  ELEMENTARY_FILES,
  ldsSecurityObject,
  type Dg13Content,
  type FileName,
  type SecurityInfo,
} from './index.ts';
import { decodeTlvs } from '#encoder/tlv';
import { ldsSecurityObjectExamples } from './lds-security-object.ts';

interface Sample {
  readonly title: string;
  readonly codec: Codec<unknown>;
  readonly bytes: Uint8Array;
}

const samples: readonly Sample[] = [
  ...ELEMENTARY_FILES.flatMap(({ name, codec, examples }) => examples.map(({ hex }) => ({ title: name, codec, bytes: fromHex(hex) }))),
  ...ldsSecurityObjectExamples.map(({ hex }) => ({ title: 'LDSSecurityObject', codec: ldsSecurityObject, bytes: fromHex(hex) })),
];

/** A value whose encoding is the input again, or a DecodeError with a path and an offset inside the input. */
function decodesOrSaysWhere({ codec, bytes }: Omit<Sample, 'title'>): void {
  let value: unknown;
  try {
    value = codec.decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    const { path, offset } = error as DecodeError;
    expect(path).toMatch(/\S/);
    expect(offset).toBeGreaterThanOrEqual(0);
    expect(offset).toBeLessThanOrEqual(bytes.length);
    return;
  }
  expect(toHex(codec.encode(value))).toBe(toHex(bytes));
}

/** Files that are a series of data objects with nothing around them: cut between two of these, the rest is a file too. */
const SERIES: ReadonlySet<string> = new Set<FileName>(['EF.ATR/INFO', 'EF.DIR']);

function endsOfObjects({ title, bytes }: Sample): ReadonlySet<number> {
  return new Set(SERIES.has(title) ? decodeTlvs(bytes, title).map(({ offset = 0, value }) => offset + value.length) : []);
}

describe('bytes from outside', () => {
  test('cut anywhere: always a DecodeError', () => {
    for (const sample of samples) {
      const { title, codec, bytes } = sample;
      const ends = endsOfObjects(sample);
      for (let length = 0; length < bytes.length; length += 1) {
        if (ends.has(length)) decodesOrSaysWhere({ codec, bytes: bytes.subarray(0, length) });
        else expect(() => codec.decode(bytes.subarray(0, length)), `${title} cut at ${length}`).toThrow(DecodeError);
      }
    }
  });

  test('one byte more: always a DecodeError', () => {
    for (const { title, codec, bytes } of samples) {
      expect(() => codec.decode(Uint8Array.of(...bytes, 0)), title).toThrow(DecodeError);
    }
  });

  test('every byte set to 00, 7F, 80, 84 and FF: read canonically or refused with path and offset', () => {
    for (const { codec, bytes } of samples) {
      for (let at = 0; at < bytes.length; at += 1) {
        for (const value of [0x00, 0x7f, 0x80, 0x84, 0xff]) {
          const mutated = Uint8Array.from(bytes);
          mutated[at] = value;
          decodesOrSaysWhere({ codec, bytes: mutated });
        }
      }
    }
  });

  test('several random changes, insertions and removals', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'insert', 'remove'));
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.array(change, { minLength: 1, maxLength: 6 }), ({ codec, bytes }, changes) => {
        const mutated = Array.from(bytes);
        for (const [where, value, how] of changes) {
          const at = where % (mutated.length + 1);
          mutated.splice(at, how === 'insert' ? 0 : 1, ...(how === 'remove' ? [] : [value]));
        }
        decodesOrSaysWhere({ codec, bytes: Uint8Array.from(mutated) });
      }),
      { numRuns: 1500 },
    );
  });

  test('random bytes behind the right tag', () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.uint8Array({ maxLength: 127 }), ({ codec, bytes }, rest) => {
        decodesOrSaysWhere({ codec, bytes: Uint8Array.of(bytes[0] ?? 0, rest.length, ...rest) });
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['the tag of DG2 on DG1', dg1, '7503020101', 'DG1/61'],
    ['an indefinite length', efCom, '60800000', 'EF.COM'],
    ['a length in more bytes than needed', efCom, '6081165F0104303130375F36063034303030305C026175', 'EF.COM'],
    ['a length of five bytes', dg13, '6D850000000001', 'DG13'],
    ['a tag that does not end', dg2, `75087F61059F${'FF'.repeat(4)}`, 'DG2'],
    ['a data group twice in EF.COM', efCom, '60145F0104303130375F36063034303030305C026161', 'EF.COM/60/5C'],
    ['a tag in EF.COM that no data group has', efCom, '60145F0104303130375F36063034303030305C026177', 'EF.COM/60/5C'],
    ['DG1 of 91 characters', dg1, `615E5F1F5B${'3C'.repeat(91)}`, 'DG1/61/5F1F'],
    ['lower case in DG1', dg1, `615D5F1F5A${'61'.repeat(90)}`, 'DG1/61/5F1F'],
    ['no face in DG2', dg2, '75067F6103020100', 'DG2/75/7F61/02'],
    ['invalid UTF-8 in DG13', dg13, '6D17 3015 020101 060628D316010008 3108 3006 020102 0C01 FF', 'DG13/6D/30/31/30/0C'],
    ['fields of DG13 out of order', dg13, '6D1B 3019 020101 060628D316010008 310C 3003020103 3003020102 3000', 'DG13/6D/30/31/30'],
    ['a SecurityInfo that is no SEQUENCE', cardAccess, '3102 0500', 'EF.CardAccess/31[1]'],
    ['an object identifier with a padded arc', cardAccess, '3109 3007 0602 8001 020101', 'EF.CardAccess/31[1]/06'],
    [
      'hashes of the wrong size',
      ldsSecurityObject,
      '3020 020100 300B 0609608648016503040201 300E 3005 020101 0400 3005 020102 0400',
      'LDSSecurityObject/30',
    ],
  ])('%s', (_what, codec: Codec<unknown>, hex, path) => {
    expect(() => codec.decode(fromHex(hex))).toThrow(DecodeError);
    expect(() => codec.decode(fromHex(hex))).toThrow(expect.objectContaining({ path: expect.stringContaining(path) as string }) as Error);
  });

  test('more of anything than a card can have is refused before it is held', () => {
    const many = (count: number) => ({
      securityInfos: Array.from({ length: count }, (): SecurityInfo => ({
        kind: 'TerminalAuthenticationInfo',
        protocol: '0.4.0.127.0.7.2.2.2',
        version: 1,
      })),
    });
    expect(cardAccess.decode(cardAccess.encode(many(64))).securityInfos).toHaveLength(64);
    expect(() => cardAccess.decode(cardAccess.encode(many(65)))).toThrow(expect.objectContaining({ code: 'BYTES_LIMIT' }) as Error);
    const names = (count: number) =>
      fromHex(
        toHex(
          dg13.encode({ version: 1, fields: [{ index: 14, content: { kind: 'list', texts: Array.from({ length: count }, () => 'A') } }] }),
        ),
      );
    expect(() => names(17)).toThrow(RangeError);
    expect(dg13.decode(names(16)).fields).toHaveLength(1);
  });
});

const text = fc.string({ unit: fc.constantFrom(...Array.from('aĂặđ ,1Ỵ😀')), maxLength: 30 });
const content = fc.oneof<fc.Arbitrary<Dg13Content>[]>(
  fc.constant({ kind: 'none' }),
  text.map((value) => ({ kind: 'utf8', text: value })),
  fc.stringMatching(/^[A-Za-z0-9 '()+,\-./:=?]{0,30}$/).map((value) => ({ kind: 'printable', text: value })),
  fc.array(fc.option(text), { minLength: 1, maxLength: 4 }).map((texts) => ({ kind: 'list', texts })),
);

describe('round trips', () => {
  test('DG13 with any fields', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 32 }), { maxLength: 32 }),
        fc.array(content, { minLength: 32, maxLength: 32 }),
        (indexes, contents) => {
          const value = {
            version: 1,
            fields: indexes.toSorted((a, b) => a - b).map((index, at) => ({ index, content: contents[at] ?? { kind: 'none' as const } })),
          };
          expect(dg13.decode(dg13.encode(value))).toEqual(value);
        },
      ),
    );
  });

  const version = fc.integer({ min: 0, max: 300 });
  const optional = fc.option(fc.integer({ min: 0, max: 70_000 }), { nil: undefined });
  const info = fc.oneof<fc.Arbitrary<SecurityInfo>[]>(
    fc.record({ suite: fc.integer({ min: 1, max: 4 }), version, id: optional }).map(({ suite, version, id }) => ({
      kind: 'PACEInfo',
      protocol: `0.4.0.127.0.7.2.2.4.2.${suite}`,
      version,
      ...(id === undefined ? {} : { parameterId: id }),
    })),
    fc.record({ suite: fc.integer({ min: 1, max: 4 }), version, id: optional }).map(({ suite, version, id }) => ({
      kind: 'ChipAuthenticationInfo',
      protocol: `0.4.0.127.0.7.2.2.3.2.${suite}`,
      version,
      ...(id === undefined ? {} : { keyId: id }),
    })),
    version.map((value) => ({ kind: 'TerminalAuthenticationInfo', protocol: '0.4.0.127.0.7.2.2.2', version: value })),
  );

  test('SecurityInfos in any order', () => {
    fc.assert(
      fc.property(fc.array(info, { maxLength: 10 }), (securityInfos) => {
        expect(dg14.decode(dg14.encode({ securityInfos }))).toEqual({ securityInfos });
      }),
    );
  });

  test('DG2 with any picture and any claims about it', () => {
    const byte = fc.integer({ min: 0, max: 0xff });
    const short = fc.integer({ min: 0, max: 0xffff });
    const three = fc.integer({ min: 0, max: 0xffffff });
    const image = fc.record({
      gender: byte,
      eyeColour: byte,
      hairColour: byte,
      featureMask: three,
      expression: short,
      poseAngle: three,
      poseAngleUncertainty: three,
      featurePoints: fc.array(fc.uint8Array({ minLength: 8, maxLength: 8 }), { maxLength: 3 }),
      imageType: byte,
      dataType: byte,
      width: short,
      height: short,
      colourSpace: byte,
      sourceType: byte,
      deviceType: short,
      quality: short,
      data: fc.uint8Array({ maxLength: 400 }),
    });
    fc.assert(
      fc.property(fc.array(image, { minLength: 1, maxLength: 2 }), (images) => {
        const value = { faces: [{ header: { formatOwner: 0x0101, formatType: 0x0008 }, record: { images } }] };
        expect(dg2.decode(dg2.encode(value))).toEqual(value);
      }),
    );
  });
});
