import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cardAccess, dg14, efCom, type FileName } from '#encoder/lds';
import { type CardProfile, cccd2021Specimen, type CitizenRecord, loadProfile, profileById } from '#encoder/profiles';
import type { Reader } from '#encoder/readers';
import {
  blankSource,
  CHIP_ID,
  citizen,
  CVCA_REFERENCES,
  makeCard,
  type MakeOptions,
  printOf,
  testAuthority,
  testTerminal,
} from './testing.ts';
import {
  inspectCard,
  type Inspection,
  type InspectionReport,
  type InspectionResult,
  readCard,
  type CardReading,
  type PassiveAuthenticator,
  type TerminalAuthenticator,
} from './index.ts';

const blanks = blankSource();
afterAll(() => blanks.remove());

const authority = testAuthority();
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
let record: CitizenRecord;
beforeAll(async () => {
  record = await citizen();
});

/** The specimen with other members. */
function specimen(members: Readonly<Record<string, unknown>>): CardProfile {
  return loadProfile(JSON.stringify({ basedOn: 'cccd-2021-specimen', id: 'cccd-2021-specimen', ...members }));
}

const FILES = ['EF.CardAccess', 'EF.COM', 'EF.DG1', 'EF.DG2', 'EF.DG13', 'EF.DG14', 'EF.DG15'];
const GENERIC = { kind: 'PACEInfo', protocol: 'id-PACE-ECDH-GM-AES-CBC-CMAC-128', version: 2, parameterId: 13 };
const CHIP_AUTHENTICATION = { kind: 'ChipAuthenticationInfo', protocol: 'id-CA-ECDH-AES-CBC-CMAC-128', version: 1 };
const TERMINAL_AUTHENTICATION = { kind: 'TerminalAuthenticationInfo', protocol: 'id-TA', version: 1 };
const com = (...dataGroups: readonly number[]) => ({ ldsVersion: '0107', unicodeVersion: '040000', dataGroups });

/** Issue 3: "cards carry DG3 and EF.CVCA; EF.COM lists 1, 2, 3, 13, 15, 14". */
const WITH_FINGERS = specimen({
  files: [...FILES, 'EF.DG3', 'EF.CVCA', 'EF.SOD'],
  com: com(1, 2, 3, 13, 15, 14),
  dg3: { content: 'index-fingers' },
  access: {
    bac: true,
    pacePasswords: ['MRZ', 'CAN'],
    announces: [GENERIC, CHIP_AUTHENTICATION, TERMINAL_AUTHENTICATION],
    underTerminalAuthentication: [3],
  },
});

const MAPPING = { kind: 'PACEInfo', protocol: 'id-PACE-ECDH-CAM-AES-CBC-CMAC-256', version: 2, parameterId: 13 };
const WITHOUT_DG3 = { bac: false, pacePasswords: ['CAN'], underTerminalAuthentication: [] };
const PLAIN_FILES = { files: [...FILES, 'EF.SOD'], com: com(1, 2, 13, 15, 14), dg3: null };

/** Each makes and inspects a whole card on the reference chip; what they differ in is what EF.CardAccess and DG14 announce. */
const PROFILES: readonly (readonly [string, CardProfile])[] = [
  ['the specimen as installed', cccd2021Specimen],
  ['DG3 under Terminal Authentication', WITH_FINGERS],
  [
    'PACE by Integrated Mapping beside Generic Mapping, Chip Authentication with AES-256',
    specimen({
      ...PLAIN_FILES,
      access: {
        ...WITHOUT_DG3,
        bac: true,
        pacePasswords: ['MRZ', 'CAN'],
        announces: [
          { ...GENERIC, protocol: 'id-PACE-ECDH-IM-AES-CBC-CMAC-256' },
          GENERIC,
          { ...CHIP_AUTHENTICATION, protocol: 'id-CA-ECDH-AES-CBC-CMAC-256' },
        ],
      },
    }),
  ],
  [
    'PACE by DH, Chip Authentication with 3DES',
    specimen({
      ...PLAIN_FILES,
      access: {
        ...WITHOUT_DG3,
        announces: [
          { ...GENERIC, protocol: 'id-PACE-DH-GM-AES-CBC-CMAC-128', parameterId: 0 },
          { ...CHIP_AUTHENTICATION, protocol: 'id-CA-ECDH-3DES-CBC-CBC' },
        ],
      },
    }),
  ],
  [
    'PACE with Chip Authentication Mapping, EF.CardSecurity',
    specimen({
      ...PLAIN_FILES,
      files: [...FILES, 'EF.CardSecurity', 'EF.SOD'],
      access: { ...WITHOUT_DG3, announces: [MAPPING, CHIP_AUTHENTICATION] },
    }),
  ],
  [
    'Active Authentication with ECDSA',
    specimen({
      ...PLAIN_FILES,
      access: { ...WITHOUT_DG3, announces: [GENERIC, CHIP_AUTHENTICATION] },
      algorithms: {
        ...cccd2021Specimen.algorithms,
        activeAuthentication: { kind: 'ecdsa', curve: 'P-256', digest: 'SHA-256' },
      },
    }),
  ],
  ['icao-td1', profileById('icao-td1')],
  ['icao-td3', profileById('icao-td3')],
  ['icao-td3-bac', profileById('icao-td3-bac')],
  ['can-cuoc-2024', profileById('can-cuoc-2024')],
];

