import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  authenticateChip,
  canPassword,
  chipAuthenticationParameters,
  chipAuthenticationPublicKey,
  efCvcaOf,
  openPace,
  paceParameters,
  selectApplication,
} from '#encoder/access';
import type { ApduChannel, CommandApdu } from '#encoder/apdu';
import { concat, fromHex, toHex, uintBE } from '#encoder/bytes';
import { cvCertificate, cvCertificateParts, cvTrustPoint } from '#encoder/cv-certificate';
import { installForPersonalization, openScp03 } from '#encoder/globalplatform';
import { inApplication, inMasterFile, testKeySets } from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import {
  BINDING_TAG,
  CAN,
  cardAccessOf,
  clearChannel,
  connect,
  CVCA,
  dg14Of,
  DV,
  LINK,
  openDriver,
  personalise,
  random,
  terminalCertificate,
  testCards,
  TRUST_POINT,
} from '../testing.ts';
import { EMRTD_AID } from './chip.ts';

const cards = testCards();
afterAll(cards.remove);

const ECDH = '0.4.0.127.0.7.2.2.4.2.2';
const CA_OID = '0.4.0.127.0.7.2.2.3.2.2';
const EF_CVCA = efCvcaOf({ trustPoints: [cvTrustPoint(cvCertificate.decode(CVCA))], currentDate: '2026-11-01' });
const CERTIFICATES = [CVCA, LINK, DV, terminalCertificate(0x03)];

/** Data fields that chips look into: one that is right, one of its bytes changed, or anything. */
function nearly(...right: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const changed = fc.tuple(fc.constantFrom(...right), fc.nat(), fc.nat(255)).map(([bytes, at, by]) => {
    const copy = Uint8Array.from(bytes);
    copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ by;
    return copy;
  });
  return fc.oneof(changed, fc.uint8Array({ maxLength: 60 }));
}

function commands(
  cla: readonly number[],
  ins: readonly number[],
  p1p2: readonly number[],
  data: fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<CommandApdu> {
  return fc
    .record({
      cla: fc.constantFrom(...cla),
      ins: fc.oneof(fc.constantFrom(...ins), fc.nat(255)),
      p: fc.oneof(fc.constantFrom(...p1p2), fc.nat(0xffff)),
      data,
      le: fc.constantFrom(undefined, 8, 256, 65_536),
    })
    .map(({ cla: head, ins: instruction, p, data: bytes, le }) => ({
      cla: head,
      ins: instruction,
      p1: p >> 8,
      p2: p & 0xff,
      data: bytes,
      ...(le === undefined ? {} : { le }),
    }));
}

/** An answer with a status word that means something, always. */
async function survives(channel: ApduChannel, arbitrary: fc.Arbitrary<CommandApdu>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(arbitrary, async (command) => {
      const response = await channel.send(command);
      expect(toHex(uintBE(response.sw, 2))).not.toMatch(/^(6F00|6581)$/);
    }),
    { numRuns },
  );
}

