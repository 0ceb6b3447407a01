import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CommandApdu, encodeCommand, type ParsedCommandApdu, parseCommand } from '#encoder/apdu';
import { concat, fromHex, toHex } from '#encoder/bytes';
import {
  type DataGrouping,
  decodeDataGroupings,
  encodeDataGrouping,
  encryptGrouping,
  installForPersonalization,
  openScp02,
  openScp03,
  Scp02CardSession,
  Scp03CardSession,
  storeData,
  StoreDataSequence,
} from './index.ts';
import { chipAround, echo, someKeys } from './testing.ts';

const received = (command: CommandApdu): ParsedCommandApdu => parseCommand(encodeCommand(command));
const shape = (commands: readonly CommandApdu[]): readonly unknown[] => commands.map((c) => [c.p1, c.p2, c.data?.length]);
const grouping = (dgi: number, length: number, encrypted?: boolean): DataGrouping => ({
  dgi,
  data: new Uint8Array(length).fill(dgi),
  ...(encrypted === undefined ? {} : { encrypted }),
});

describe('GPC v2.3.1 §11.5, §11.11 and EMV CPS 1.1 §2.2', () => {
  it('INSTALL [for personalization]', () => {
    expect(toHex(encodeCommand(installForPersonalization(fromHex('A0000002471001'))))).toBe('80E620000D000007A000000247100100000000');
  });

  it('a DGI takes the short length up to 254 and FF with two bytes from 255 on', () => {
    expect(toHex(encodeDataGrouping({ dgi: 0x0062, data: fromHex('0102') }))).toBe('0062020102');
    expect(toHex(encodeDataGrouping({ dgi: 0x0101, data: new Uint8Array(254) }).slice(0, 3))).toBe('0101FE');
    expect(toHex(encodeDataGrouping({ dgi: 0x0101, data: new Uint8Array(255) }).slice(0, 5))).toBe('0101FF00FF');
  });

  it('STORE DATA numbers its blocks and marks the last', () => {
    const commands = storeData([{ dgi: 0x0101, data: new Uint8Array(500) }], { encrypted: true, blockMax: 200 });
    expect(commands.map((c) => [c.p1, c.p2, c.data?.length])).toEqual([
      [0x68, 0, 200],
      [0x68, 1, 200],
      [0xe8, 2, 105],
    ]);
    expect(() => storeData([{ dgi: 1, data: new Uint8Array(60_000) }], { blockMax: 200 })).toThrow(
      expect.objectContaining({ code: 'SCP_NOT_ASKED' }),
    );
  });

  it('what is stored in blocks comes out as the same groupings', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ dgi: fc.nat(0xffff), data: fc.uint8Array({ maxLength: 600 }) }), { maxLength: 6 }), (groupings) => {
        const blocks = storeData(groupings).map((c) => c.data ?? new Uint8Array(0));
        expect(decodeDataGroupings(concat(...blocks))).toEqual(groupings);
      }),
    );
  });

  it.each(['00', '0101', '01010500', '0101FF00'])('cut groupings %s are a coded error', (hex) => {
    expect(() => decodeDataGroupings(fromHex(hex))).toThrow(expect.objectContaining({ code: 'BYTES_TRUNCATED' }));
  });

  it('no AID, no DGI of three bytes, no data beyond FFFE, no FF FFFF, no block of nothing', () => {
    const coded = expect.objectContaining({ code: 'SCP_NOT_ASKED' }) as unknown as Error;
    for (const length of [0, 4, 17]) expect(() => installForPersonalization(new Uint8Array(length))).toThrow(coded);
    expect(() => encodeDataGrouping({ dgi: 0x1_0000, data: new Uint8Array(0) })).toThrow(coded);
    expect(() => encodeDataGrouping(grouping(1, 0xffff))).toThrow(coded);
    expect(toHex(encodeDataGrouping(grouping(1, 0xfffe)).slice(0, 5))).toBe('0001FFFFFE');
    expect(() => decodeDataGroupings(concat(fromHex('0001FFFFFF'), new Uint8Array(0xffff)))).toThrow(
      expect.objectContaining({ code: 'BYTES_UNEXPECTED' }),
    );
    expect(() => storeData([], { blockMax: 0 })).toThrow(coded);
  });
});

describe('EMV CPS 1.1 §4.3: grouping, chaining, encryption flags', () => {
  it('groupings are packed whole, one that does not fit begins the next block', () => {
    const commands = storeData([grouping(1, 60), grouping(2, 60), grouping(3, 60)], { blockMax: 130 });
    expect(shape(commands)).toEqual([
      [0x08, 0, 126],
      [0x88, 1, 63],
    ]);
  });

  it('a grouping larger than a block shares its blocks with none', () => {
    const commands = storeData([grouping(1, 10), grouping(2, 300), grouping(3, 10)], { blockMax: 200 });
    expect(shape(commands)).toEqual([
      [0x08, 0, 13],
      [0x08, 1, 200],
      [0x08, 2, 105],
      [0x88, 3, 13],
    ]);
  });

  it('encrypted groupings travel apart, under P1 bits 7-6', () => {
    const commands = storeData([grouping(1, 8), grouping(2, 8, true), grouping(3, 8, true), grouping(4, 8)], { structure: 'none' });
    expect(shape(commands)).toEqual([
      [0x00, 0, 11],
      [0x60, 1, 22],
      [0x80, 2, 11],
    ]);
  });

  it('no grouping at all is one last block without data', () => {
    expect(shape(storeData([]))).toEqual([[0x88, 0, 0]]);
  });

  it('256 blocks are sent, 257 are not', () => {
    const of = (blocks: number): readonly CommandApdu[] => storeData([grouping(1, blocks * 239 - 5)], { blockMax: 239 });
    expect(of(256).at(-1)).toMatchObject({ p1: 0x88, p2: 0xff });
    expect(() => of(257)).toThrow(expect.objectContaining({ code: 'SCP_NOT_ASKED' }));
  });
});