async function made(profile: CardProfile, options: Partial<MakeOptions> = {}): Promise<Pick<Reader, 'connect'>> {
  const { reader } = blanks.insert(undefined, options.driver);
  const connection = await reader.connect();
  await makeCard(connection, { record, profile, sign: authority.sign, signCardSecurity: authority.signCardSecurity, ...options });
  await connection.disconnect('unpower');
  return reader;
}

function inspect(
  profile: CardProfile,
  reader: Pick<Reader, 'connect'>,
  changes: Partial<Inspection> & { readonly ordered?: CitizenRecord } = {},
): Promise<InspectionResult> {
  const { ordered = record, ...others } = changes;
  return inspectCard({
    reader,
    print: printOf(ordered, profile),
    order: { record: ordered, chipId: CHIP_ID, cvcaReferences: CVCA_REFERENCES },
    profile,
    passiveAuthenticator: authority,
    random,
    read: { readMax: 8192 },
    ...others,
  });
}

type Report = Pick<InspectionReport, 'checks' | 'skipped'>;

function failures({ checks }: Report): readonly string[] {
  return checks.filter(({ passed }) => !passed).map(({ check, code }) => `${check} ${code}`);
}

function skips({ skipped }: Report): readonly string[] {
  return skipped.map(({ check, code }) => `${check} ${code}`);
}

function passes({ checks }: Report): readonly string[] {
  return checks.filter(({ passed }) => passed).map(({ check }) => check);
}

describe('every profile, by every way that it announces', () => {
  it.each(PROFILES)('%s: good with Terminal Authentication, good without, and read without any order', async (_name, profile) => {
    const reader = await made(profile);
    for (const tools of [{ terminalAuthenticator: testTerminal() }, {}]) {
      const { report } = await inspect(profile, reader, tools);
      expect(failures(report)).toEqual([]);
      expect(report.verdict).toBe('good');
      const ways = profile.access.announces.filter(({ kind }) => kind === 'PACEInfo').length * profile.access.pacePasswords.length;
      expect(passes(report).filter((check) => check.startsWith('pace-')).length).toBe(ways);
      expect(passes(report).filter((check) => check === 'bac').length).toBe(profile.access.bac ? 1 : 0);
    }
    // The chip takes the password MRZ whether its profile names it or not.
    const { report, files } = await read(reader, { secrets: { mrz: printOf(record, profile).mrz } });
    expect(failures(report)).toEqual([]);
    expect(report.verdict).toBe('good');
    expect(passes(report)).toContain(profile.access.announces.some(({ kind }) => kind === 'PACEInfo') ? 'pace-mrz' : 'bac');
    expect(files.has('EF.SOD')).toBe(true);
  });
});

