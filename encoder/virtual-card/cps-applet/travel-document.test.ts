import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  authenticateActively,
  authenticateChip,
  authenticateTerminal,
  chipAuthenticationParameters,
  chipAuthenticationPublicKey,
  efCvcaOf,
  mrzPassword,
  openBac,
  openPaceSession,
  paceParameters,
  readFile,
  selectApplication,
} from '#encoder/access';
import { fromHex, toHex } from '#encoder/bytes';
import { cvCertificate, cvTrustPoint } from '#encoder/cv-certificate';
import { encryptGrouping } from '#encoder/globalplatform';
import { dg15, PROTOCOL } from '#encoder/lds';
import { signBy } from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { cardAccessOf, clearChannel, CV_PAIRS, CVCA, dg14Of, DV, MRZ_INFORMATION, random, sw, terminalCertificate } from '../testing.ts';
import type { VirtualCard } from '../virtual-card.ts';
import { cpsCards, EC_KEY, LOCK, openPersonalisation, RSA_KEY, secretsFor, store, TAG } from './testing.ts';

const cards = cpsCards();
afterAll(cards.remove);

const DG1 = tlv(0x61, new Uint8Array(93).fill(0x41));
const DG3 = tlv(0x63, new Uint8Array(700).fill(0x33));
const PACE = paceParameters(PROTOCOL['id-PACE-ECDH-GM-AES-CBC-CMAC-128'], 13);
const CA = PROTOCOL['id-CA-ECDH-AES-CBC-CMAC-128'];
const CARD_ACCESS = cardAccessOf({ oid: PROTOCOL['id-PACE-ECDH-GM-AES-CBC-CMAC-128'], parameterId: 13 });

/** Sequences of a whole card, the lock last; each may be sent again after an interruption. */
async function personalise(card: VirtualCard): Promise<void> {
  const channel = await openPersonalisation(card);
  const sequences = [
    [TAG],
    secretsFor(channel),
    [
      encryptGrouping(channel, { dgi: 0x8001, data: RSA_KEY.pkcs8 }),
      encryptGrouping(channel, { dgi: 0x8002, data: EC_KEY.pkcs8 }),
      { dgi: 0xa004, data: CVCA },
      { dgi: 0xa005, data: Uint8Array.of(2, 6, 1, 1, 0, 1) },
    ],
    [
      { dgi: 0x0101, data: DG1 },
      { dgi: 0x0103, data: DG3 },
      { dgi: 0x010e, data: dg14Of(EC_KEY.publicKey, [CA]) },
      { dgi: 0x010f, data: dg15.encode({ subjectPublicKeyInfo: RSA_KEY.publicKey }) },
      { dgi: 0x011c, data: efCvcaOf({ trustPoints: [cvTrustPoint(cvCertificate.decode(CVCA))], currentDate: '2026-11-01' }) },
      { dgi: 0xf11c, data: CARD_ACCESS },
    ],
    [LOCK],
  ];
  for (const groupings of sequences) expect(await store(channel, groupings)).toBe('9000');
}

