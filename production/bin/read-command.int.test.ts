import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { cvCertificate, cvDomainParameters } from '#encoder/cv-certificate';
import { referenceDriver } from '#encoder/drivers';
import { directoryOf, fileByName, FILES, type FileName } from '#encoder/lds';
import { personalise, planPersonalisation, prepareChip, type PersonalisationJournal } from '#encoder/personalisation';
import { accessSecretsFor, buildDataGroups, chipKeyAlgorithms, loadProfile, zoneFor, type CitizenRecord } from '#encoder/profiles';
import { inProcessReader, openChildReader } from '#encoder/readers';
import {
  blankImage,
  ecPair,
  imageFolder,
  issue,
  oneRsaKey,
  READER_PROGRAM,
  SPECIMEN_CITIZEN,
  startTestPcscd,
  type TestPcscd,
  openAsPlant,
} from '#encoder/testing';
import { VirtualCard, VirtualSlot } from '#encoder/virtual-card';
import { SoftwareHsm } from '#hsm-mocks';
import { issueSod, prepareSod } from '#pki/sod';
import { NOW, specimenPki, type SpecimenPki } from '#pki/testing';
import { addDays } from '#pki/x509';
import { runCommandLine, type CliIo } from '#production/cli';
import { registerRead } from './read-command.ts';

/** Issue 3: "EF.COM lists 1, 2, 3, 13, 15, 14", with DG3 under Terminal Authentication. */
const PROFILE = loadProfile(
  JSON.stringify({
    basedOn: 'cccd-2021-specimen',
    id: 'cccd-2021-specimen',
    files: ['EF.CardAccess', 'EF.COM', 'EF.DG1', 'EF.DG2', 'EF.DG3', 'EF.DG13', 'EF.DG14', 'EF.DG15', 'EF.CVCA', 'EF.SOD'],
    com: { ldsVersion: '0107', unicodeVersion: '040000', dataGroups: [1, 2, 3, 13, 15, 14] },
    dg3: { content: 'index-fingers' },
    access: {
      bac: true,
      pacePasswords: ['MRZ', 'CAN'],
      announces: [
        { kind: 'ChipAuthenticationInfo', protocol: 'id-CA-ECDH-AES-CBC-CMAC-128', version: 1 },
        { kind: 'PACEInfo', protocol: 'id-PACE-ECDH-GM-AES-CBC-CMAC-128', version: 2, parameterId: 13 },
        { kind: 'TerminalAuthenticationInfo', protocol: 'id-TA', version: 1 },
      ],
      underTerminalAuthentication: [3],
    },
  }),
);

const JOURNAL: PersonalisationJournal = { intend: () => Promise.resolve(), outcome: () => Promise.resolve() };

const folder = mkdtempSync(join(tmpdir(), 'cardmint-read-'));
const images = imageFolder();
const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let pki: SpecimenPki;
let pcscd: TestPcscd;
let slot: VirtualSlot;
let card: VirtualCard;
let record: CitizenRecord;

