import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApduChannel } from '#encoder/apdu';
import { fromHex, isCodedError } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { scriptedChannel, seeded, testChip } from './testing.ts';
import { BacCardSession, isFileUnavailable, openBac, readFile, selectApplication, selectFile } from './index.ts';

const MRZ = 'L898902C<369080619406236';

describe('SELECT and READ BINARY (Doc 9303-10 §3.6)', () => {
  it('selects the application by AID and files by identifier, and never the MF', async () => {
    const { channel, asked } = scriptedChannel('9000', '9000');
    await selectApplication(channel);
    await selectFile(channel, 0x011c);
    expect(asked).toEqual(['00A4040C07A0000002471001', '00A4020C02011C']);
  });

  it.each([1, 30, 126, 127, 128, 223, 224, 300, 5000, 32_760, 32_770, 40_000])(
    'a file with %i bytes of content comes whole',
    async (length) => {
      const file = tlv(
        0x75,
        new Uint8Array(length).map((_, i) => i & 0xff),
      );
      for (const readMax of [100, 223, 4000]) {
        const chip = testChip({ files: new Map([[0x0102, file]]) });
        expect(await readFile(chip.channel, 0x0102, { readMax })).toEqual(file);
      }
    },
  );

  it('over secure messaging: short reads stay short, long reads go extended', async () => {
    const file = tlv(0x6d, new Uint8Array(1500).fill(7));
    for (const [readMax, extended] of [
      [223, false],
      [1000, true],
    ] as const) {
      const chip = testChip({ bac: new BacCardSession(MRZ, seeded(1)), files: new Map([[0x010d, file]]) });
      const sm = await openBac(chip.channel, { mrzInformation: MRZ, random: seeded(2) });
      expect(await readFile(sm, 0x010d, { readMax })).toEqual(file);
      expect(chip.plain.some((c) => c.extended)).toBe(extended);
      expect(Math.max(...chip.wire.map((hex) => hex.length / 2)) <= 258).toBe(!extended);
    }
  });

  it('without the header first: one SELECT and the fewest reads, and back to the header where a chip refuses', async () => {
    const file = tlv(0x75, new Uint8Array(900).fill(5));
    const chip = testChip({ files: new Map([[0x0102, file]]) });
    expect(await readFile(chip.channel, 0x0102, { readMax: 500, headerFirst: false })).toEqual(file);
    expect(chip.plain.map(({ ins, le }) => [ins, le])).toEqual([
      [0xa4, undefined],
      [0xb0, 500],
      [0xb0, 404],
    ]);
    const { channel, asked } = scriptedChannel('9000', '6700', '6002070890 00', '9000', '60020708 6282');
    expect(await readFile(channel, 0x011e, { headerFirst: false })).toEqual(fromHex('60020708'));
    expect(await readFile(channel, 0x011e, { headerFirst: false })).toEqual(fromHex('60020708'));
    expect(asked).toEqual(['00A4020C02011E', '00B00000DF', '00B0000006', '00A4020C02011E', '00B00000DF']);
  });

  it('padding after the data object is not part of the file', async () => {
    const chip = testChip({ files: new Map([[0x011e, fromHex('6002070800000000')]]) });
    expect(await readFile(chip.channel, 0x011e)).toEqual(fromHex('60020708'));
  });
});

describe('files, hostile chips', () => {
  it.each([
    ['absent', ['6A82'], 'CARD_REFUSED'],
    ['empty', ['9000', '9000'], 'ACCESS_FILE_INVALID'],
    ['of indefinite length', ['9000', '6080000000009000'], 'ACCESS_FILE_INVALID'],
    ['of 16 MB', ['9000', '6083FFFFFF009000'], 'ACCESS_FILE_INVALID'],
    ['cut off', ['9000', '60200102030490 00', '6282'], 'ACCESS_FILE_INVALID'],
    ['longer than asked for', ['9000', '600201020000000000009000'], 'ACCESS_FILE_INVALID'],
    ['closed', ['9000', '6982'], 'CARD_REFUSED'],
  ])('a file that is %s', async (_name, answers, code) => {
    const { channel } = scriptedChannel(...answers);
    const error: unknown = await readFile(channel, 0x011e).catch((e: unknown) => e);
    expect(error).toMatchObject({ code });
    expect(isFileUnavailable(error)).toBe(code === 'CARD_REFUSED');
  });

  it('a chip that trickles one byte at a time ends with the file, not later', async () => {
    let asked = 0;
    const channel: ApduChannel = {
      send: (command) => {
        asked += 1;
        const data = command.ins === 0xa4 ? new Uint8Array(0) : asked === 2 ? fromHex('603A00') : fromHex('00');
        return Promise.resolve({ data, sw: 0x9000 });
      },
    };
    expect(await readFile(channel, 0x011e)).toHaveLength(60);
    expect(asked).toBe(59);
  });

  it('a chip that trickles a large file by the byte is given up, long before its end', async () => {
    let asked = 0;
    const channel: ApduChannel = {
      send: (command) => {
        asked += 1;
        const data = command.ins === 0xa4 ? new Uint8Array(0) : asked === 2 ? fromHex('7582FFF0') : fromHex('00');
        return Promise.resolve({ data, sw: 0x9000 });
      },
    };
    await expect(readFile(channel, 0x0102)).rejects.toMatchObject({ code: 'ACCESS_FILE_INVALID' });
    expect(asked).toBeLessThan(1300);
  });

  it('any answers give a file or a coded error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 2, maxLength: 30 }), { maxLength: 8 }), async (answers) => {
        const left = [fromHex('9000'), ...answers];
        const channel: ApduChannel = {
          send: () => {
            const next = left.shift() ?? fromHex('6F00');
            return Promise.resolve({ data: next.slice(0, -2), sw: ((next.at(-2) ?? 0) << 8) | (next.at(-1) ?? 0) });
          },
        };
        const result: unknown = await readFile(channel, 0x0101).catch((e: unknown) => e);
        expect(result instanceof Uint8Array || isCodedError(result)).toBe(true);
      }),
    );
  });
});