describe('chips of other families, which share no code with the reference one', () => {
  it.each([
    ['passport-applet', profileById('icao-td3-bac'), ['bac', 'active-authentication']],
    ['passport-applet-pace', profileById('icao-td3'), ['pace-mrz', 'bac', 'chip-authentication']],
    ['cps', WITH_FINGERS, ['pace-can', 'bac', 'active-authentication', 'chip-authentication', 'terminal-authentication', 'order-dg3']],
  ] as const)('%s', async (driver, profile, proofs) => {
    const reader = await made(profile, { driver });
    const { report } = await inspect(profile, reader, { terminalAuthenticator: testTerminal(), read: {} });
    expect(failures(report)).toEqual([]);
    expect(report.verdict).toBe('good');
    expect(passes(report)).toEqual(expect.arrayContaining([...proofs]));
    const { mrz } = printOf(record, profile);
    for (const bac of [false, true]) {
      const reading = await read(reader, { secrets: { mrz }, bac, terminalAuthenticator: testTerminal() });
      expect(failures(reading.report)).toEqual([]);
    }
  });
});

describe('Doc 9303-11 §6.2: Chip Authentication, on a card of no known profile', () => {
  const plain = specimen({ ...PLAIN_FILES, access: { ...WITHOUT_DG3, announces: [GENERIC, CHIP_AUTHENTICATION] } });
  /** DG14 has the key and no protocol, as early passports have it. */
  const early = (): Partial<MakeOptions> => {
    const replace = new Map<FileName, Uint8Array>();
    const sign = (dataGroups: ReadonlyMap<number, Uint8Array>): Uint8Array => {
      const { securityInfos } = dg14.decode(dataGroups.get(14) ?? new Uint8Array(0));
      const bytes = dg14.encode({ securityInfos: securityInfos.filter(({ kind }) => kind !== 'ChipAuthenticationInfo') });
      replace.set('EF.DG14', bytes);
      replace.set('EF.CardAccess', cardAccess.encode({ securityInfos: securityInfos.filter(({ kind }) => kind === 'PACEInfo') }));
      return authority.sign(new Map([...dataGroups, [14, bytes]]));
    };
    return { replace, sign };
  };

  it.each([
    ['with protocol and key', {}],
    ['with a key alone: 3DES', early()],
  ])('%s: proven, and a chip that holds another key is a clone', async (_name, options) => {
    const secrets = { mrz: printOf(record, plain).mrz };
    const original = await read(await made(plain, options), { secrets });
    expect(failures(original.report)).toEqual([]);
    expect(passes(original.report)).toContain('chip-authentication');
    const clone = await made(plain, { replace: original.files as ReadonlyMap<FileName, Uint8Array> });
    const { report } = await read(clone, { secrets });
    expect(failures(report)).toEqual(['chip-authentication ACCESS_SM_ABORTED']);
    expect(report.reasons).toEqual(['CLONE']);
  });
});

describe('Doc 9303-11 §4.2: EF.CardAccess, by which PACE was run, is verified against DG14', () => {
  const plain = specimen({ ...PLAIN_FILES, access: { ...WITHOUT_DG3, bac: true, announces: [GENERIC, CHIP_AUTHENTICATION] } });

  it('threat: a card without DG14, which nobody has signed the parameters of', async () => {
    const reader = await made(plain, {
      leaveOut: ['EF.DG14'],
      replace: new Map([['EF.COM', efCom.encode(com(1, 2, 13, 15))]]),
      sign: (dataGroups) => authority.sign(new Map([...dataGroups].filter(([number]) => number !== 14))),
    });
    const { report } = await read(reader, { secrets: { mrz: printOf(record, plain).mrz } });
    expect(failures(report)).toEqual(['card-access-signed DIFFERS']);
    expect(report.reasons).toEqual(['DATA_MISMATCH']);
  });
});

