import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { demoOrders } from './people.ts';
import { drawFinger, drawImages, drawPortrait } from './portraits.ts';

const numbers = [...new Set(demoOrders(24, new Date('2026-11-21T00:00:00Z')).map(({ citizen }) => citizen.personalNumber))];

/** Mean difference of two pictures in levels of grey, at 60 × 80: what an eye would notice. */
async function difference(one: Uint8Array, two: Uint8Array): Promise<number> {
  const small = (image: Uint8Array) => sharp(image).resize(60, 80).greyscale().raw().toBuffer();
  const [a, b] = [await small(one), await small(two)];
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
}

describe('drawn images', () => {
  test('portrait: baseline JFIF, 480 x 640, colour, at most 18 kB', async () => {
    for (const number of numbers) {
      const portrait = await drawPortrait(number);
      expect(Buffer.from(portrait.subarray(0, 4)).toString('hex')).toBe('ffd8ffe0');
      expect(Buffer.from(portrait.subarray(6, 10)).toString('latin1')).toBe('JFIF');
      expect(portrait.length).toBeLessThanOrEqual(18_000);
      expect(await sharp(portrait).metadata()).toMatchObject({
        format: 'jpeg',
        width: 480,
        height: 640,
        channels: 3,
        isProgressive: false,
      });
    }
  });

  test('fingers: grey PNG of 8 bits, 300 x 400 at 500 dpi, left and right differ', async () => {
    const { leftIndexFinger, rightIndexFinger } = await drawImages(numbers[0] ?? '');
    for (const finger of [leftIndexFinger, rightIndexFinger]) {
      const { format, width, height, channels, depth, density } = await sharp(finger).metadata();
      expect({ format, width, height, channels, depth, density }).toEqual({
        format: 'png',
        width: 300,
        height: 400,
        channels: 1,
        depth: 'uchar',
        density: 500,
      });
      expect(finger[25], 'PNG colour type 0: grey').toBe(0);
    }
    expect(await difference(leftIndexFinger, rightIndexFinger)).toBeGreaterThan(8);
  });

  test('the same number gives the same bytes', async () => {
    const [one, two] = [await drawImages('001190000123'), await drawImages('001190000123')];
    expect(one).toEqual(two);
  });

  test('all 26 people have different faces and 52 different fingers', async () => {
    const portraits = await Promise.all(numbers.map((number) => drawPortrait(number)));
    const fingers = await Promise.all(numbers.flatMap((number) => [drawFinger(number, 'left'), drawFinger(number, 'right')]));
    for (const images of [portraits, fingers]) {
      expect(new Set(images.map((image) => Buffer.from(image).toString('base64'))).size).toBe(images.length);
    }
    for (const [i, one] of portraits.entries()) {
      for (const two of portraits.slice(i + 1)) expect(await difference(one, two)).toBeGreaterThan(1);
    }
  });
});