beforeAll(async () => {
  await hsm.open(pin);
  pki = await specimenPki(hsm);
  record = await specimen();
  layTerminal();
  writeFileSync(join(folder, 'csca.cer'), pki.csca);
  writeFileSync(join(folder, 'mrz.txt'), `${zoneFor(PROFILE, record).lines.join('\n')}\n`);
  card = VirtualCard.open(blankImage(images.path('card')), { takeRsaKey: oneRsaKey(), durable: false });
  await makeCard(card);
  pcscd = await startTestPcscd(1);
  slot = new VirtualSlot({ port: pcscd.entries[0]?.port ?? 0 });
  await slot.insert(card);
});
afterAll(async () => {
  await slot?.remove();
  await card?.close();
  await pcscd?.stop();
  images.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function specimen(): Promise<CitizenRecord> {
  const portrait = await sharp({ create: { width: 480, height: 640, channels: 3, background: '#8fa6c0' } })
    .jpeg()
    .toBuffer();
  const finger = await sharp({ create: { width: 200, height: 300, channels: 3, background: '#808080' } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  return {
    ...SPECIMEN_CITIZEN,
    portrait: new Uint8Array(portrait),
    leftIndexFinger: new Uint8Array(finger),
    rightIndexFinger: new Uint8Array(finger),
  };
}

const cvca = ecPair('brainpoolP256r1', cvDomainParameters('brainpoolP256r1'));
const ROOT = cvCertificate.encode(issue(cvca, cvca, { chr: 'VNCVCA00001', car: 'VNCVCA00001', rights: 0xc3 }));

/** CVCA, DV and terminal as files. */
function layTerminal(): void {
  const dv = ecPair('brainpoolP256r1');
  const terminal = ecPair('brainpoolP256r1');
  writeFileSync(join(folder, 'cvca.cv'), ROOT);
  writeFileSync(join(folder, 'dv.cv'), cvCertificate.encode(issue(cvca, dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83 })));
  writeFileSync(join(folder, 'is.cv'), cvCertificate.encode(issue(dv, terminal, { chr: 'VNIS00001', car: 'VNDV00001', rights: 0x01 })));
  writeFileSync(join(folder, 'is.pem'), terminal.privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

/** As the line does, in process: the reference driver, a plan, the lock; EF.SOD by a specimen Document Signer. */
async function makeCard(chip: VirtualCard): Promise<void> {
  const reader = inProcessReader();
  reader.insert(chip);
  const connection = await reader.connect();
  const driver = referenceDriver(connection, {});
  await driver.identify();
  await openAsPlant(driver);
  const bindingTag = Uint8Array.from(randomBytes(16));
  const publicKeys = await prepareChip({ driver, journal: JOURNAL, bindingTag, keys: chipKeyAlgorithms(PROFILE) });
  const built = buildDataGroups({
    profile: PROFILE,
    record,
    chipId: '0400112233445566',
    activeAuthenticationKey: publicKeys.activeAuthentication,
    chipAuthenticationKey: publicKeys.chipAuthentication,
    cvcaReferences: ['VNCVCA00001'],
  });
  const token = prepareSod({
    dataGroups: built.dataGroups,
    efCom: built.files.get('EF.COM') ?? new Uint8Array(0),
    signer: pki.signer,
    at: NOW,
  });
  const efSod = issueSod(token, await hsm.sign(pki.signerKey, token.digestToSign));
  const files = Array.from(new Map<FileName, Uint8Array>([...built.files, ['EF.SOD', efSod]]), ([name, bytes]) => ({
    directory: directoryOf(fileByName(name)),
    fid: FILES[name].fileId,
    bytes,
  }));
  const trustPoint = { certificate: ROOT, date: '260601' };
  const plan = planPersonalisation(
    { bindingTag, publicKeys, secrets: accessSecretsFor(PROFILE, record), trustPoint, files },
    driver.capabilities,
  );
  await personalise({ driver, journal: JOURNAL, plan });
  await connection.disconnect('unpower');
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function cardmint(...args: string[]): Promise<Outcome> {
  let out = '';
  let err = '';
  const io: CliIo = { out: (text) => void (out += text), err: (text) => void (err += text), interactive: false, env: {}, cwd: folder };
  const program = new Command('cardmint');
  registerRead(program, io, {
    openReader: (name) => openChildReader(name, { program: READER_PROGRAM }),
    now: () => addDays(NOW, 1),
  });
  return { code: await runCommandLine(program, args, io), out, err };
}

interface Verdict {
  readonly verdict: string;
  readonly reasons: readonly { readonly code: string }[];
  readonly checks: readonly { readonly check: string; readonly clause: string; readonly passed: boolean; readonly title: object }[];
  readonly skipped: readonly { readonly check: string; readonly code: string }[];
}

const readerName = (): string => `${pcscd.entries[0]?.name ?? ''} 00 00`;

async function read(...args: string[]): Promise<Verdict & { readonly code: number }> {
  const { code, out, err } = await cardmint('read', '--reader', readerName(), '--csca', 'csca.cer', '--json', ...args);
  if (out === '') throw new Error(err);
  return { ...(JSON.parse(out) as Verdict), code };
}

const CAN = (): string => accessSecretsFor(PROFILE, record).can;
const passed = ({ checks }: Verdict) => checks.filter((check) => check.passed).map(({ check }) => check);

describe('cardmint read, through pcscd', () => {
  it('by PACE with the CAN', async () => {
    const verdict = await read('--can', CAN());
    expect(verdict).toMatchObject({ verdict: 'good', code: 0, reasons: [] });
    expect(passed(verdict)).toEqual([
      'card-access',
      'pace-can',
      'files',
      'active-authentication',
      'chip-authentication',
      'dg3-closed',
      'card-access-signed',
      'passive-authentication',
    ]);
    expect(verdict.skipped.map(({ check, code }) => `${check} ${code}`)).toContain('terminal-authentication NO_TERMINAL_KEY');
    expect(verdict.checks.every(({ clause, title }) => clause !== '' && 'vi' in title && 'en' in title)).toBe(true);
  });

  it('by BAC', async () => {
    const verdict = await read('--mrz', 'mrz.txt', '--bac');
    expect(verdict).toMatchObject({ verdict: 'good', code: 0 });
    expect(passed(verdict)).toEqual(expect.arrayContaining(['bac', 'print-dg1', 'chip-authentication', 'passive-authentication']));
  });

  it('with Terminal Authentication: DG3, the files and pictures in a folder of their own', async () => {
    const terminal = ['--cvca', 'cvca.cv', '--ta-cert', 'dv.cv', '--ta-cert', 'is.cv', '--ta-key', 'is.pem'];
    const verdict = await read('--mrz', 'mrz.txt', ...terminal, '--out', 'card', '--lock-probes', '--extended');
    expect(verdict).toMatchObject({ verdict: 'good', code: 0, skipped: [{ check: 'passive-authentication', code: 'CRL_NOT_GIVEN' }] });
    expect(passed(verdict)).toEqual(expect.arrayContaining(['pace-mrz', 'terminal-authentication', 'extended-access', 'lock-secured']));
    expect(readdirSync(join(folder, 'card')).toSorted()).toEqual(
      [
        ...['CardAccess', 'COM', 'CVCA', 'DG1', 'DG13', 'DG14', 'DG15', 'DG2', 'DG3', 'SOD'].map((name) => `EF.${name}`),
        'face.jpg',
        'finger-2.png',
        'finger.png',
        'report.json',
      ].toSorted(),
    );
    expect(new Uint8Array(readFileSync(join(folder, 'card', 'face.jpg')))).toEqual(record.portrait);
    expect(new Uint8Array(readFileSync(join(folder, 'card', 'finger.png')))).toEqual(record.rightIndexFinger);
  });

  it('in words: every check in both languages with its clause', async () => {
    const { code, out } = await cardmint('read', '--reader', readerName(), '--csca', 'csca.cer', '--can', CAN());
    expect(code).toBe(0);
    expect(out).toMatch(/✓ {2}Xác thực chip +Chip Authentication: the chip holds the key of DG14 +Doc 9303-11 §6\.2/);
    expect(out).toContain('✓ thẻ tốt / good');
    for (const value of ['001190000123', 'NGUYEN', CAN()]) expect(out).not.toContain(value);
  });

  it('without the CSCA the card is not good, with exit code 1', async () => {
    const { code, out, err } = await cardmint('read', '--reader', readerName(), '--can', CAN());
    expect(code).toBe(1);
    expect(out).toContain('CSCA_UNKNOWN');
    expect(err).toMatch(/CARD_NOT_GOOD.*FOREIGN/);
  });

  it('a wrong CAN', async () => {
    const verdict = await read('--can', '000000');
    expect(verdict).toMatchObject({ verdict: 'failed', code: 1, reasons: [{ code: 'UNREADABLE' }] });
  });

  it("threat: another terminal's key: the chip refuses, and nothing of DG3 is read", async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' });
    writeFileSync(join(folder, 'other.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const verdict = await read('--can', CAN(), '--ta-cert', 'dv.cv', '--ta-cert', 'is.cv', '--ta-key', 'other.pem');
    expect(verdict).toMatchObject({ verdict: 'failed', reasons: [{ code: 'FOREIGN' }] });
    expect(verdict.checks.find(({ check }) => check === 'terminal-authentication')).toMatchObject({ passed: false });
  });

  it.each([
    [['--can', '123456', '--ta-key', 'is.pem'], 'READ_TERMINAL_INCOMPLETE'],
    [['--can', '123456', '--csca', 'is.cv'], 'READ_CERTIFICATE_UNUSABLE'],
    [['--can', '123456', '--csca', 'csca.cer', '--master-list', 'csca.cer'], 'MASTER_LIST_MALFORMED'],
    [['--can', '123456', '--ta-cert', 'csca.cer', '--ta-key', 'is.pem'], 'READ_CERTIFICATE_UNUSABLE'],
    [['--can', '123456', '--ta-cert', 'is.cv', '--ta-key', 'mrz.txt'], 'READ_KEY_UNUSABLE'],
    [['--can', '123456', '--csca', 'missing.cer'], 'FILE_UNREADABLE'],
    [['--mrz', 'csca.cer'], 'READ_MRZ_UNUSABLE'],
    [['--bac', '--can', '123456'], 'READ_SECRET_MISSING'],
    [[], 'READ_SECRET_MISSING'],
  ])('wrong usage %j says %s before any reader is opened', async (args, code) => {
    const outcome = await cardmint('read', '--reader', 'no such reader', ...args);
    expect(outcome.code).toBe(2);
    expect(outcome.err).toContain(code);
  });

  it('a chain that does not hang on the CVCA is named before a chip refuses it', async () => {
    const outcome = await cardmint(
      'read',
      '--reader',
      'x',
      '--can',
      '123456',
      '--cvca',
      'cvca.cv',
      '--ta-cert',
      'is.cv',
      '--ta-key',
      'is.pem',
    );
    expect(outcome.code).toBe(2);
    expect(outcome.err).toContain('CV_ISSUER_UNKNOWN');
  });
});
