import { createPrivateKey } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CommandApdu, type ParsedCommandApdu, parseCommand } from '#encoder/apdu';
import { ascii, concat, fromHex, Secret, toHex } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { efCvca } from '#encoder/lds';
import { vector } from '#test-vectors';
import {
  CV_ALGORITHMS,
  CV_TERMINAL_TYPES,
  type CvCertificate,
  cvCertificate,
  cvCertificateParts,
  cvCertificatePath,
  cvDomainParameters,
  cvTrustPoint,
  encodeCvCertificateBody,
  verifyCvChain,
} from '#encoder/cv-certificate';
import { EC_DOMAINS, publicPoint } from './curves.ts';
import { ecPair, issue, type Pair, rsaPair, signBy } from '#encoder/testing';
import {
  authenticateChip,
  authenticateTerminal,
  BacCardSession,
  basicAccessIdentifier,
  ChipAuthenticationCardSession,
  chipAuthenticationParameters,
  efCvcaOf,
  openBac,
  openPaceSession,
  PaceCardSession,
  paceParameters,
  canPassword,
  readCertificationAuthorityReferences,
  readFile,
  type SmChannel,
  TerminalAuthenticationCardSession,
  trustPointsFile,
  type TrustPointStore,
  trustPointStore,
  type EphemeralKeys,
} from './index.ts';
import { dhGroupById } from './dh-group.ts';
import { ecGroup } from './key-agreement-group.ts';
import { terminalAuthenticationData } from './terminal-authentication.ts';
import { scripted, scriptedChannel, seeded, testChip, type TestChip } from './testing.ts';

const MRZ = 'L898902C<369080619406236';
const DG3 = Uint8Array.from([0x63, 0x02, 3, 3]);
const DG4 = Uint8Array.from([0x76, 0x02, 4, 4]);
const TODAY = '2026-11-21';

const pairs = {
  root: ecPair('brainpoolP256r1', cvDomainParameters('brainpoolP256r1')),
  root2: ecPair('brainpoolP256r1', cvDomainParameters('brainpoolP256r1')),
  dv: ecPair('brainpoolP256r1'),
  terminal: ecPair('brainpoolP256r1'),
};
const ROOT = issue(pairs.root, pairs.root, { chr: 'VNCVCA00001', car: 'VNCVCA00001', rights: 0xc3, from: '2025-01-01' });
const LINK = issue(pairs.root, pairs.root2, { chr: 'VNCVCA00002', car: 'VNCVCA00001', rights: 0xc3, from: '2026-06-01' });
const DV = issue(pairs.root, pairs.dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83 });
const DV2 = issue(pairs.root2, pairs.dv, { chr: 'VNDV00001', car: 'VNCVCA00002', rights: 0x83, from: '2026-07-01' });
const terminalOf = (rights: number) => issue(pairs.dv, pairs.terminal, { chr: 'VNIS00001', car: 'VNDV00001', rights, from: '2026-11-20' });
const TERMINAL = terminalOf(0x01);
const bytesOf = (...certificates: readonly CvCertificate[]) => certificates.map((certificate) => cvCertificate.encode(certificate));

