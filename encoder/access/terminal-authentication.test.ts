import { describe, expect, it } from 'vitest';
import { parseCommand } from '#encoder/apdu';
import { ascii, fromHex, Secret } from '#encoder/bytes';
import {
  CV_ALGORITHMS,
  type CvCertificate,
  cvCertificateParts,
  cvCertificatePath,
  cvDomainParameters,
  cvTrustPoint,
} from '#encoder/cv-certificate';
import { efCvca } from '#encoder/lds';
import { ecPair, issue, type Pair, rsaPair } from '#encoder/testing';
import { EC_DOMAINS, publicPoint } from './curves.ts';
import {
  authenticateChip,
  authenticateTerminal,
  BacCardSession,
  basicAccessIdentifier,
  canPassword,
  ChipAuthenticationCardSession,
  chipAuthenticationParameters,
  efCvcaOf,
  type EphemeralKeys,
  openBac,
  openPaceSession,
  PaceCardSession,
  paceParameters,
  readCertificationAuthorityReferences,
  readFile,
  type SmChannel,
  TerminalAuthenticationCardSession,
  trustPointsFile,
  type TrustPointStore,
  trustPointStore,
} from './index.ts';
import { terminalAuthenticationData } from './terminal-authentication.ts';
import {
  BINDING,
  bytesOf,
  cardChannel,
  command,
  DV,
  DV2,
  LINK,
  MRZ,
  pairs,
  present,
  reference,
  ROOT,
  session,
  signerOf,
  sw,
  TERMINAL,
  terminalOf,
  TODAY,
  scriptedChannel,
  seeded,
  testChip,
  type TestChip,
} from './testing.ts';

const DG3 = Uint8Array.from([0x63, 0x02, 3, 3]);
const DG4 = Uint8Array.from([0x76, 0x02, 4, 4]);
const CHIP_KEY = { curve: 'brainpoolP256r1', privateKey: new Secret(new Uint8Array(32).fill(0x5a)) } as const;
const CHIP_POINT = publicPoint(EC_DOMAINS.brainpoolP256r1, BigInt(`0x${'5a'.repeat(32)}`));
const CA = chipAuthenticationParameters('0.4.0.127.0.7.2.2.3.2.2');

