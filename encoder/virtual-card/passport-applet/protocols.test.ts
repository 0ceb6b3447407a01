import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  authenticateActively,
  authenticateChip,
  authenticateTerminal,
  basicAccessIdentifier,
  canPassword,
  chipAuthenticationParameters,
  EC_DOMAINS,
  type EphemeralKeys,
  mrzPassword,
  openPaceSession,
  paceParameters,
  readFile,
  selectApplication,
  type SmChannel,
  verifyChipAuthenticationMapping,
} from '#encoder/access';
import { fromHex, toHex, uintBE } from '#encoder/bytes';
import { cvCertificate, cvDomainParameters, encodeCvCertificateBody } from '#encoder/cv-certificate';
import { cardAccess, PROTOCOL } from '#encoder/lds';
import { ecPair, issue, signBy } from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { clearChannel, random } from '../testing.ts';
import type { VirtualCard } from '../virtual-card.ts';
import {
  activeAuthenticationKey,
  bac,
  CAN,
  LOCK,
  MRZ_INFORMATION,
  passportCards,
  type PassportProgram,
  PERSONALISED,
  PUT_BAC,
  PUT_CAN,
  putChipAuthentication,
  secured,
  select,
  send,
  writeFile,
} from './testing.ts';

const cards = passportCards();
afterAll(cards.remove);

const BASE = 'passport-applet';
const PACE = 'passport-applet-pace';
const DG1 = tlv(0x61, new Uint8Array(93).fill(0x41));
const DG3 = tlv(0x63, new Uint8Array(700).fill(0x33));
/** id-PACE-ECDH-CAM-AES-CBC-CMAC-128. */
const PACE_CAM = '0.4.0.127.0.7.2.2.4.6.2';
const CARD_ACCESS = cardAccess.encode({
  securityInfos: [
    { kind: 'PACEInfo', protocol: PROTOCOL['id-PACE-ECDH-GM-AES-CBC-CMAC-128'], version: 2, parameterId: 13 },
    { kind: 'PACEInfo', protocol: PACE_CAM, version: 2, parameterId: 12 },
    // Nothing that this chip could keep: its key is on another curve, and no standard has the second.
    { kind: 'PACEInfo', protocol: PACE_CAM, version: 2, parameterId: 13 },
    { kind: 'PACEInfo', protocol: '0.4.0.127.0.7.2.2.4.9.9', version: 2, parameterId: 12 },
  ],
});
const PRIVATE_VALUE = 0x123456789abcdef0fedcba9876543210n;
const CHIP_KEY = { curve: 'P-256', point: EC_DOMAINS['P-256'].Point.BASE.multiply(PRIVATE_VALUE).toBytes(false) } as const;
const TRIPLE_DES = chipAuthenticationParameters(PROTOCOL['id-CA-ECDH-3DES-CBC-CBC']);
const AES = chipAuthenticationParameters(PROTOCOL['id-CA-ECDH-AES-CBC-CMAC-128']);
const active = activeAuthenticationKey();

/** One PKI of inspection for all tests: CVCA, DV, terminal that may read DG3. */
const cvca = ecPair('prime256v1', cvDomainParameters('P-256'));
const dv = ecPair('prime256v1');
const terminal = ecPair('prime256v1');
const CVCA_BODY = encodeCvCertificateBody(issue(cvca, cvca, { chr: 'VNCVCA00001', car: 'VNCVCA00001', rights: 0xc3 }).body);
const CERTIFICATES = [
  issue(cvca, dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83 }),
  issue(dv, terminal, { chr: 'VNIS00001', car: 'VNDV00001', rights: 0x01 }),
].map((certificate) => cvCertificate.encode(certificate));
const PUT_CVCA = `00DA006400${toHex(uintBE(CVCA_BODY.length, 2))}${toHex(CVCA_BODY)}`;

/** Everything before the lock, as commands. */
const personalisation = (program: PassportProgram): readonly string[] => [
  PUT_BAC,
  ...(program === PACE ? [PUT_CAN] : []),
  ...active.commands,
  putChipAuthentication('P-256', PRIVATE_VALUE),
  PUT_CVCA,
];