describe('Doc 9303-11 §4.4.3.5: Chip Authentication Mapping', () => {
  const profile = specimen({
    ...PLAIN_FILES,
    files: [...FILES, 'EF.CardSecurity', 'EF.SOD'],
    access: { ...WITHOUT_DG3, announces: [MAPPING, GENERIC, CHIP_AUTHENTICATION] },
  });

  it('is proven by the key of EF.CardSecurity, which must be signed; the file is compared with the order', async () => {
    const { report } = await inspect(profile, await made(profile));
    expect(passes(report)).toEqual(expect.arrayContaining(['card-security', 'chip-authentication-mapping', 'order-card-security']));
  });

  it('threat: EF.CardSecurity of another card, rightly signed, proves nothing: a clone', async () => {
    const { files } = await inspect(profile, await made(profile));
    const other = files.get('EF.CardSecurity') ?? new Uint8Array(0);
    const { report } = await inspect(profile, await made(profile, { signCardSecurity: () => other }));
    expect(failures(report)).toEqual(['chip-authentication-mapping DIFFERS', 'order-card-security DIFFERS']);
    expect(report.reasons).toEqual(['FOREIGN', 'CLONE']);
  });

  it('threat: EF.CardSecurity signed by somebody else: its key is believed by nobody', async () => {
    const { report } = await inspect(profile, await made(profile, { signCardSecurity: testAuthority().signCardSecurity }));
    expect(failures(report)).toEqual([
      'card-security SOD_SIGNATURE_INVALID',
      'chip-authentication-mapping NOT_PERFORMED',
      'order-card-security NOT_PERFORMED',
    ]);
  });

  it('nobody verifies EF.CardSecurity: what the profile asks for was not performed', async () => {
    const onlySod: PassiveAuthenticator = { verify: (efSod, dataGroups) => authority.verify(efSod, dataGroups) };
    const { report } = await inspect(profile, await made(profile), { passiveAuthenticator: onlySod });
    expect(report.verdict).toBe('failed');
    expect(failures(report)).toContain('chip-authentication-mapping NOT_PERFORMED');
  });
});