describe('Doc 9303-11 §7.1: Terminal Authentication, terminal against card', () => {
  it.each([
    [0x00, false, false],
    [0x01, true, false],
    [0x02, false, true],
    [0x3f, true, true],
  ])('after BAC and Chip Authentication: rights %i open DG3 %s, DG4 %s', async (rights, dg3, dg4) => {
    const { sm, keys } = await opened();
    await expect(readFile(sm, 0x0103)).rejects.toMatchObject({ sw: 0x6982 });
    await authenticate(sm, keys, [DV, terminalOf(rights)]);
    await expectFile(sm, 0x0103, dg3 ? DG3 : undefined);
    await expectFile(sm, 0x0104, dg4 ? DG4 : undefined);
  });

  it('after PACE the chip is named by its ephemeral key', async () => {
    const pace = paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13);
    const { chip, store } = chipWith({ pace: new PaceCardSession(pace, [canPassword('123456')], seeded(5)) });
    const session = await openPaceSession(chip.channel, { parameters: pace, password: canPassword('123456'), random: seeded(6) });
    expect(session.ephemeralKeys.terminal).toBeUndefined();
    const keys = await chipAuthentication(session.channel);
    const { chip: chipIdentifier } = session.ephemeralKeys;
    await authenticate(session.channel, keys, [DV, TERMINAL], chipIdentifier);
    expect(await readFile(session.channel, 0x0103)).toEqual(DG3);
    expect(store.load().currentDate).toBe('2026-11-20');
  });

  it('after PACE with Chip Authentication Mapping the key of PACE is enough', async () => {
    const pace = paceParameters('0.4.0.127.0.7.2.2.4.6.2', 13);
    const card = new PaceCardSession(pace, [canPassword('123456')], seeded(5), { chipKeys: CHIP_KEY });
    const { chip } = chipWith({ pace: card });
    const session = await openPaceSession(chip.channel, { parameters: pace, password: canPassword('123456'), random: seeded(6) });
    await authenticate(session.channel, session.ephemeralKeys, [DV, TERMINAL], session.ephemeralKeys.chip);
    expect(await readFile(session.channel, 0x0103)).toEqual(DG3);
  });

  const kinds = Object.entries(CV_ALGORITHMS).map(([oid, row]) => [row?.name ?? '', oid, row?.kind] as const);
  it.each(kinds)('%s', async (_name, oid, kind) => {
    const pair = (root: boolean): Pair =>
      kind === 'rsa' ? rsaPair(oid) : ecPair('brainpoolP256r1', root ? cvDomainParameters('brainpoolP256r1') : undefined, oid);
    const [root, dv, terminal] = [pair(true), pair(false), pair(false)];
    const cvca = issue(root, root, { chr: 'VNCVCA00009', car: 'VNCVCA00009', rights: 0xc3 });
    const chain = [
      issue(root, dv, { chr: 'VNDV00009', car: 'VNCVCA00009', rights: 0x83 }),
      issue(dv, terminal, { chr: 'VNIS00009', car: 'VNDV00009', rights: 0x01 }),
    ];
    const { sm, keys } = await opened({}, trustPointStore({ trustPoints: [cvTrustPoint(cvca)], currentDate: TODAY }));
    await authenticate(sm, keys, chain, undefined, terminal);
    expect(await readFile(sm, 0x0103)).toEqual(DG3);
  });

  it('a link certificate moves the trust point and EF.CVCA for good, and the old key still takes its DVs', async () => {
    const { sm, keys, store } = await opened();
    expect(efCvca.decode(efCvcaOf(store.load()))).toEqual({ references: ['VNCVCA00001'] });
    await authenticate(sm, keys, [LINK, DV2, TERMINAL]);
    expect(efCvca.decode(efCvcaOf(store.load()))).toEqual({ references: ['VNCVCA00002', 'VNCVCA00001'] });
    expect(store.load().currentDate).toBe('2026-11-20');
    const again = await opened({}, trustPointStore(trustPointsFile.decode(trustPointsFile.encode(store.load()))));
    await authenticate(again.sm, again.keys, [DV, TERMINAL]);
    expect(await readFile(again.sm, 0x0103)).toEqual(DG3);
  });

  it('the terminal reads EF.CVCA, finds its chain and opens DG3', async () => {
    const { sm, keys } = await opened();
    const references = await readCertificationAuthorityReferences(sm);
    expect(references).toEqual(['VNCVCA00001']);
    const [terminal = new Uint8Array(0), ...certificates] = bytesOf(TERMINAL, DV2, LINK, ROOT);
    await authenticateTerminal(sm, {
      certificates: cvCertificatePath(references, { terminal, certificates }),
      chipIdentifier: basicAccessIdentifier(MRZ),
      terminalKey: keys.terminal ?? new Uint8Array(0),
      sign: signerOf(pairs.terminal),
    });
    expect(await readFile(sm, 0x0103)).toEqual(DG3);
    expect(await readCertificationAuthorityReferences(sm)).toEqual(['VNCVCA00002', 'VNCVCA00001']);
  });

  it.each(['00', `42${'20'.repeat(35)}`, '62829000'])('bytes that are no EF.CVCA: %s', async (hex) => {
    const { channel } = scriptedChannel('9000', `${hex}9000`, '6282', '6282');
    await expect(readCertificationAuthorityReferences(channel)).rejects.toMatchObject({ code: 'ACCESS_FILE_INVALID' });
  });

  it('the terminal finds its chain by what the chip names', () => {
    const pile = { terminal: bytesOf(TERMINAL)[0] ?? new Uint8Array(0), certificates: bytesOf(ROOT, DV2, LINK, DV) };
    expect(cvCertificatePath(['VNCVCA00002', 'VNCVCA00001'], pile)).toEqual(bytesOf(DV2, TERMINAL));
    expect(cvCertificatePath(['VNCVCA00001'], pile)).toEqual(bytesOf(DV, TERMINAL));
    expect(cvCertificatePath(['VNCVCA00001'], { ...pile, certificates: bytesOf(ROOT, DV2, LINK) })).toEqual(bytesOf(LINK, DV2, TERMINAL));
    expect(() => cvCertificatePath(['VNCVCA00003'], pile)).toThrow(expect.objectContaining({ code: 'CV_ISSUER_UNKNOWN' }));
    const loop = bytesOf(issue(pairs.dv, pairs.dv, { chr: 'VNDV00001', car: 'VNIS00001', rights: 0x83 }));
    expect(() => cvCertificatePath(['VNCVCA00001'], { ...pile, certificates: loop })).toThrow(
      expect.objectContaining({ code: 'CV_ISSUER_UNKNOWN' }),
    );
  });
});