async function travelDocument(program: PassportProgram): Promise<VirtualCard> {
  const card = cards.open(program);
  for (const command of personalisation(program)) expect(await send(card, command), command.slice(0, 8)).toBe('9000');
  await writeFile(card, '0101', DG1);
  await writeFile(card, '0103', DG3);
  if (program === PACE) {
    await writeFile(card, '011C', CARD_ACCESS);
    expect(await send(card, PERSONALISED)).toBe('9000');
  }
  expect(await send(card, LOCK)).toBe('9000');
  return card;
}

function terminalAuthentication(channel: SmChannel, chipIdentifier: Uint8Array, keys: EphemeralKeys): Promise<void> {
  return authenticateTerminal(channel, {
    certificates: CERTIFICATES,
    sign: (data) => Promise.resolve(signBy(terminal, data)),
    chipIdentifier,
    terminalKey: keys.terminal ?? new Uint8Array(0),
  });
}

describe('the travel document without PACE', () => {
  it('BAC, SELECT by AID under secure messaging, Active Authentication by ISO/IEC 9796-2 with SHA-1', async () => {
    const channel = await bac(await travelDocument(BASE));
    await selectApplication(channel);
    expect(await readFile(channel, 0x0101)).toEqual(DG1);
    const challenge = random(8);
    expect(await authenticateActively(channel, { publicKey: active.publicKey, challenge })).toBe(true);
    expect(await authenticateActively(channel, { publicKey: activeAuthenticationKey().publicKey, challenge })).toBe(false);
  });

  it('a wrong document number opens nothing; a command in clear ends what is open', async () => {
    const card = await travelDocument(BASE);
    await expect(bac(card, 'L898902C<469080619406236')).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
    const channel = await bac(card);
    expect(await send(card, select('0101'))).toBe('6982');
    await expect(readFile(channel, 0x0101)).rejects.toMatchObject({ code: 'ACCESS_SM_ABORTED' });
  });

  it('Chip Authentication is id-CA-ECDH-3DES-CBC-CBC by MSE:Set KAT', async () => {
    const channel = await bac(await travelDocument(BASE));
    await authenticateChip(channel, { parameters: TRIPLE_DES, publicKey: CHIP_KEY, random });
    expect(channel.suite.name).toBe('3DES');
    expect(await readFile(channel, 0x0101)).toEqual(DG1);
    await expect(authenticateChip(channel, { parameters: AES, publicKey: CHIP_KEY, random })).rejects.toMatchObject({
      code: 'ACCESS_REFUSED',
    });
  });

  it('DG3 is 6982 without Terminal Authentication and opens to it', async () => {
    const channel = await bac(await travelDocument(BASE));
    await expect(readFile(channel, 0x0103)).rejects.toMatchObject({ sw: 0x6982 });
    const keys = await authenticateChip(channel, { parameters: TRIPLE_DES, publicKey: CHIP_KEY, random });
    await expect(readFile(channel, 0x0103)).rejects.toMatchObject({ sw: 0x6982 });
    await terminalAuthentication(channel, basicAccessIdentifier(MRZ_INFORMATION), keys);
    expect(await readFile(channel, 0x0103)).toEqual(DG3);
    expect((await secured(channel, select('0104'))).sw).toBe('6982');
  });

  it('a certificate comes in chained blocks too', async () => {
    const channel = await bac(await travelDocument(BASE));
    expect((await secured(channel, '002281B60D830B564E435643413030303031')).sw).toBe('9000');
    const certificate = CERTIFICATES[0]?.slice(4) ?? new Uint8Array(0);
    const block = (cla: number, data: Uint8Array) => channel.send({ cla, ins: 0x2a, p1: 0, p2: 0xbe, data });
    expect((await block(0x10, certificate.slice(0, 100))).sw).toBe(0x9000);
    expect((await block(0x00, certificate.slice(100))).sw).toBe(0x9000);
  });

  it('without keys the authentications are 6985', async () => {
    const card = cards.open(BASE);
    await send(card, PUT_BAC);
    const channel = await bac(card);
    for (const hex of ['00880000080102030405060708', '002281B603830141', '0084000008'])
      expect((await secured(channel, hex)).sw, hex).toBe('6985');
    expect((await secured(channel, '002241A603910104')).sw).toBe('6985');
  });
});

