import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { dealShares, recombine, type Share } from './shares.ts';

const PIN = utf8('7Q2M-9XKD-TT0A-R5VN');
const deal = (needed: number, of: number, pin = PIN) => dealShares(new Secret(pin), { needed, of, set: Uint8Array.from(randomBytes(16)) });
const SIZES = [2, 3, 4, 5, 6, 7].flatMap((of) => Array.from({ length: of - 1 }, (_, index) => [index + 2, of] as const));

function subsets<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [[]];
  return all.flatMap((one, index) => subsets(all.slice(index + 1), size - 1).map((rest) => [one, ...rest]));
}

describe('m of n shares of the authority’s PIN', () => {
  test.each(SIZES)('%i of %i: every choice of exactly m gives the PIN, every choice of m − 1 is refused', async (needed, of) => {
    const shares = await deal(needed, of);
    for (const chosen of subsets(shares, needed)) expect((await recombine(chosen)).reveal()).toEqual(PIN);
    expect((await recombine(shares)).reveal()).toEqual(PIN);
    for (const chosen of subsets(shares, needed - 1)) await expect(recombine(chosen)).rejects.toMatchObject({ code: 'SHARES_TOO_FEW' });
  });

  test('T: shares whose file says that fewer are needed do not give the PIN either', async () => {
    const lowered = (await deal(3, 5)).map((share) => ({ ...share, needed: 2 }));
    for (const chosen of subsets(lowered, 2)) await expect(recombine(chosen)).rejects.toMatchObject({ code: 'SHARES_FOREIGN' });
  });

  test('T: the same share twice', async () => {
    const [one] = await deal(2, 3);
    if (one === undefined) throw new Error('three shares were dealt');
    await expect(recombine([one, one])).rejects.toMatchObject({ code: 'SHARES_FOREIGN' });
  });

  test('T: a share of another dealing, also when it claims to be of this one', async () => {
    const [one, two] = await deal(2, 2);
    const [foreign] = await deal(2, 2);
    if (one === undefined || two === undefined || foreign === undefined) throw new Error('two shares were dealt');
    await expect(recombine([one, foreign])).rejects.toMatchObject({ code: 'SHARES_FOREIGN' });
    await expect(recombine([one, { ...foreign, set: one.set }])).rejects.toMatchObject({ code: 'SHARES_FOREIGN' });
    await expect(recombine([one, { ...two, bytes: new Secret(new Uint8Array(3)) }])).rejects.toMatchObject({ code: 'SHARES_FOREIGN' });
  });

  test('T: any byte of a share changed', async () => {
    const [one, two] = await deal(2, 2);
    if (one === undefined || two === undefined) throw new Error('two shares were dealt');
    for (let at = 0; at < two.bytes.length; at += 1) {
      const bytes = Uint8Array.from(two.bytes.reveal());
      bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
      await expect(recombine([one, { ...two, bytes: new Secret(bytes) }])).rejects.toMatchObject({ code: 'SHARES_FOREIGN' });
    }
  });

  test('a dealing that is none', async () => {
    for (const [needed, of] of [
      [1, 3],
      [0, 2],
      [3, 2],
      [2, 256],
    ] as const)
      await expect(deal(needed, of)).rejects.toMatchObject({ code: 'SHARES_UNDEALABLE' });
  });

  test('no shares at all', async () => {
    await expect(recombine([] satisfies Share[])).rejects.toMatchObject({ code: 'SHARES_TOO_FEW' });
  });
});