describe('after personalisation it is an eMRTD', () => {
  it('BAC, Active Authentication with the key that was imported', async () => {
    const card = cards.open();
    await personalise(card);
    const clear = clearChannel(card);
    await selectApplication(clear);
    const channel = await openBac(clear, { mrzInformation: MRZ_INFORMATION, random });
    expect(await readFile(channel, 0x0101)).toEqual(DG1);
    expect(await authenticateActively(channel, { publicKey: RSA_KEY.publicKey, challenge: random(8) })).toBe(true);
    await expect(readFile(channel, 0x0103)).rejects.toMatchObject({ sw: 0x6982 });
  });

  it('PACE, Chip Authentication, and DG3 by Terminal Authentication', async () => {
    const card = cards.open();
    await personalise(card);
    await card.close();
    const clear = clearChannel(cards.again());
    const { channel, ephemeralKeys } = await openPaceSession(clear, { parameters: PACE, password: mrzPassword(MRZ_INFORMATION), random });
    await selectApplication(channel);
    const publicKey = chipAuthenticationPublicKey(EC_KEY.publicKey);
    const keys = await authenticateChip(channel, { parameters: chipAuthenticationParameters(CA), publicKey, random });
    await authenticateTerminal(channel, {
      certificates: [DV, terminalCertificate(0x01)],
      sign: (data) => Promise.resolve(signBy(CV_PAIRS.terminal, data)),
      chipIdentifier: ephemeralKeys.chip ?? new Uint8Array(0),
      terminalKey: keys.terminal ?? new Uint8Array(0),
    });
    expect(await readFile(channel, 0x0103)).toEqual(DG3);
  });

  it('no command of GlobalPlatform is left, and nothing changes memory', async () => {
    const card = cards.open();
    const channel = await openPersonalisation(card);
    await personalise(card);
    const before = readFileSync(cards.lastImage());
    for (const hex of ['80500000', '80E28800', '80E62000', '84E28800', '80CA0045', '80CA9F7F']) {
      expect(await sw(clearChannel(card), hex), hex).toBe('6985');
    }
    expect(await store(channel, [TAG])).toBe('6985');
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (command) => void (await card.process(command))));
    expect(readFileSync(cards.lastImage()).equals(before)).toBe(true);
  });

  it.each(['before', 'after'] as const)('the power goes %s any command: everything is written anew under the same tag', async (when) => {
    const reference = cards.open();
    await personalise(reference);
    const digests = reference.fileDigests();
    let commands = Infinity;
    for (let survived = 0; survived < commands; survived += 1) {
      const card = cards.open();
      let sent = 0;
      const powered = {
        powerOn: () => card.powerOn(),
        process: async (command: Uint8Array) => {
          sent += 1;
          if (sent > survived + 1) throw new Error('no power');
          if (sent <= survived) return card.process(command);
          if (when === 'after') await card.process(command);
          throw new Error('no answer');
        },
      };
      const interrupted = await personalise(powered as unknown as VirtualCard).then(
        () => false,
        () => true,
      );
      if (!interrupted) commands = sent;
      await card.close();
      const again = cards.again();
      if (again.lifeCycle !== 'locked') await personalise(again);
      expect(again.lifeCycle).toBe('locked');
      expect(again.fileDigests()).toEqual(digests);
      await again.close();
    }
    expect(commands).toBeGreaterThan(15);
  });
});

describe('any bytes', () => {
  const anyCommand = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .tuple(
        fc.constantFrom(0x00, 0x80, 0x84, 0x04),
        fc.constantFrom(0x50, 0x82, 0xa4, 0xca, 0xe2, 0xe6, 0xd6, 0xf0),
        fc.constantFrom(0x00, 0x01, 0x03, 0x04, 0x20, 0x88, 0xdf),
        fc.constantFrom(0x00, 0x01, 0x22, 0x45),
        fc.uint8Array({ maxLength: 60 }),
      )
      .map(([cla, ins, p1, p2, data]) => Uint8Array.of(cla, ins, p1, p2, data.length, ...data)),
  );

  it('in clear: a status word other than 6F00', async () => {
    const faults: unknown[] = [];
    cards.open();
    const card = cards.again({ onFault: (error) => faults.push(error) });
    await fc.assert(
      fc.asyncProperty(anyCommand, async (command) => {
        expect(toHex((await card.process(command)).slice(-2)), toHex(command)).toMatch(/^(9000|6[1-9A-E]..)$/);
      }),
      { numRuns: 300 },
    );
    expect(faults).toEqual([]);
  });

  it.each(['SCP02-15', 'SCP03'] as const)('inside %s: groupings of any content', async (scp) => {
    const faults: unknown[] = [];
    cards.open({ scp });
    const card = cards.again({ onFault: (error) => faults.push(error) });
    const channel = await openPersonalisation(card, scp);
    expect(await store(channel, [TAG])).toBe('9000');
    const dgi = fc.constantFrom('0101', '8001', '8002', 'A001', 'A002', 'A003', 'A004', 'A005', 'DEAD', 'BEEF');
    const grouping = fc
      .tuple(dgi, fc.uint8Array({ maxLength: 48 }))
      .map(([id, data]) => fromHex(id + toHex(Uint8Array.of(data.length)) + toHex(data)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(grouping, fc.uint8Array({ maxLength: 20 })), { maxLength: 3 }),
        fc.constantFrom(0x80, 0x88, 0xe8, 0xe0, 0x08),
        fc.nat(2),
        async (parts, p1, p2) => {
          const data = Uint8Array.from(parts.flatMap((part) => [...part]));
          const response = await channel.send({ cla: 0x80, ins: 0xe2, p1, p2, data });
          expect([0x9000, 0x6985, 0x6a80, 0x6a84, 0x6a86, 0x6a88]).toContain(response.sw);
        },
      ),
      { numRuns: 300 },
    );
    expect(faults).toEqual([]);
    expect(card.lifeCycle).toBe('personalising');
  });
});