describe('the travel document with PACE', () => {
  it.each([
    ['MRZ', mrzPassword(MRZ_INFORMATION)],
    ['CAN', canPassword(CAN)],
  ])('PACE with the %s as EF.CardAccess says, then Chip and Terminal Authentication', async (_name, password) => {
    const card = await travelDocument(PACE);
    const clear = clearChannel(card);
    expect(await readFile(clear, 0x011c)).toEqual(CARD_ACCESS);
    const parameters = paceParameters(PROTOCOL['id-PACE-ECDH-GM-AES-CBC-CMAC-128'], 13);
    const { channel, ephemeralKeys } = await openPaceSession(clear, { parameters, password, random });
    await selectApplication(channel);
    expect(await readFile(channel, 0x0101)).toEqual(DG1);
    const keys = await authenticateChip(channel, { parameters: AES, publicKey: CHIP_KEY, random });
    await terminalAuthentication(channel, ephemeralKeys.chip ?? new Uint8Array(0), keys);
    expect(await readFile(channel, 0x0103)).toEqual(DG3);
  });

  it('Chip Authentication Mapping proves the chip, and Terminal Authentication may follow at once', async () => {
    const card = await travelDocument(PACE);
    const parameters = paceParameters(PACE_CAM, 12);
    const request = { parameters, password: canPassword(CAN), random };
    const { channel, ephemeralKeys, chipAuthentication } = await openPaceSession(clearChannel(card), request);
    if (chipAuthentication === undefined) throw new Error('the chip has proven nothing');
    expect(verifyChipAuthenticationMapping(chipAuthentication, CHIP_KEY)).toBe(true);
    await selectApplication(channel);
    await terminalAuthentication(channel, ephemeralKeys.chip ?? new Uint8Array(0), ephemeralKeys);
    expect(await readFile(channel, 0x0103)).toEqual(DG3);
    await expect(
      openPaceSession(clearChannel(card), { ...request, parameters: paceParameters(PACE_CAM, 13), sendParameterId: true }),
    ).rejects.toMatchObject({ code: 'ACCESS_REFUSED' });
  });

  it('BAC still opens it; PACE with a wrong CAN does not; without EF.CardAccess there is no PACE', async () => {
    const card = await travelDocument(PACE);
    expect(await readFile(await bac(card), 0x0101)).toEqual(DG1);
    const parameters = paceParameters(PROTOCOL['id-PACE-ECDH-GM-AES-CBC-CMAC-128'], 13);
    await expect(openPaceSession(clearChannel(card), { parameters, password: canPassword('654321'), random })).rejects.toMatchObject({
      code: 'ACCESS_PASSWORD_WRONG',
    });
    expect(await send(cards.open(PACE), '0022C1A40F800A04007F00070202040202830102')).toBe('6A80');
  });
});

describe('nothing is lost and nothing is half', () => {
  it.each([BASE, PACE] as const)('%s: a power cut after any command leaves what was answered, and the rest can follow', async (program) => {
    const files = program === PACE ? [['011C', CARD_ACCESS] as const] : [];
    const commands = [
      ...personalisation(program),
      ...[['0101', DG1] as const, ...files].flatMap(([fid, bytes]) => [
        [`00E00000066304${toHex(uintBE(bytes.length, 2))}${fid}`],
        [select(fid), `00D60000${toHex(Uint8Array.of(bytes.length))}${toHex(bytes)}`],
      ]),
      ...(program === PACE ? [PERSONALISED] : []),
      LOCK,
    ].map((step) => (typeof step === 'string' ? [step] : step));
    cards.open(program);
    for (const step of commands) {
      const card = cards.again();
      for (const command of step) expect(await send(card, command), command.slice(0, 8)).toBe('9000');
      await card.close();
    }
    const card = cards.again();
    const channel = await bac(card);
    expect(await readFile(channel, 0x0101)).toEqual(DG1);
    expect(await authenticateActively(channel, { publicKey: active.publicKey, challenge: random(8) })).toBe(true);
    const parameters = program === PACE ? AES : TRIPLE_DES;
    await authenticateChip(channel, { parameters, publicKey: CHIP_KEY, random });
    expect(await readFile(channel, 0x0101)).toEqual(DG1);
  });

  it('a write that the power cuts keeps its first bytes, and can be written again', async () => {
    cards.open(BASE);
    const card = cards.again({ faults: [{ at: { ins: 0xd6 }, effect: { kind: 'torn', bytes: 10 } }] });
    await expect(writeFile(card, '0101', DG1)).rejects.toMatchObject({ code: 'CARD_UNPOWERED' });
    card.powerOn();
    await writeFile(card, '0101', DG1);
    expect(await send(card, PUT_BAC)).toBe('9000');
    expect(await readFile(await bac(card), 0x0101)).toEqual(DG1);
  });

  it('a torn write leaves no answer, then or ever', async () => {
    const card = cards.open(BASE, { defect: { kind: 'tornAtUpdate', update: 1 } });
    await expect(writeFile(card, '0101', DG1)).rejects.toMatchObject({ code: 'CARD_VANISHED' });
    expect(card.powerOn().length).toBe(0);
  });
});

