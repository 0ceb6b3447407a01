import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChipPublicKeys } from '#encoder/drivers';
import { dg13, dg13Of, dg2, dg2Of, type FileName } from '#encoder/lds';
import { fromHex } from '#encoder/bytes';
import { dg13Citizen, dg13Grammar, type CitizenRecord } from '#encoder/profiles';
import type { InProcessReader, Reader } from '#encoder/readers';
import { makeRsaKey, type VirtualCard } from '#encoder/virtual-card';
import { blankSource, CHIP_ID, citizen, makeCard, printOf, PROFILE, testAuthority, type MakeOptions } from './testing.ts';
import { inspectCard, INSPECTION_CHECKS, unreadablePrint, type Inspection, type InspectionReport, type InspectionResult } from './index.ts';

const blanks = blankSource();
afterAll(() => blanks.remove());

const authority = testAuthority();
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
let record: CitizenRecord;
let other: CitizenRecord;
beforeAll(async () => {
  record = await citizen();
  other = await citizen({
    personalNumber: '079085004321',
    fullName: 'Trần Văn Bình',
    sex: 'male',
    dateOfBirth: '1985-07-01',
    dateOfExpiry: null,
  });
});

interface Made {
  readonly reader: InProcessReader;
  readonly card: VirtualCard;
  readonly keys: ChipPublicKeys;
}

async function made(options: Partial<MakeOptions> = {}, rsaKey?: ReturnType<typeof makeRsaKey>): Promise<Made> {
  const { reader, card } = blanks.insert(rsaKey);
  const connection = await reader.connect();
  const keys = await makeCard(connection, { record, sign: authority.sign, ...options });
  await connection.disconnect('unpower');
  return { reader, card, keys };
}

function inspect(reader: Pick<Reader, 'connect'>, changes: Partial<Inspection> = {}): Promise<InspectionResult> {
  return inspectCard({
    reader,
    print: printOf(record),
    order: { record, chipId: CHIP_ID },
    profile: PROFILE,
    passiveAuthenticator: authority,
    random,
    read: { readMax: 8192 },
    ...changes,
  });
}

/** Names of the checks that did not pass, with their codes. */
function failures({ checks }: InspectionReport): readonly string[] {
  return checks.filter(({ passed }) => !passed).map(({ check, code }) => `${check} ${code}`);
}

const ORDER_CHECKS: Readonly<Record<string, string>> = {
  'EF.CardAccess': 'order-card-access',
  'EF.COM': 'order-com',
  'EF.DG1': 'order-dg1',
  'EF.DG2': 'order-dg2',
  'EF.DG13': 'order-dg13',
  'EF.DG14': 'order-dg14',
  'EF.DG15': 'order-dg15',
  'EF.CVCA': 'order-cvca',
};

/** What is under Terminal Authentication is not read here: `any-profile.test.ts` reads it. */
const CLOSED = PROFILE.access.underTerminalAuthentication;
const OPEN_FILES = PROFILE.files.filter((name) => !CLOSED.some((number) => name === `EF.DG${number}`));

/** Every check of this profile, as often as it is made: once, but that each of the three ways finds closed what is closed. */
const CHECKS: readonly string[] = [
  'print-mrz',
  'print-qr',
  'card-access',
  'card-access-signed',
  'lock-in-clear',
  'lock-secured',
  'pace-mrz',
  'pace-can',
  'bac',
  'files',
  'passive-authentication',
  'active-authentication',
  'chip-authentication',
  ...OPEN_FILES.filter((name) => name !== 'EF.SOD').map((name) => ORDER_CHECKS[name] ?? name),
  ...CLOSED.flatMap((number) => [`dg${number}-closed`, `dg${number}-closed`, `dg${number}-closed`]),
];