describe('padding of data under the DEK (EMV CPS 1.1 §5.5)', () => {
  const HOST = fromHex('0011223344556677');
  const diversificationData = fromHex('00010203040506070809');
  const scp02 = new Scp02CardSession(someKeys(), {
    diversificationData,
    sequenceCounter: fromHex('0001'),
    challenge: { random: fromHex('A1A2A3A4A5A6') },
  });
  const scp03 = new Scp03CardSession(someKeys(), { diversificationData, sequenceCounter: fromHex('000001'), aid: HOST });

  it.each([
    ['SCP02', 8, scp02, () => openScp02(chipAround(scp02, echo).transceiver, someKeys(), { hostChallenge: HOST })],
    ['SCP03', 16, scp03, () => openScp03(chipAround(scp03, echo).transceiver, someKeys(), { hostChallenge: HOST })],
  ] as const)('%s: blocks of %i bytes', async (_name, block, card, open) => {
    const channel = await open();
    const stored = (length: number, padding?: 'always'): Uint8Array | undefined => {
      const sent = encryptGrouping(channel, grouping(0x8000, length), padding);
      expect(sent).toMatchObject({ dgi: 0x8000, encrypted: true });
      return card.decryptSensitive(sent.data);
    };
    expect(stored(block)).toEqual(new Uint8Array(block));
    expect(stored(block, 'always')).toEqual(new Uint8Array(2 * block).with(block, 0x80));
    for (const padding of [undefined, 'always'] as const) {
      expect(stored(block + 1, padding)).toEqual(new Uint8Array(2 * block).with(block + 1, 0x80));
    }
  });
});

describe('STORE DATA, the card', () => {
  it('what is stored comes out as the same groupings, each as encrypted as it was sent', () => {
    const some = fc.record({ dgi: fc.nat(0xffff), data: fc.uint8Array({ maxLength: 600 }), encrypted: fc.boolean() });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 8 }), fc.integer({ min: 100, max: 300 }), (sent, blockMax) => {
        const card = new StoreDataSequence(10_000);
        const outcomes = storeData(sent, { blockMax }).map((command) => card.take(received(command)));
        expect(outcomes.every(({ sw }) => sw === 0x9000)).toBe(true);
        expect(outcomes.slice(0, -1).every(({ groupings }) => groupings === undefined)).toBe(true);
        expect(outcomes.at(-1)?.groupings).toEqual(sent.map((g) => (g.encrypted ? g : { dgi: g.dgi, data: g.data })));
      }),
    );
  });

  const BLOCKS = storeData([grouping(1, 100), grouping(2, 100)], { blockMax: 110 }).map(received);
  const [first, last] = BLOCKS as [ParsedCommandApdu, ParsedCommandApdu];

  it.each([
    ['a block left out', [last], 0x6a86],
    ['a block sent twice', [first, last, last], 0x6a86],
    ['another structure', [{ ...first, p1: 0x00 }], 0x6a86],
    ['encryption that is not all or nothing', [{ ...first, p1: 0x28 }], 0x6a86],
    ['a cut grouping', [{ ...first, p1: 0x88, data: first.data.slice(0, -1) }], 0x6a80],
    ['more than the buffer', [first, { ...last, data: new Uint8Array(255) }], 0x6a84],
    ['a grouping that runs out of encryption', [{ ...first, p1: 0x68, data: first.data.slice(0, 50) }, last], 0x6a80],
  ])('%s is refused and the sequence forgotten', (_name, sent, sw) => {
    const card = new StoreDataSequence(250);
    expect(sent.map((command) => card.take(command)).at(-1)).toEqual({ sw });
    expect(BLOCKS.map((command) => card.take(command)).at(-1)).toMatchObject({ sw: 0x9000, groupings: [{ dgi: 1 }, { dgi: 2 }] });
  });

  it('block 0 begins anew', () => {
    const card = new StoreDataSequence(250);
    expect([first, first, last].map((command) => card.take(command)).at(-1)?.groupings).toHaveLength(2);
  });

  it('any commands give status words, never an exception', () => {
    const command = fc.record({ p1: fc.nat(255), p2: fc.nat(3), data: fc.uint8Array({ maxLength: 60 }) });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 8 }), (sent) => {
        const card = new StoreDataSequence(200);
        for (const { p1, p2, data } of sent) {
          const { sw } = card.take({ cla: 0x80, ins: 0xe2, p1, p2, data, extended: false });
          expect([0x9000, 0x6a80, 0x6a84, 0x6a86]).toContain(sw);
        }
      }),
    );
  });
});