describe('any bytes', () => {
  const anyCommand = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .tuple(
        fc.constantFrom(0x00, 0x0c, 0x10, 0x1c, 0xff),
        fc.constantFrom(0x22, 0x2a, 0x82, 0x84, 0x86, 0x88, 0xa4, 0xb0, 0xca, 0xd6, 0xda, 0xe0),
        fc.constantFrom(0x00, 0x02, 0x04, 0x41, 0x81, 0xc1, 0xde),
        fc.constantFrom(0x00, 0x0c, 0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0xa4, 0xa6, 0xb6, 0xbe, 0xad, 0xaf),
        fc.uint8Array({ maxLength: 140 }),
      )
      .map(([cla, ins, p1, p2, data]) => Uint8Array.of(cla, ins, p1, p2, ...(data.length === 0 ? [8] : [data.length, ...data]))),
  );

  it.each([BASE, PACE] as const)('%s: a status word other than 6F00, before the lock as after it', async (program) => {
    const faults: unknown[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(anyCommand, { maxLength: 12 }), fc.boolean(), async (commands, locked) => {
        cards.open(program);
        const card = cards.again({ onFault: (error) => faults.push(error) });
        if (locked) for (const command of [PUT_BAC, PERSONALISED, LOCK]) await send(card, command);
        for (const command of commands) {
          const answer = await card.process(command);
          expect(answer.length).toBeGreaterThanOrEqual(2);
          expect(toHex(answer.slice(-2)), toHex(command)).toMatch(/^(9000|6[1-9A-E]..)$/);
        }
        await card.close();
      }),
      { numRuns: 100 },
    );
    expect(faults).toEqual([]);
  });

  it('inside secure messaging too', async () => {
    const faults: unknown[] = [];
    await travelDocument(PACE);
    const card = cards.again({ onFault: (error) => faults.push(error) });
    await fc.assert(
      fc.asyncProperty(fc.array(anyCommand, { maxLength: 6 }), async (commands) => {
        const channel = await bac(card);
        for (const [cla = 0, ins = 0, p1 = 0, p2 = 0, ...data] of commands) {
          const { sw } = await channel.send({ cla: cla & 0x10, ins, p1, p2, data: Uint8Array.from(data) });
          expect(sw).not.toBe(0x6f00);
          if (channel.suite.name !== '3DES') return;
        }
      }),
      { numRuns: 60 },
    );
    expect(faults).toEqual([]);
  });

  it('after the lock nothing changes memory', async () => {
    const card = await travelDocument(PACE);
    const before = readFileSync(cards.lastImage());
    await fc.assert(
      fc.asyncProperty(anyCommand, async (command) => {
        await card.process(command);
      }),
      { numRuns: 300 },
    );
    const channel = await bac(card);
    for (const command of [...personalisation(PACE), PERSONALISED, LOCK]) {
      const bytes = fromHex(command);
      const data = bytes.slice(bytes[4] === 0 ? 7 : 5);
      expect((await channel.send({ cla: 0, ins: 0xda, p1: bytes[2] ?? 0, p2: bytes[3] ?? 0, data })).sw).toBe(0x6985);
    }
    expect(readFileSync(cards.lastImage()).equals(before)).toBe(true);
  });
});