describe('BSI worked example of Extended Access Control 1.02: Terminal Authentication, step by step', () => {
  // Its CVCA certificate is one for inspection systems, DV and terminal are authentication terminals: the chip is told that it may.
  const chain = (kind: string) => {
    const certificates = ['cvca', 'dv', 'terminal'].map((role) => vector('cv-certificates', `eac.${kind}.${role}`).bytes('certificate'));
    const [cvca = new Uint8Array(0), ...rest] = certificates;
    const trustPoint = { ...cvTrustPoint(cvCertificate.decode(cvca)), terminalType: CV_TERMINAL_TYPES.authenticationTerminal };
    return { trustPoint, certificates: rest };
  };

  it.each(['ecdh', 'dh'])('%s: identifier and terminal key are the compressed ephemeral keys of PACE and Chip Authentication', (kind) => {
    const v = vector('extended-access', `eac.${kind}.ta`);
    const group = kind === 'dh' ? dhGroupById(0) : ecGroup(EC_DOMAINS.brainpoolP256r1);
    expect(group?.compress(vector('extended-access', `eac.${kind}.pace`).bytes('kaPublicChip'))).toEqual(v.bytes('chipIdentifier'));
    expect(group?.compress(vector('extended-access', `eac.${kind}.ca`).bytes('publicTerminal'))).toEqual(v.bytes('terminalKey'));
  });

  it.each(['ecdh', 'dh'])('%s: the commands of the terminal', async (kind) => {
    const v = vector('extended-access', `eac.${kind}.ta`);
    const { certificates } = chain(kind);
    const { channel, asked } = scriptedChannel('9000', '9000', '9000', '9000', '9000', `${v.text('challenge')}9000`, '9000');
    await authenticateTerminal(channel, {
      certificates,
      chipIdentifier: v.bytes('chipIdentifier'),
      terminalKey: v.bytes('terminalKey'),
      sign: (data) => {
        expect(data).toEqual(v.bytes('signatureInput'));
        return Promise.resolve(v.bytes('signature'));
      },
    });
    const reference = (name: string) => toHex(tlv(0x83, ascii(name)));
    const parts = certificates.map((bytes) => toHex(cvCertificateParts.encode(cvCertificate.decode(bytes))));
    expect(asked.map((command) => command.slice(0, 8))).toEqual([
      '002281B6',
      '002A00BE',
      '002281B6',
      '002A00BE',
      '002281A4',
      '00840000',
      '00820000',
    ]);
    expect(asked.map(dataOf)).toEqual([
      reference(kind === 'dh' ? 'DETESTCVCA00003' : 'DECVCAAT00001'),
      parts[0],
      reference('DETESTDVDE019'),
      parts[1],
      reference('DETESTATDE019'),
      '',
      v.text('signature'),
    ]);
    expect(asked[5]).toBe('0084000008');
  });

  it.each(['ecdh', 'dh'])('%s: the chip verifies the chain and the printed signature, and no other', (kind) => {
    const v = vector('extended-access', `eac.${kind}.ta`);
    const { trustPoint, certificates } = chain(kind);
    for (const [signature, sw] of [
      [v.bytes('signature'), 0x9000],
      [flip(v.bytes('signature'), 9), 0x6300],
    ] as const) {
      const store = trustPointStore({ trustPoints: [trustPoint], currentDate: '2010-03-24' });
      const card = new TerminalAuthenticationCardSession(store, scripted(v.bytes('challenge')), {
        chipIdentifier: v.bytes('chipIdentifier'),
        terminalKey: v.bytes('terminalKey'),
      });
      present(
        card,
        certificates.map((bytes) => cvCertificate.decode(bytes)),
      );
      expect(card.mseSetAt(command(0x22, 0x81a4, reference('DETESTATDE019'))).response.sw).toBe(0x9000);
      expect(card.getChallenge(parseCommand(fromHex('0084000008'))).response).toEqual({ data: v.bytes('challenge'), sw: 0x9000 });
      expect(card.externalAuthenticate(command(0x82, 0, signature)).response.sw).toBe(sw);
      // An authentication terminal has no right of an inspection system.
      expect(card.rights).toEqual({ dg3: false, dg4: false });
    }
  });

  it.each(['ecdh', 'dh'])('%s: the printed private key belongs to the certificate', async (kind) => {
    const v = vector('extended-access', `eac.${kind}.ta`);
    const { trustPoint, certificates } = chain(kind);
    const { imported } = verifyCvChain(
      [trustPoint],
      certificates.map((bytes) => cvCertificate.decode(bytes)),
      '2010-03-24',
    );
    if (imported === undefined) throw new Error('no terminal');
    const privateKey = createPrivateKey({ key: Buffer.from(v.bytes('terminalPrivateKeyPkcs8')), format: 'der', type: 'pkcs8' });
    const store = trustPointStore({ trustPoints: [trustPoint], currentDate: '2010-03-24' });
    const binding = { chipIdentifier: v.bytes('chipIdentifier'), terminalKey: v.bytes('terminalKey') };
    const card = new TerminalAuthenticationCardSession(store, seeded(1), binding);
    await authenticateTerminal(cardChannel(card), {
      certificates,
      ...binding,
      sign: signerOf({ publicKey: imported.publicKey, privateKey }),
    });
  });
});

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