describe('Doc 9303-11 §7.1: DG3 opens to Terminal Authentication and to nobody else', () => {
  const terminal = testTerminal();

  it('with it: read, hashed in EF.SOD, and both fingers are those of the order', async () => {
    const { report, files } = await inspect(WITH_FINGERS, await made(WITH_FINGERS), { terminalAuthenticator: terminal });
    expect(passes(report)).toEqual(expect.arrayContaining(['terminal-authentication', 'extended-access', 'order-dg3', 'order-cvca']));
    expect(skips(report)).toEqual([]);
    expect(files.has('EF.DG3')).toBe(true);
    // Closed by each of the three ways, and after Chip Authentication.
    expect(passes(report).filter((check) => check === 'dg3-closed')).toHaveLength(3);
  });

  it('without it: refused, and its checks are skipped with the reason', async () => {
    const { report, files } = await inspect(WITH_FINGERS, await made(WITH_FINGERS));
    expect(report.verdict).toBe('good');
    expect(passes(report)).toContain('dg3-closed');
    expect(files.has('EF.DG3')).toBe(false);
    expect(skips(report)).toEqual([
      'terminal-authentication NO_TERMINAL_KEY',
      'extended-access NO_TERMINAL_KEY',
      'passive-authentication DATA_GROUP_NOT_READ',
      'order-dg3 NO_TERMINAL_KEY',
    ]);
  });

  it('threat: the chip trusts a CVCA that its own plant has no certificates under: foreign, and DG3 is not taken on trust', async () => {
    const { report } = await inspect(WITH_FINGERS, await made(WITH_FINGERS), { terminalAuthenticator: STRANGER });
    expect(failures(report)).toEqual(['terminal-authentication NO_CERTIFICATE_CHAIN']);
    expect(report.reasons).toEqual(['FOREIGN']);
  });

  it('threat: another CVCA than the one that the chip was given', async () => {
    const { report } = await inspect(WITH_FINGERS, await made(WITH_FINGERS), {
      terminalAuthenticator: terminal,
      order: { record, chipId: CHIP_ID, cvcaReferences: ['VNCVCA00007'] },
    });
    expect(failures(report)).toEqual(['order-cvca DIFFERS']);
  });

  it('a good chip with one answer spoilt, wherever it is, never crashes, and DG3 is never good without its check', async () => {
    const reader = await made(WITH_FINGERS);
    let total = 0;
    const counting = spoiling(reader, () => void (total += 1));
    await inspect(WITH_FINGERS, counting, { terminalAuthenticator: terminal });
    for (let at = 3; at <= total; at += 11) {
      let seen = 0;
      const spoilt = spoiling(reader, () => ++seen === at);
      const { report } = await inspect(WITH_FINGERS, spoilt, { terminalAuthenticator: terminal });
      if (report.verdict === 'good') expect(passes(report)).toEqual(expect.arrayContaining(['order-dg3', 'dg3-closed']));
    }
  });

  it('a terminal without the right: authenticated, and DG3 stays closed', async () => {
    const { report } = await inspect(WITH_FINGERS, await made(WITH_FINGERS), { terminalAuthenticator: testTerminal(0x02) });
    expect(report.verdict).toBe('good');
    expect(passes(report).filter((check) => check === 'dg3-closed')).toHaveLength(4);
    expect(skips(report)).toContain('order-dg3 NOT_READ');
  });

  it('a terminal whose key is another one is refused by the chip, and the card is not good', async () => {
    const sign = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array(64).fill(1));
    const { report } = await inspect(WITH_FINGERS, await made(WITH_FINGERS), { terminalAuthenticator: { ...terminal, sign } });
    expect(failures(report)).toEqual(['terminal-authentication ACCESS_REFUSED']);
    expect(report.reasons).toEqual(['FOREIGN']);
  });

  it("threat: another person's fingers, rightly signed", async () => {
    const other = await citizen({ leftIndexFinger: record.rightIndexFinger });
    const { files } = await inspect(WITH_FINGERS, await made(WITH_FINGERS, { record: other }), {
      ordered: other,
      terminalAuthenticator: terminal,
    });
    const dg3 = files.get('EF.DG3') ?? new Uint8Array(0);
    const reader = await made(WITH_FINGERS, {
      replace: new Map([['EF.DG3', dg3]]),
      sign: (dataGroups) => authority.sign(new Map([...dataGroups, [3, dg3]])),
    });
    const { report } = await inspect(WITH_FINGERS, reader, { terminalAuthenticator: terminal });
    expect(failures(report)).toEqual(['order-dg3 DIFFERS']);
    expect(report.reasons).toEqual(['DATA_MISMATCH']);
  });

  it('threat: fingers changed after signing', async () => {
    const other = await citizen({ leftIndexFinger: record.rightIndexFinger });
    const { files } = await inspect(WITH_FINGERS, await made(WITH_FINGERS, { record: other }), {
      ordered: other,
      terminalAuthenticator: terminal,
    });
    const reader = await made(WITH_FINGERS, { replace: new Map([['EF.DG3', files.get('EF.DG3') ?? new Uint8Array(0)]]) });
    const { report } = await inspect(WITH_FINGERS, reader, { terminalAuthenticator: terminal });
    expect(failures(report)).toEqual(['passive-authentication DATA_GROUP_CHANGED', 'order-dg3 DIFFERS']);
  });

  it('threat: a chip whose DG3 anybody reads is not locked', async () => {
    const open = specimen({
      files: [...FILES, 'EF.SOD'],
      com: com(1, 2, 13, 15, 14),
      dg3: null,
      access: { ...WITHOUT_DG3, announces: [GENERIC, CHIP_AUTHENTICATION] },
    });
    // The reference chip never opens it: the profile says that DG13, which every reader may see, were under Terminal Authentication.
    const reader = await made(open);
    const { report } = await inspect({ ...open, access: { ...open.access, underTerminalAuthentication: [13] } }, reader);
    expect(report.verdict).toBe('failed');
    expect(report.reasons).toContain('NOT_LOCKED');
  });

  it('a chip without DG3, though its EF.COM lists it, is half made', async () => {
    const { report } = await inspect(WITH_FINGERS, await made(WITH_FINGERS, { leaveOut: ['EF.DG3'] }), { terminalAuthenticator: terminal });
    expect(report.reasons).toContain('HALF_MADE');
  });
});

/** An inspection system of another country. */
const STRANGER: TerminalAuthenticator = {
  chainFor: () => Promise.resolve(null),
  sign: () => Promise.reject(new Error('not asked')),
};