describe('a card as it should be', () => {
  it('is good: every check of the profile passed, each with its clause, and the files come back', async () => {
    const { reader, keys } = await made();
    const { report, files } = await inspect(reader, { order: { record, chipId: CHIP_ID, chipKeys: keys } });
    expect(failures(report)).toEqual([]);
    expect(report).toMatchObject({ verdict: 'good', reasons: [], profile: PROFILE.id });
    expect(report.checks.map(({ check }) => check).toSorted()).toEqual(CHECKS.toSorted());
    expect(report.checks.every(({ check, clause }) => clause === INSPECTION_CHECKS[check])).toBe(true);
    expect([...files.keys()].toSorted()).toEqual(OPEN_FILES.toSorted());
    expect(report.files.map(({ name, bytes }) => [name, bytes])).toEqual(Array.from(files, ([name, bytes]) => [name, bytes.length]));
  });

  it('is good again, read in short APDUs: inspection changes nothing', async () => {
    const { reader } = await made();
    const first = await inspect(reader);
    const second = await inspect(reader, { read: {} });
    expect(second.report).toEqual(first.report);
    const third = await inspect(reader, { read: { readMax: 30_000, headerFirst: false } });
    expect(third.report).toEqual(first.report);
  });

  it('leaves nothing personal in the report', async () => {
    const { reader } = await made();
    for (const print of [printOf(record), printOf(other)]) {
      const { report } = await inspect(reader, { print });
      const text = JSON.stringify(report);
      for (const value of [
        '001190000123',
        '190000123',
        '000123',
        '900215',
        'NGUYEN',
        'Nguyễn',
        'Đào',
        '079085004321',
        'Phúc Xá',
        CHIP_ID,
      ]) {
        expect(text).not.toContain(value);
      }
    }
  });
});

