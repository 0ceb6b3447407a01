import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromHex } from '#encoder/bytes';
import { ecSubjectPublicKeyInfo, type FileName } from '#encoder/lds';
import { type CitizenRecord, cccd2021Specimen } from '#encoder/profiles';
import { derBitString, derInteger, derNull, derOid, derSequence, tlv } from '#encoder/tlv';
import { blankSource, citizen, makeCard, printOf, testAuthority } from './testing.ts';
import { type CardReadingResult, readCard } from './index.ts';

const blanks = blankSource();
afterAll(() => blanks.remove());

const authority = testAuthority();
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
let record: CitizenRecord;
beforeAll(async () => {
  record = await citizen();
});

const NUMBERS: Readonly<Partial<Record<FileName, number>>> = { 'EF.DG1': 1, 'EF.DG2': 2, 'EF.DG13': 13, 'EF.DG14': 14, 'EF.DG15': 15 };

/** A locked card of which one file is another one, rightly signed: nothing but what the file holds is wrong with it. */
async function readWith(name: FileName, bytes: Uint8Array): Promise<CardReadingResult> {
  const { reader } = blanks.insert();
  const connection = await reader.connect();
  const number = NUMBERS[name];
  const sign = (dataGroups: ReadonlyMap<number, Uint8Array>): Uint8Array =>
    authority.sign(number === undefined ? dataGroups : new Map([...dataGroups, [number, bytes]]));
  await makeCard(connection, { record, profile: cccd2021Specimen, sign, replace: new Map([[name, bytes]]) });
  await connection.disconnect('unpower');
  const { mrz } = printOf(record);
  return readCard({ reader, secrets: { mrz }, passiveAuthenticator: authority, random, read: { readMax: 8192 } });
}

function rsaKey(modulus: bigint, exponent: bigint): Uint8Array {
  const key = derSequence(derInteger(modulus), derInteger(exponent));
  return tlv(0x6f, derSequence(derSequence(derOid('1.2.840.113549.1.1.1'), derNull()), derBitString(key)));
}

const com = (list: string): Uint8Array => tlv(0x60, fromHex('5F010430313037 5F3606303430303030'), tlv(0x5c, fromHex(list)));
const ODD = (1n << 2047n) + 1n;

describe('bad input §5.7: files that a chip may hold, on a card that is sound otherwise', () => {
  it.each<readonly [string, FileName, Uint8Array, string]>([
    ['EF.COM that lists a data group twice', 'EF.COM', com('6175617561'), 'files BYTES_UNEXPECTED'],
    ['EF.COM that lists what there is not', 'EF.COM', com('61756D6F6E6B6C'), 'files CARD_REFUSED'],
    ['EF.COM that lists a tag of no data group', 'EF.COM', com('6177'), 'files BYTES_UNEXPECTED'],
    ['EF.COM with a list without an end', 'EF.COM', com('61'.repeat(4000)), 'files BYTES_UNEXPECTED'],
    ['EF.COM that is none', 'EF.COM', tlv(0x60, new Uint8Array(30_000)), 'files BYTES_UNEXPECTED'],
    ['EF.CardAccess that is no set', 'EF.CardAccess', tlv(0x31, new Uint8Array(3000)), 'card-access BYTES_UNEXPECTED'],
    [
      'EF.CardAccess of ten thousand empty objects',
      'EF.CardAccess',
      tlv(0x31, fromHex('3000'.repeat(10_000))),
      'card-access BYTES_TRUNCATED',
    ],
    ['EF.CardAccess nested without an end', 'EF.CardAccess', tlv(0x31, nested(0x30, 1000)), 'card-access BYTES_UNEXPECTED'],
    ['EF.SOD that is none', 'EF.SOD', tlv(0x77, new Uint8Array(60_000)), 'passive-authentication SOD_MALFORMED'],
    ['EF.SOD nested without an end', 'EF.SOD', tlv(0x77, nested(0x30, 5000)), 'passive-authentication SOD_MALFORMED'],
    ['DG2 in the place of DG1', 'EF.DG1', tlv(0x75, new Uint8Array(90)), 'print-dg1 BYTES_UNEXPECTED'],
    ['DG14 whose key is off its curve', 'EF.DG14', offCurve(), 'chip-authentication BYTES_UNEXPECTED'],
    ['DG14 of two megabytes by its own word', 'EF.DG14', fromHex('6E831FFFFF00'), 'files ACCESS_FILE_INVALID'],
    ['DG15 with the exponent 1', 'EF.DG15', rsaKey(ODD, 1n), 'active-authentication ACCESS_UNSUPPORTED'],
    ['DG15 with an even modulus', 'EF.DG15', rsaKey(ODD + 1n, 65_537n), 'active-authentication ACCESS_UNSUPPORTED'],
    ['DG15 of 512 bits', 'EF.DG15', rsaKey((1n << 511n) + 1n, 65_537n), 'active-authentication ACCESS_UNSUPPORTED'],
    ['DG15 that is no key', 'EF.DG15', tlv(0x6f, fromHex('0500')), 'active-authentication BYTES_UNEXPECTED'],
  ])('%s: not good, named, and nothing of the card in the report', async (_what, name, bytes, failure) => {
    const { report } = await readWith(name, bytes);
    expect(report.verdict).toBe('failed');
    const [first, ...others] = report.checks.filter(({ passed }) => !passed);
    expect(`${first?.check} ${first?.code}`).toBe(failure);
    for (const { code } of others) expect(['NOT_PERFORMED', 'DIFFERS']).toContain(code);
    for (const value of [record.personalNumber, record.fullName, ...printOf(record).mrz])
      expect(JSON.stringify(report)).not.toContain(value);
  });
});

function nested(tag: number, depth: number): Uint8Array {
  let bytes: Uint8Array = new Uint8Array(0);
  for (let level = 0; level < depth; level += 1) bytes = tlv(tag, bytes);
  return bytes;
}

/** The key of Chip Authentication with a coordinate changed in one bit. */
function offCurve(): Uint8Array {
  const spki = generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).publicKey.export({ type: 'spki', format: 'der' });
  const point = Uint8Array.from(spki.subarray(-65));
  const key = ecSubjectPublicKeyInfo('brainpoolP256r1', point);
  key[key.length - 1] = (key.at(-1) ?? 0) ^ 1;
  const announced = derSequence(derOid('0.4.0.127.0.7.2.2.3.2.2'), derInteger(1));
  return tlv(0x6e, tlv(0x31, announced, derSequence(derOid('0.4.0.127.0.7.2.2.1.2'), key)));
}