describe('any card, of which no order is known', () => {
  it.each([
    ['the CAN', () => ({ secrets: { can: printOf(record, WITH_FINGERS).can ?? '' } }), 'pace-can'],
    ['the MRZ', () => ({ secrets: { mrz: printOf(record, WITH_FINGERS).mrz } }), 'pace-mrz'],
    ['BAC, though PACE is announced', () => ({ secrets: { mrz: printOf(record, WITH_FINGERS).mrz }, bac: true }), 'bac'],
  ])('by %s, with Terminal Authentication', async (_name, options, check) => {
    const reader = await made(WITH_FINGERS);
    const { report, files } = await read(reader, { ...options(), terminalAuthenticator: testTerminal() });
    expect(failures(report)).toEqual([]);
    expect(passes(report)).toEqual(
      expect.arrayContaining([check, 'files', 'active-authentication', 'chip-authentication', 'dg3-closed', 'terminal-authentication']),
    );
    expect(skips(report)).toEqual(['lock-in-clear NOT_ASKED_FOR', 'lock-secured NOT_ASKED_FOR']);
    expect([...files.keys()]).toEqual(expect.arrayContaining(['EF.CardAccess', 'EF.DG3', 'EF.CVCA', 'EF.SOD']));
  });

  it('no certificates for the keys that the chip names: skipped, with their names', async () => {
    const { report } = await read(await made(WITH_FINGERS), {
      secrets: { can: printOf(record).can ?? '' },
      terminalAuthenticator: STRANGER,
    });
    expect(report.verdict).toBe('good');
    expect(report.skipped).toContainEqual({
      check: 'terminal-authentication',
      clause: 'Doc 9303-11 §7.1',
      code: 'NO_CERTIFICATE_CHAIN',
      detail: 'VNCVCA00001',
    });
  });

  it('lock probes on request', async () => {
    const { report } = await read(await made(WITH_FINGERS), { secrets: { can: printOf(record).can ?? '' }, lockProbes: true });
    expect(passes(report)).toEqual(expect.arrayContaining(['lock-in-clear', 'lock-secured']));
  });

  it('sends no command that could change a card unless asked to', async () => {
    const reader = await made(WITH_FINGERS);
    const instructions = new Set<number>();
    await read(reader, {
      secrets: { mrz: printOf(record).mrz },
      bac: true,
      terminalAuthenticator: testTerminal(),
      trace: ({ command }) => void instructions.add(command[1] ?? 0),
    });
    expect([...instructions].toSorted((a, b) => a - b)).toEqual([0x22, 0x2a, 0x82, 0x84, 0x86, 0x88, 0xa4, 0xb0]);
  });

  it('a wrong CAN: unreadable, nothing else is claimed', async () => {
    const { report, files } = await read(await made(WITH_FINGERS), { secrets: { can: '000000' } });
    expect(report).toMatchObject({ verdict: 'failed', reasons: ['UNREADABLE'] });
    expect(failures(report)).toContain('pace-can ACCESS_PASSWORD_WRONG');
    expect(files.has('EF.COM')).toBe(false);
  });

  it('a zone whose names are not those of DG1', async () => {
    const [line1 = '', line2 = '', line3 = ''] = printOf(record, WITH_FINGERS).mrz;
    const mrz = [line1, line2, line3.replace('DAO', 'BAO')];
    const { report } = await read(await made(WITH_FINGERS), { secrets: { mrz } });
    expect(failures(report)).toEqual(['print-dg1 DIFFERS']);
  });

  it('a signature that nobody here knows is not good', async () => {
    const { report } = await read(await made(WITH_FINGERS, { sign: testAuthority().sign }), { secrets: { mrz: printOf(record).mrz } });
    expect(report.reasons).toEqual(['SIGNATURE_INVALID']);
  });

  it.each(['6F00', '9000', '6982', ''])('a chip that answers everything with %s', async (answer) => {
    const transmit = (): Promise<Uint8Array> => Promise.resolve(Uint8Array.from(Buffer.from(answer, 'hex')));
    const connect = () => Promise.resolve({ atr: new Uint8Array(2), transmit, disconnect: () => Promise.resolve() });
    const { report } = await read({ connect }, { secrets: { mrz: printOf(record).mrz } });
    expect(report.verdict).toBe('failed');
  });
});

/** The same card behind a wire that flips bits and the status of the answers it is told to. */
function spoiling(reader: Pick<Reader, 'connect'>, when: () => unknown): Pick<Reader, 'connect'> {
  return {
    async connect() {
      const connection = await reader.connect();
      const transmit = async (command: Uint8Array): Promise<Uint8Array> => {
        const answer = await connection.transmit(command);
        return when() === true ? Uint8Array.from([...answer.slice(0, -2).map((byte) => byte ^ 0x55), 0x6f, 0x00]) : answer;
      };
      return { atr: connection.atr, transmit, disconnect: (disposition) => connection.disconnect(disposition) };
    },
  };
}

function read(reader: Pick<Reader, 'connect'>, changes: Partial<CardReading>) {
  return readCard({ reader, passiveAuthenticator: authority, random, secrets: {}, ...changes });
}