describe('bad input: what a terminal may send, and what a chip may answer', () => {
  const steps = ['mseSetDst', 'verifyCertificate', 'mseSetAt', 'getChallenge', 'externalAuthenticate'] as const;
  const well = [tlv(0x83, ascii('VNCVCA00001')), cvCertificateParts.encode(DV), cvCertificateParts.encode(LINK), new Uint8Array(64)];
  const mutated = fc
    .tuple(fc.constantFrom(...well), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(3))
    .map(([bytes, at, by, cut]) => flip(bytes, at % bytes.length, by).subarray(0, bytes.length - cut));

  it('any bytes at any step give a status word, and never a right', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...steps), fc.oneof(fc.constantFrom(...well), mutated, fc.uint8Array())), { maxLength: 12 }),
        (script) => {
          const card = session();
          for (const [step, data] of script) expect(sw(card[step](command(0, 0, data, 8)))).toBeGreaterThanOrEqual(0x6300);
          expect(card.rights).toEqual({ dg3: false, dg4: false });
        },
      ),
      { numRuns: 150 },
    );
  });

  it('any answer of a chip is a coded error or success, and a challenge of another length is never signed', async () => {
    const answers = fc.array(fc.oneof(fc.constant('9000'), fc.uint8Array({ minLength: 2, maxLength: 12 }).map(toHex)), {
      minLength: 7,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(answers, async (script) => {
        const { channel } = scriptedChannel(...script);
        const sign = (data: Uint8Array) => {
          expect(data).toHaveLength(11 + 8 + 32);
          return Promise.resolve(new Uint8Array(64));
        };
        await authenticateTerminal(channel, { certificates: bytesOf(DV, TERMINAL), ...BINDING, sign }).catch((error: unknown) => {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(ACCESS|CARD)_/) as string });
        });
      }),
      { numRuns: 100 },
    );
  });

  it('a certificate that is none is refused before anything is sent', async () => {
    const { channel, asked } = scriptedChannel();
    const request = { ...BINDING, sign: signerOf(pairs.terminal), certificates: [fromHex('7F2100')] };
    await expect(authenticateTerminal(channel, request)).rejects.toMatchObject({ code: 'BYTES_TRUNCATED' });
    await expect(authenticateTerminal(channel, { ...request, certificates: [] })).rejects.toThrow(RangeError);
    expect(asked).toEqual([]);
  });
});

describe('the file of trust points, and EF.CVCA out of it', () => {
  it('EF.CVCA names the keys for inspection systems, the newest first', () => {
    const other = { ...cvTrustPoint(LINK), reference: 'VNATCVCA00001', terminalType: CV_TERMINAL_TYPES.authenticationTerminal };
    const bytes = efCvcaOf({ trustPoints: [cvTrustPoint(ROOT), other, cvTrustPoint(LINK)], currentDate: TODAY });
    expect(efCvca.decode(bytes)).toEqual({ references: ['VNCVCA00002', 'VNCVCA00001'] });
    expect(efCvcaOf({ trustPoints: [other], currentDate: TODAY })).toEqual(new Uint8Array(36));
  });

  it.each([
    ['a DV', DV],
    ['a key that another has signed', LINK],
  ])('%s is no trust point of the file', (_name, { body }) => {
    const date = trustPointsFile.encode({ trustPoints: [], currentDate: TODAY });
    expect(() => trustPointsFile.decode(concat(date, encodeCvCertificateBody(body)))).toThrow(
      expect.objectContaining({ code: 'BYTES_UNEXPECTED' }),
    );
  });

  it('comes back as it was, and mutated bytes give a coded error', () => {
    const trustPoints = [cvTrustPoint(LINK), cvTrustPoint(ROOT)];
    const bytes = trustPointsFile.encode({ trustPoints, currentDate: TODAY });
    expect(trustPointsFile.decode(bytes)).toEqual({ trustPoints, currentDate: TODAY });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        try {
          const decoded = trustPointsFile.decode(flip(bytes, at, by));
          expect(trustPointsFile.encode(decoded)).toEqual(flip(bytes, at, by));
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^BYTES_/) as string });
        }
      }),
    );
  });
});