describe('SWAPPED: face and chip of two people', () => {
  it("the print is another person's: it does not open the chip, the order does", async () => {
    const { reader } = await made();
    const { report } = await inspect(reader, { print: printOf(other) });
    expect(report.reasons).toEqual(['SWAPPED']);
    expect(failures(report)).toEqual(
      expect.arrayContaining([
        'print-mrz DIFFERS',
        'print-qr DIFFERS',
        'pace-mrz ACCESS_PASSWORD_WRONG',
        'pace-can ACCESS_PASSWORD_WRONG',
        'bac ACCESS_PASSWORD_WRONG',
      ]),
    );
    expect(report.checks.find(({ check }) => check === 'files')?.detail).toMatch(/order's MRZ opens/);
  });

  it("the chip is another person's: neither print nor order opens it", async () => {
    const { reader } = await made({ record: other });
    const { report } = await inspect(reader);
    expect(report.reasons).toEqual(['SWAPPED']);
    expect(failures(report)).toContain('pace-can ACCESS_PASSWORD_WRONG');
  });

  it("face and chip fit each other and are both another person's", async () => {
    const { reader } = await made({ record: other });
    const { report } = await inspect(reader, { print: printOf(other) });
    expect(report.reasons[0]).toBe('SWAPPED');
    expect(failures(report)).toEqual(expect.arrayContaining(['print-mrz DIFFERS', 'order-dg1 DIFFERS', 'order-dg13 DIFFERS']));
  });
});

describe('HALF_MADE and NOT_LOCKED', () => {
  it('a blank', async () => {
    const { report } = await inspect(blanks.insert().reader);
    expect(report.verdict).toBe('failed');
    expect(report.reasons).toEqual(expect.arrayContaining(['HALF_MADE', 'NOT_LOCKED']));
  });

  it('everything written, not locked', async () => {
    const { reader } = await made({ stopBefore: 'lock' });
    const { report } = await inspect(reader);
    expect(report.reasons).toEqual(expect.arrayContaining(['HALF_MADE', 'NOT_LOCKED']));
    expect(failures(report)).toContain('lock-in-clear ACCEPTED');
  });

  it.each(['EF.DG13', 'EF.SOD', 'EF.COM', 'EF.CardAccess'] as const)('locked without %s', async (name) => {
    const { reader } = await made({ leaveOut: [name] });
    const { report } = await inspect(reader);
    expect(report.verdict).toBe('failed');
    expect(report.reasons).toContain('HALF_MADE');
  });

  it.each([
    ['in clear', 0x00, 'lock-in-clear ACCEPTED'],
    ['inside secure messaging', 0x0c, 'lock-secured'],
  ])('a chip that answers a write with 9000, %s', async (_name, cla, failure) => {
    const { reader } = await made();
    const open: Pick<Reader, 'connect'> = {
      async connect() {
        const connection = await reader.connect();
        const transmit = (command: Uint8Array): Promise<Uint8Array> =>
          command[0] === cla && command[1] === 0xd6 ? Promise.resolve(fromHex('9000')) : connection.transmit(command);
        return { atr: connection.atr, transmit, disconnect: (disposition) => connection.disconnect(disposition) };
      },
    };
    const { report } = await inspect(open);
    expect(report.verdict).toBe('failed');
    expect(failures(report).join('\n')).toContain(failure);
    if (cla === 0) expect(report.reasons).toEqual(['NOT_LOCKED']);
  });
});

describe('DATA_MISMATCH', () => {
  const wrongly = (name: FileName, bytes: () => Uint8Array, dataGroup: number) => (): Partial<MakeOptions> => ({
    replace: new Map([[name, bytes()]]),
    sign: (dataGroups) => authority.sign(new Map([...dataGroups, [dataGroup, bytes()]])),
  });
  const dg13With = (changes: Partial<CitizenRecord>, chipId = CHIP_ID): Uint8Array =>
    dg13.encode(dg13Of(dg13Grammar(PROFILE), dg13Citizen(PROFILE, { ...record, ...changes }, chipId)));

  it.each([
    [
      'another residence in DG13',
      wrongly('EF.DG13', () => dg13With({ placeOfResidence: 'Số 2 Phố Mẫu' }), 13),
      'order-dg13',
      'DATA_MISMATCH',
    ],
    ['another chip id in DG13', wrongly('EF.DG13', () => dg13With({}, 'FFFFFFFFFFFFFFFF'), 13), 'order-dg13', 'FOREIGN'],
    ['another portrait in DG2', wrongly('EF.DG2', () => dg2.encode(dg2Of(flipped(record.portrait))), 2), 'order-dg2', 'DATA_MISMATCH'],
    ['a DG13 that is none', wrongly('EF.DG13', () => fromHex('6D03020101'), 13), 'order-dg13', 'DATA_MISMATCH'],
  ])('%s, rightly signed', async (_name, options, check, reason) => {
    const { reader } = await made(options());
    const { report } = await inspect(reader);
    expect(report.reasons).toEqual([reason]);
    expect(failures(report)).toEqual([`${check} DIFFERS`]);
  });

  it('a QR code with another residence', async () => {
    const { reader } = await made();
    const print = { ...printOf(record), qrText: printOf({ ...record, placeOfResidence: 'Số 2 Phố Mẫu' }).qrText };
    const { report } = await inspect(reader, { print });
    expect(report.reasons).toEqual(['DATA_MISMATCH']);
    expect(failures(report)).toEqual(['print-qr DIFFERS']);
  });

  it('a name line printed wrong, which opens the chip all the same', async () => {
    const { reader } = await made();
    const [line1 = '', line2 = '', line3 = ''] = printOf(record).mrz;
    const { report } = await inspect(reader, { print: { ...printOf(record), mrz: [line1, line2, line3.replace('DAO', 'BAO')] } });
    expect(report.reasons).toEqual(['DATA_MISMATCH']);
    expect(failures(report)).toEqual(['print-mrz DIFFERS']);
  });

  it('the wrong CAN in the chip', async () => {
    const { reader } = await made({ secrets: { mrzInformation: '190000123390021553002153', can: '999999' } });
    const { report } = await inspect(reader);
    expect(failures(report)).toContain('pace-can ACCESS_PASSWORD_WRONG');
    expect(report.reasons).not.toContain('CLONE');
    expect(report.verdict).toBe('failed');
  });
});

describe('SIGNATURE_INVALID and FOREIGN', () => {
  it('a file changed after signing', async () => {
    const { reader } = await made({ replace: new Map([['EF.DG2', dg2.encode(dg2Of(flipped(record.portrait)))]]) });
    const { report } = await inspect(reader);
    expect(report.reasons).toEqual(['DATA_MISMATCH', 'SIGNATURE_INVALID']);
    expect(failures(report)).toContain('passive-authentication DATA_GROUP_CHANGED');
  });

  it('a file in EF.SOD that EF.COM does not list', async () => {
    const { reader } = await made({ sign: (dataGroups) => authority.sign(new Map([...dataGroups, [11, new Uint8Array(3)]])) });
    const { report } = await inspect(reader);
    expect(report.reasons).toEqual(['SIGNATURE_INVALID']);
    expect(failures(report)).toEqual(['passive-authentication DATA_GROUP_NOT_READ']);
  });

  it('signed by somebody else', async () => {
    const { reader } = await made({ sign: testAuthority().sign });
    const { report } = await inspect(reader);
    expect(report.reasons).toEqual(['SIGNATURE_INVALID']);
  });

  it('a signer that hangs on no CSCA of ours', async () => {
    const { reader } = await made();
    const checks = [{ check: 'chain', outcome: 'failed', code: 'CSCA_UNKNOWN' }] as const;
    const { report } = await inspect(reader, { passiveAuthenticator: { verify: () => Promise.resolve({ good: false, checks }) } });
    expect(report.reasons).toEqual(['FOREIGN']);
  });

  it('keys that are not those recorded when the chip made them', async () => {
    const { reader, keys } = await made();
    const { keys: others } = await made();
    const { report } = await inspect(reader, {
      order: { record, chipId: CHIP_ID, chipKeys: { ...keys, chipAuthentication: others.chipAuthentication } },
    });
    expect(report.reasons).toEqual(['FOREIGN']);
    expect(failures(report)).toEqual(['order-dg14 DIFFERS']);
  });
});

describe('CLONE', () => {
  it('all files of a good card on a chip with other keys: files and signature are good, the chip proves nothing', async () => {
    const original = await made();
    const { files } = await inspect(original.reader);
    const clone = await made({ replace: files as ReadonlyMap<FileName, Uint8Array> }, makeRsaKey());
    const { report } = await inspect(clone.reader, { order: { record, chipId: CHIP_ID, chipKeys: original.keys } });
    expect(report.reasons).toEqual(['CLONE']);
    expect(failures(report)).toEqual(['active-authentication DIFFERS', 'chip-authentication ACCESS_SM_ABORTED']);
  });
});

describe('UNREADABLE, hostile chips and broken readers', () => {
  const talking = (transmit: (command: Uint8Array) => Promise<Uint8Array>): Pick<Reader, 'connect'> => ({
    connect: () => Promise.resolve({ atr: fromHex('3B00'), transmit, disconnect: () => Promise.resolve() }),
  });

  it.each(['', '9000', '6F00', '6982', '61FF', '6C00', `${'FF'.repeat(300)}9000`, '7C0280009000', '311430120609000000'])(
    'a chip that answers everything with %s fails without an exception',
    async (answer) => {
      const { report, files } = await inspect(talking(() => Promise.resolve(fromHex(answer))));
      expect(report.verdict).toBe('failed');
      expect(report.reasons.length).toBeGreaterThan(0);
      expect(files.size).toBe(0);
    },
  );

  it('a good chip with one answer spoilt, wherever it is, is never good and never crashes', async () => {
    const { reader } = await made();
    const count = reader.commands;
    await inspect(reader);
    const total = reader.commands - count;
    for (let at = 1; at <= total; at += 5) {
      let seen = 0;
      const spoilt: Pick<Reader, 'connect'> = {
        async connect() {
          const connection = await reader.connect();
          const transmit = async (command: Uint8Array): Promise<Uint8Array> => {
            const answer = await connection.transmit(command);
            seen += 1;
            return seen === at ? Uint8Array.from([...answer.slice(0, -2).map((byte) => byte ^ 0x55), 0x6f, 0x00]) : answer;
          };
          return { atr: connection.atr, transmit, disconnect: (disposition) => connection.disconnect(disposition) };
        },
      };
      const { report } = await inspect(spoilt);
      // A refused lock probe stays a refusal whatever its status word is.
      if (report.verdict === 'good') expect(at).toBeLessThanOrEqual(8);
    }
  });

  it('a card pulled out is no finding: it is thrown, and the next inspection is good', async () => {
    const { reader, card } = await made();
    const start = reader.commands;
    reader.onCommand = (command) => (command === start + 12 ? 'after' : undefined);
    await expect(inspect(reader)).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    reader.onCommand = undefined;
    reader.insert(card);
    expect((await inspect(reader)).report.verdict).toBe('good');
  });

  it('a face that could not be read', () => {
    expect(unreadablePrint(PROFILE.id, 'FACE_MRZ_NOT_FOUND')).toMatchObject({
      verdict: 'failed',
      reasons: ['UNREADABLE'],
      checks: [{ check: 'print-read', passed: false, code: 'FACE_MRZ_NOT_FOUND' }],
    });
  });

  it('a printed zone with a wrong check digit opens nothing and is named', async () => {
    const { reader } = await made();
    const [line1 = '', line2 = '', line3 = ''] = printOf(record).mrz;
    const { report } = await inspect(reader, { print: { ...printOf(record), mrz: [line1, line2.replace('F', 'M'), line3] } });
    expect(report.verdict).toBe('failed');
    expect(failures(report)).toContain('print-mrz DIFFERS');
  });
});

/** The same picture with another last byte before its end marker. */
function flipped(jpeg: Uint8Array): Uint8Array {
  const at = jpeg.length - 3;
  return jpeg.with(at, (jpeg[at] ?? 0) ^ 1);
}
