import { describe, expect, it } from 'vitest';
import { parseCommand } from '#encoder/apdu';
import { bytesToInteger, fromHex, Secret, toHex } from '#encoder/bytes';
import { EC_DOMAINS, encodePoint, type EcDomainName } from './curves.ts';
import { seeded, testChip, type ChipParts, type TestChip } from './testing.ts';
import {
  authenticateChip,
  BacCardSession,
  ChipAuthenticationCardSession,
  chipAuthenticationParameters,
  openBac,
  readFile,
  type SmChannel,
} from './index.ts';

const MRZ = 'L898902C<369080619406236';
const AES128 = chipAuthenticationParameters('0.4.0.127.0.7.2.2.3.2.2');
const FILE = Uint8Array.from([0x60, 0x02, 7, 8]);

function keyPair(curve: EcDomainName, fill: number): { privateKey: Secret; point: Uint8Array } {
  const domain = EC_DOMAINS[curve];
  const scalar = new Uint8Array(domain.size).fill(fill).with(0, 0);
  return { privateKey: new Secret(scalar), point: encodePoint(domain.Point.BASE.multiply(bytesToInteger(scalar))) };
}

async function opened(parts: ChipParts): Promise<{ chip: TestChip; sm: SmChannel }> {
  const chip = testChip({ bac: new BacCardSession(MRZ, seeded(1)), files: new Map([[0x011d, FILE]]), ...parts });
  return { chip, sm: await openBac(chip.channel, { mrzInformation: MRZ, random: seeded(2) }) };
}

describe('Doc 9303-11 §6.2: Chip Authentication, terminal against card', () => {
  const cases = (['brainpoolP256r1', 'brainpoolP384r1', 'P-256'] as const).flatMap((curve) =>
    [2, 3, 4].map((cipher) => [curve, cipher] as const),
  );
  it.each(cases)('%s, cipher %i: the channel goes on under keys that only the key of DG14 gives', async (curve, cipher) => {
    const { privateKey, point } = keyPair(curve, 0x5a);
    const parameters = chipAuthenticationParameters(`0.4.0.127.0.7.2.2.3.2.${cipher}`);
    const { sm, chip } = await opened({ ca: new ChipAuthenticationCardSession(parameters, { curve, privateKey, keyId: 7n }) });
    await authenticateChip(sm, { parameters, publicKey: { curve, point }, keyId: 7n, random: seeded(3) });
    expect(await readFile(sm, 0x011d)).toEqual(FILE);
    expect(chip.plain.map((c) => c.ins)).toEqual([0x84, 0x82, 0x22, 0x86, 0xa4, 0xb0]);
  });

  it('a clone with the copied DG14 and another key cannot go on', async () => {
    const curve = 'brainpoolP256r1';
    const clone = new ChipAuthenticationCardSession(AES128, { curve, privateKey: keyPair(curve, 0x11).privateKey });
    const { sm } = await opened({ ca: clone });
    await authenticateChip(sm, { parameters: AES128, publicKey: { curve, point: keyPair(curve, 0x5a).point }, random: seeded(3) });
    await expect(readFile(sm, 0x011d)).rejects.toMatchObject({ code: 'ACCESS_SM_ABORTED' });
  });

  it('a chip without the protocol is named', async () => {
    const { sm } = await opened({});
    const publicKey = { curve: 'brainpoolP256r1' as const, point: keyPair('brainpoolP256r1', 0x5a).point };
    await expect(authenticateChip(sm, { parameters: AES128, publicKey, random: seeded(3) })).rejects.toMatchObject({
      code: 'ACCESS_REFUSED',
    });
  });

  it('a key in DG14 that is off its curve is never used', async () => {
    const { sm, chip } = await opened({});
    const publicKey = { curve: 'brainpoolP256r1' as const, point: keyPair('brainpoolP256r1', 0x5a).point.with(64, 0) };
    await expect(authenticateChip(sm, { parameters: AES128, publicKey, random: seeded(3) })).rejects.toMatchObject({
      code: 'ACCESS_POINT_INVALID',
    });
    expect(chip.plain).toHaveLength(2);
  });

  it('the card takes no bad point, no unknown key, no step out of order', () => {
    const curve = 'brainpoolP256r1';
    const card = new ChipAuthenticationCardSession(AES128, { curve, privateKey: keyPair(curve, 0x5a).privateKey, keyId: 1n });
    const general = (hex: string): number => card.generalAuthenticate(parseCommand(fromHex(hex))).response.sw;
    const set = (hex: string): number => card.mseSetAt(parseCommand(fromHex(hex))).response.sw;
    const oid = `800A${toHex(AES128.oid)}`;
    expect(general('00860000027C0000')).toBe(0x6985);
    expect(set(`002241A40C${oid}`)).toBe(0x9000);
    expect(general(`00860000457C43804104${'00'.repeat(64)}00`)).toBe(0x6a80);
    expect(general('00860000027C0000')).toBe(0x6985);
    expect(set(`002241A40F${oid}840102`)).toBe(0x6a88);
    expect(set('002241A40C800A04007F00070202030204')).toBe(0x6a80);
    expect(set('002241A402FFFF')).toBe(0x6a80);
  });

  it.each(['0.4.0.127.0.7.2.2.3.2.5', '0.4.0.127.0.7.2.2.3.3.2', '0.4.0.127.0.7.2.2.3.2', '0.4.0.127.0.7.2.2.3.2.2.1', '1.2.3'])(
    '%s is not supported',
    (oid) => {
      expect(() => chipAuthenticationParameters(oid)).toThrow(expect.objectContaining({ code: 'ACCESS_UNSUPPORTED' }));
    },
  );
});