const CHIP_KEY = { curve: 'brainpoolP256r1', privateKey: new Secret(new Uint8Array(32).fill(0x5a)) } as const;
const CHIP_POINT = publicPoint(EC_DOMAINS.brainpoolP256r1, BigInt(`0x${'5a'.repeat(32)}`));
const CA = chipAuthenticationParameters('0.4.0.127.0.7.2.2.3.2.2');
const BINDING = { chipIdentifier: basicAccessIdentifier(MRZ), terminalKey: new Uint8Array(32).fill(9) };

function session(trustPoints = [cvTrustPoint(ROOT)]): TerminalAuthenticationCardSession {
  const store = trustPointStore({ trustPoints, currentDate: TODAY });
  return new TerminalAuthenticationCardSession(store, seeded(1), BINDING);
}

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

function signerOf(pair: Pair): (data: Uint8Array) => Promise<Uint8Array> {
  return (data) => Promise.resolve(signBy(pair, data));
}

function present(card: TerminalAuthenticationCardSession, certificates: readonly CvCertificate[]): void {
  for (const certificate of certificates) {
    const issuer = reference(certificate.body.certificationAuthorityReference);
    expect(sw(card.mseSetDst(command(0x22, 0x81b6, issuer)))).toBe(0x9000);
    expect(sw(card.verifyCertificate(command(0x2a, 0x00be, cvCertificateParts.encode(certificate))))).toBe(0x9000);
  }
}

/** The card's end without secure messaging. */
function cardChannel(card: TerminalAuthenticationCardSession) {
  const answers: Readonly<Record<number, (c: ParsedCommandApdu) => { response: { data: Uint8Array; sw: number } }>> = {
    0x2281b6: (c) => card.mseSetDst(c),
    0x2a00be: (c) => card.verifyCertificate(c),
    0x2281a4: (c) => card.mseSetAt(c),
    0x840000: (c) => card.getChallenge(c),
    0x820000: (c) => card.externalAuthenticate(c),
  };
  return {
    send(sent: CommandApdu) {
      const parsed = { ...sent, data: sent.data ?? new Uint8Array(0), extended: false };
      return Promise.resolve(
        answers[(sent.ins << 16) | (sent.p1 << 8) | sent.p2]?.(parsed).response ?? { data: new Uint8Array(0), sw: 0x6d00 },
      );
    },
  };
}

function command(ins: number, p1p2: number, data: Uint8Array, le?: number): ParsedCommandApdu {
  return { cla: 0, ins, p1: p1p2 >> 8, p2: p1p2 & 0xff, data, extended: data.length > 255, ...(le === undefined ? {} : { le }) };
}

function reference(name: string): Uint8Array {
  return tlv(0x83, ascii(name));
}

function sw(step: { readonly response: { readonly sw: number } }): number {
  return step.response.sw;
}

function flip(bytes: Uint8Array, at: number, by = 1): Uint8Array {
  return bytes.with(at, (bytes[at] ?? 0) ^ by);
}

/** Command data of an APDU on the wire, as hex. */
function dataOf(wire: string): string {
  return toHex(parseCommand(fromHex(wire)).data);
}