describe('threat: an authenticated party sends anything at all', () => {
  it('inside SCP03: every data grouping, file and key command, near the truth and far from it', async () => {
    const faults: unknown[] = [];
    const card = cards.open({ onFault: (error) => faults.push(error) });
    const driver = await openDriver(card);
    await driver.writeBindingTag(BINDING_TAG);
    const channel = await openScp03(connect(card), testKeySets().plant, { hostChallenge: random(8) });
    await channel.send(installForPersonalization(EMRTD_AID));
    const grouping = (dgi: number, bytes: Uint8Array): Uint8Array =>
      concat(uintBE(dgi, 2), bytes.length < 0xff ? uintBE(bytes.length, 1) : concat(uintBE(0xff, 1), uintBE(bytes.length, 2)), bytes);
    const trust = concat(grouping(0xa004, CVCA), grouping(0xa005, Uint8Array.of(2, 6, 1, 1, 0, 1)));
    const data = nearly(
      trust,
      grouping(0xa003, BINDING_TAG),
      fromHex('620B 80020010 820101 83020101'),
      fromHex('620E 80020010 820101 8302011C 850100'),
      fromHex('B609 840101 0604 2B810400'),
      fromHex('A60C 840102 0607 2B240303020801'),
      fromHex('540100 530401020304'),
      fromHex('0101'),
    );
    const ins = [0x47, 0xa4, 0xb0, 0xb1, 0xca, 0xd6, 0xd7, 0xe0, 0xe2, 0xe4, 0xe6];
    await survives(
      channel,
      commands([0x00, 0x80], ins, [0, 0x8800, 0x6800, 0xe800, 0x8000, 0x020c, 0x0800, 0xdf22, 0xdf23, 0x8100], data),
      400,
    );
    expect(faults).toEqual([]);
    expect((await (await openDriver(card)).readBindingTag()) ?? new Uint8Array(0)).toEqual(BINDING_TAG);
  });

  it('inside secure messaging, before and after Chip Authentication: PACE, Chip and Terminal Authentication in any order', async () => {
    const faults: unknown[] = [];
    const card = cards.open({ onFault: (error) => faults.push(error) });
    const { driver, keys } = await personalise(card, {
      files: [
        [inMasterFile(0x011c), cardAccessOf({ oid: ECDH, parameterId: 13 })],
        [inApplication(0x011c), EF_CVCA],
        [inApplication(0x0103), tlv(0x63, new Uint8Array(100))],
      ],
      filesOf: ({ chipAuthentication }) => [[inApplication(0x010e), dg14Of(chipAuthentication, [CA_OID])]],
      trustPoint: TRUST_POINT,
    });
    await driver.lock();
    connect(card);
    const channel = await openPace(clearChannel(card), { parameters: paceParameters(ECDH, 13), password: canPassword(CAN), random });
    await selectApplication(channel);
    const data = nearly(
      ...CERTIFICATES.map((bytes) => cvCertificateParts.encode(cvCertificate.decode(bytes))),
      ...['VNCVCA00001', 'VNCVCA00002', 'VNDV00001', 'VNIS00001'].map((name) => tlv(0x83, Uint8Array.from(Buffer.from(name)))),
      fromHex('800A04007F00070202040202 830102'),
      fromHex('800A04007F00070202030202'),
      tlv(0x7c, tlv(0x80, concat(Uint8Array.of(4), new Uint8Array(64).fill(7)))),
      fromHex('7C00'),
      fromHex('540100'),
      fromHex('0103'),
    );
    const ins = [0x22, 0x2a, 0x82, 0x84, 0x86, 0x88, 0xa4, 0xb0, 0xb1];
    const inner = commands([0x00, 0x10], ins, [0, 0xc1a4, 0x41a4, 0x41a6, 0x81a4, 0x81b6, 0x00be, 0x020c, 0x040c, 0x8300], data);
    await survives(channel, inner, 300);
    const publicKey = chipAuthenticationPublicKey(keys.chipAuthentication ?? new Uint8Array(0));
    await authenticateChip(channel, { parameters: chipAuthenticationParameters(CA_OID), publicKey, random });
    await survives(channel, inner, 300);
    expect(faults).toEqual([]);
  });

  it('a chip as behind T=0, in clear: every byte string', async () => {
    const card = cards.open({ personality: { getResponse: true } });
    connect(card);
    const command = fc
      .tuple(fc.constantFrom(0xa4, 0xc0, 0xca, 0x50), fc.uint8Array({ minLength: 2, maxLength: 20 }))
      .map(([ins, rest]) => Uint8Array.of(0, ins, ...rest));
    await fc.assert(
      fc.asyncProperty(fc.oneof(command, fc.uint8Array({ maxLength: 300 })), async (bytes) => {
        expect(toHex((await card.process(bytes)).slice(-2))).not.toBe('6F00');
      }),
      { numRuns: 300 },
    );
  });
});

describe('threat: EF.CardAccess and DG14 are written by somebody who wants the chip to break', () => {
  it('whatever they hold, the locked chip starts, and BAC stays', async () => {
    await fc.assert(
      fc.asyncProperty(
        nearly(cardAccessOf({ oid: ECDH, parameterId: 13 })),
        nearly(
          dg14Of(null, [CA_OID], { kind: 'ActiveAuthenticationInfo', protocol: '2.23.136.1.1.5', version: 1, signatureAlgorithm: ECDH }),
        ),
        async (cardAccess, dg14) => {
          const faults: unknown[] = [];
          const card = cards.open({ onFault: (error) => faults.push(error) });
          const { driver } = await personalise(card, {
            files: [
              [inMasterFile(0x011c), concat(cardAccess, Uint8Array.of(0))],
              [inApplication(0x010e), concat(dg14, Uint8Array.of(0))],
            ],
            keys: { activeAuthentication: null, chipAuthentication: 'EC-P-256' },
          });
          await driver.lock();
          connect(card);
          const channel = clearChannel(card);
          await selectApplication(channel);
          expect((await channel.send({ cla: 0, ins: 0x84, p1: 0, p2: 0, le: 8 })).data).toHaveLength(8);
          expect(faults).toEqual([]);
          await card.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});