describe('Doc 9303-11 §7.1.3, §7.1.5: what a chip refuses', () => {
  it.each([
    ['another chip', { chipIdentifier: ascii('D23145890<5') }],
    ['another ephemeral key', { terminalKey: new Uint8Array(32).fill(7) }],
  ])('a signature for %s, and secure messaging goes on', async (_name, change) => {
    const { sm, keys } = await opened();
    await expect(authenticate(sm, { ...keys }, [DV, TERMINAL], undefined, pairs.terminal, change)).rejects.toMatchObject({
      code: 'ACCESS_REFUSED',
      where: 'TA/EXTERNAL AUTHENTICATE',
      detail: expect.stringContaining('6300') as string,
    });
    await expect(readFile(sm, 0x0103)).rejects.toMatchObject({ sw: 0x6982 });
    await authenticate(sm, keys, [DV, TERMINAL]);
    expect(await readFile(sm, 0x0103)).toEqual(DG3);
  });

  it('Terminal Authentication before Chip Authentication', async () => {
    const { chip } = chipWith();
    const sm = await openBac(chip.channel, { mrzInformation: MRZ, random: seeded(2) });
    await expect(authenticate(sm, { terminal: new Uint8Array(32) }, [DV, TERMINAL])).rejects.toMatchObject({
      where: 'TA/EXTERNAL AUTHENTICATE',
      detail: expect.stringContaining('6982') as string,
    });
  });

  it('a second one in the session; and new keys of Chip Authentication end the rights', async () => {
    const { sm, keys } = await opened();
    await authenticate(sm, keys, [DV, TERMINAL]);
    await expect(authenticate(sm, keys, [DV, terminalOf(3)])).rejects.toMatchObject({ detail: expect.stringContaining('6982') as string });
    expect(await readFile(sm, 0x0103)).toEqual(DG3);
    const next = await chipAuthentication(sm, 77);
    await expect(readFile(sm, 0x0103)).rejects.toMatchObject({ sw: 0x6982 });
    await expect(authenticate(sm, next, [DV, TERMINAL])).rejects.toMatchObject({ detail: expect.stringContaining('6982') as string });
  });

  it.each([
    [
      'an unknown CVCA',
      [issue(pairs.root2, pairs.dv, { chr: 'VNDV00001', car: 'VNCVCA00002', rights: 0x83 }), TERMINAL],
      0,
      'MSE:Set DST',
      '6A88',
    ],
    [
      'a DV that another CVCA signed',
      [issue(pairs.root2, pairs.dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83 }), TERMINAL],
      0,
      'PSO:Verify Certificate',
      '6300',
    ],
    [
      'an expired DV',
      [issue(pairs.root, pairs.dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83, to: '2026-09-30' }), TERMINAL],
      0,
      'PSO:Verify Certificate',
      '6A80',
    ],
    ['a terminal without its DV', [TERMINAL], 0, 'MSE:Set DST', '6A88'],
  ])('%s', async (_name, chain, index, step, sw) => {
    const { sm, keys } = await opened();
    await expect(authenticate(sm, keys, chain)).rejects.toMatchObject({
      code: 'ACCESS_REFUSED',
      where: `TA/certificate ${index}/${step}`,
      detail: expect.stringContaining(sw) as string,
    });
  });

  it('a DV in the place of a terminal', async () => {
    const { sm, keys } = await opened();
    await expect(authenticate(sm, keys, [DV])).rejects.toMatchObject({
      where: 'TA/MSE:Set AT',
      detail: expect.stringContaining('6A80') as string,
    });
  });

  it('any step out of its order', () => {
    const card = session();
    const certificate = cvCertificateParts.encode(DV);
    expect(sw(card.verifyCertificate(command(0x2a, 0x00be, certificate)))).toBe(0x6985);
    expect(sw(card.getChallenge(parseCommand(fromHex('0084000008'))))).toBe(0x6985);
    expect(sw(card.externalAuthenticate(command(0x82, 0, new Uint8Array(64))))).toBe(0x6985);
    expect(sw(card.mseSetAt(command(0x22, 0x81a4, reference('VNIS00001'))))).toBe(0x6a88);
    expect(sw(card.mseSetDst(command(0x22, 0x81b6, reference('VNCVCA00001'))))).toBe(0x9000);
    expect(sw(card.verifyCertificate(command(0x2a, 0x00be, certificate)))).toBe(0x9000);
    expect(sw(card.verifyCertificate(command(0x2a, 0x00be, certificate)))).toBe(0x6985);
  });

  it('a challenge is good for one signature, whatever it was', async () => {
    const card = session();
    present(card, [DV, TERMINAL]);
    expect(sw(card.mseSetAt(command(0x22, 0x81a4, reference('VNIS00001'))))).toBe(0x9000);
    const challenge = card.getChallenge(parseCommand(fromHex('0084000008'))).response.data;
    expect(sw(card.externalAuthenticate(command(0x82, 0, new Uint8Array(64))))).toBe(0x6300);
    const signature = await signerOf(pairs.terminal)(terminalAuthenticationData(BINDING, challenge));
    expect(sw(card.externalAuthenticate(command(0x82, 0, signature)))).toBe(0x6985);
    expect(card.rights).toEqual({ dg3: false, dg4: false });
  });

  it('a certificate by another key than the one that was set, though the chip trusts both', () => {
    const card = session([cvTrustPoint(LINK), cvTrustPoint(ROOT)]);
    expect(sw(card.mseSetDst(command(0x22, 0x81b6, reference('VNCVCA00001'))))).toBe(0x9000);
    expect(sw(card.verifyCertificate(command(0x2a, 0x00be, cvCertificateParts.encode(DV2))))).toBe(0x6a80);
    present(card, [DV2]);
  });

  it('a challenge of before Chip Authentication, and a terminal of before the last certificate', async () => {
    const card = session();
    present(card, [DV, TERMINAL]);
    expect(sw(card.mseSetAt(command(0x22, 0x81a4, reference('VNIS00001'))))).toBe(0x9000);
    const challenge = card.getChallenge(parseCommand(fromHex('0084000008'))).response.data;
    card.chipAuthenticated(BINDING.terminalKey);
    const signature = await signerOf(pairs.terminal)(terminalAuthenticationData(BINDING, challenge));
    expect(sw(card.externalAuthenticate(command(0x82, 0, signature)))).toBe(0x6985);
    present(card, [DV]);
    expect(sw(card.getChallenge(parseCommand(fromHex('0084000008'))))).toBe(0x6985);
  });

  it('the keys of a terminal that is authenticated are gone', async () => {
    const card = session();
    await authenticateTerminal(cardChannel(card), {
      certificates: bytesOf(DV, TERMINAL),
      ...BINDING,
      sign: signerOf(pairs.terminal),
    });
    expect(card.rights).toEqual({ dg3: true, dg4: false });
    expect(sw(card.mseSetDst(command(0x22, 0x81b6, reference('VNIS00001'))))).toBe(0x6a88);
    expect(sw(card.mseSetAt(command(0x22, 0x81a4, reference('VNIS00001'))))).toBe(0x6a88);
    expect(sw(card.getChallenge(parseCommand(fromHex('0084000008'))))).toBe(0x6985);
  });

  it('a store that cannot be written ends the command: nothing is imported', () => {
    const failing: TrustPointStore = {
      load: () => ({ trustPoints: [cvTrustPoint(ROOT)], currentDate: '2025-06-01' }),
      save: () => {
        throw new Error('torn');
      },
    };
    const card = new TerminalAuthenticationCardSession(failing, seeded(1), BINDING);
    card.mseSetDst(command(0x22, 0x81b6, reference('VNCVCA00001')));
    expect(() => card.verifyCertificate(command(0x2a, 0x00be, cvCertificateParts.encode(DV)))).toThrow('torn');
    expect(sw(card.mseSetDst(command(0x22, 0x81b6, reference('VNDV00001'))))).toBe(0x6a88);
  });
});

function chipWith(
  parts: { readonly pace?: PaceCardSession } = {},
  store = trustPointStore({ trustPoints: [cvTrustPoint(ROOT)], currentDate: '2026-10-01' }),
): { chip: TestChip; store: TrustPointStore } {
  const chip = testChip({
    ...(parts.pace === undefined ? { bac: new BacCardSession(MRZ, seeded(1)) } : parts),
    ca: new ChipAuthenticationCardSession(CA, CHIP_KEY),
    ta: { store, random: seeded(4), basicIdentifier: basicAccessIdentifier(MRZ) },
    files: new Map([
      [0x0103, DG3],
      [0x0104, DG4],
    ]),
  });
  return { chip, store };
}

async function opened(parts = {}, trustPoints?: TrustPointStore): Promise<{ sm: SmChannel; keys: EphemeralKeys; store: TrustPointStore }> {
  const { chip, store } = chipWith(parts, trustPoints);
  const sm = await openBac(chip.channel, { mrzInformation: MRZ, random: seeded(2) });
  return { sm, keys: await chipAuthentication(sm), store };
}

function chipAuthentication(sm: SmChannel, seed = 3): Promise<EphemeralKeys> {
  return authenticateChip(sm, { parameters: CA, publicKey: { curve: 'brainpoolP256r1', point: CHIP_POINT }, random: seeded(seed) });
}

function authenticate(
  sm: SmChannel,
  keys: EphemeralKeys,
  chain: readonly CvCertificate[],
  chipIdentifier = basicAccessIdentifier(MRZ),
  signer = pairs.terminal,
  change: { readonly chipIdentifier?: Uint8Array; readonly terminalKey?: Uint8Array } = {},
): Promise<void> {
  const terminalKey = keys.terminal ?? new Uint8Array(0);
  return authenticateTerminal(sm, { certificates: bytesOf(...chain), chipIdentifier, terminalKey, sign: signerOf(signer), ...change });
}

async function expectFile(sm: SmChannel, fid: number, content: Uint8Array | undefined): Promise<void> {
  if (content === undefined) await expect(readFile(sm, fid)).rejects.toMatchObject({ sw: 0x6982 });
  else expect(await readFile(sm, fid)).toEqual(content);
}
