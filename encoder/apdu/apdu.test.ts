import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, isCodedError, toHex } from '#encoder/bytes';
import {
  type ApduChannel,
  CardError,
  chainResponses,
  type CommandApdu,
  encodeCommand,
  encodeResponse,
  expectSuccess,
  formatApdus,
  isRefusal,
  openChannel,
  parseCommand,
  parseResponse,
  type ResponseApdu,
  statusName,
  type Transceiver,
} from './index.ts';

const READ = { cla: 0, ins: 0xb0, p1: 0, p2: 0 };

describe('ISO/IEC 7816-4 §5.1: the seven cases of a command APDU', () => {
  const cases: readonly [string, CommandApdu, string][] = [
    ['case 1', { cla: 0, ins: 0x84, p1: 0, p2: 0 }, '00840000'],
    ['case 2S', { ...READ, le: 4 }, '00B0000004'],
    ['case 2S, all', { ...READ, le: 256 }, '00B0000000'],
    ['case 3S', { cla: 0, ins: 0xa4, p1: 2, p2: 0x0c, data: fromHex('011E') }, '00A4020C02011E'],
    ['case 4S', { cla: 0, ins: 0xa4, p1: 4, p2: 0, data: fromHex('A000'), le: 256 }, '00A4040002A00000'],
    ['case 2E', { ...READ, le: 65_536 }, '00B00000000000'],
    ['case 2E, 257', { ...READ, le: 257 }, '00B00000000101'],
    ['case 3E', { ...READ, ins: 0xd6, data: fromHex('AA'), extended: true }, '00D60000000001AA'],
    ['case 4E', { ...READ, ins: 0xd6, data: fromHex('AA'), le: 65_536, extended: true }, '00D60000000001AA0000'],
  ];
  it.each(cases)('%s', (_name, command, hex) => {
    expect(toHex(encodeCommand(command))).toBe(hex);
    const parsed = parseCommand(fromHex(hex));
    expect(parsed).toEqual({
      extended: false,
      ...command,
      ...(hex.length > 10 && hex.slice(8, 10) === '00' ? { extended: true } : {}),
      data: command.data ?? new Uint8Array(0),
    });
  });

  it('any command survives the wire', () => {
    fc.assert(
      fc.property(
        fc.record({
          cla: fc.nat(255),
          ins: fc.nat(255),
          p1: fc.nat(255),
          p2: fc.nat(255),
          data: fc.uint8Array({ maxLength: 600 }),
          le: fc.option(fc.integer({ min: 1, max: 65_536 }), { nil: undefined }),
        }),
        ({ le, ...rest }) => {
          const command = le === undefined ? rest : { ...rest, le };
          const back = parseCommand(encodeCommand(command));
          expect({ ...back, extended: undefined }).toEqual({ ...command, extended: undefined });
        },
      ),
    );
  });

  it('hostile bytes give a coded error or a command, never a crash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          parseCommand(bytes);
        } catch (error) {
          expect(isCodedError(error)).toBe(true);
        }
      }),
    );
  });

  it('what fits no APDU is not asked', () => {
    const tooLong = { ...READ, data: new Uint8Array(65_536) };
    expect(() => encodeCommand(tooLong)).toThrow(expect.objectContaining({ code: 'CARD_NOT_ASKED' }));
    expect(() => encodeCommand({ ...READ, le: 0 })).toThrow(CardError);
    expect(() => encodeCommand({ ...READ, cla: 256 })).toThrow(CardError);
  });
});

describe('responses and status words', () => {
  it('parses, encodes, and refuses less than a status word', () => {
    const response = parseResponse(fromHex('60149000'), 'READ BINARY');
    expect(response).toEqual({ data: fromHex('6014'), sw: 0x9000 });
    expect(toHex(encodeResponse(response))).toBe('60149000');
    expect(() => parseResponse(fromHex('90'), 'READ BINARY')).toThrow(expect.objectContaining({ code: 'CARD_ANSWER_INVALID' }));
  });

  it('names what the card said', () => {
    expect(statusName(0x6982)).toBe('6982 SECURITY_STATUS_NOT_SATISFIED');
    expect(statusName(0x63c2)).toBe('63C2 TRIES_LEFT');
    expect(statusName(0x6c10)).toBe('6C10 WRONG_LE');
    expect(statusName(0x1234)).toBe('1234');
    let refused: unknown;
    try {
      expectSuccess({ data: new Uint8Array(0), sw: 0x6982 }, 'SELECT EF.DG3');
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ code: 'CARD_REFUSED', operation: 'SELECT EF.DG3', sw: 0x6982 });
    expect(isRefusal(refused, 0x6982)).toBe(true);
    expect(isRefusal(refused)).toBe(true);
    expect(isRefusal(refused, 0x6a82)).toBe(false);
  });
});

describe('the processors', () => {
  /** A card that answers from a script, and remembers what it was asked. */
  function scripted(answers: readonly string[]): { asked: string[]; transceiver: Transceiver } {
    const asked: string[] = [];
    const left = [...answers];
    const transceiver = {
      transmit(command: Uint8Array) {
        asked.push(toHex(command));
        const next = left.shift();
        return next === undefined ? Promise.reject(new Error('the script ran dry')) : Promise.resolve(fromHex(next));
      },
    };
    return { asked, transceiver };
  }

  it('61xx is fetched and joined, 6Cxx is asked again with its Le', async () => {
    const { asked, transceiver } = scripted(['6C04', '01026102', '03049000']);
    const seen: string[] = [];
    const channel = openChannel(transceiver, { trace: ({ response }) => seen.push(toHex(response ?? new Uint8Array(0))) });
    expect(await channel.send({ ...READ, le: 256 })).toEqual({ data: fromHex('01020304'), sw: 0x9000 });
    expect(asked).toEqual(['00B0000000', '00B0000004', '00C0000002']);
    expect(seen).toEqual(['6C04', '01026102', '03049000']);
  });

  it('a chip that says 61xx for ever is cut off after eight rounds', async () => {
    let asked = 0;
    const endless: ApduChannel = {
      send(): Promise<ResponseApdu> {
        asked += 1;
        return Promise.resolve({ data: Uint8Array.of(1), sw: 0x6101 });
      },
    };
    await expect(chainResponses(endless).send(READ)).rejects.toMatchObject({ code: 'CARD_ANSWER_INVALID' });
    expect(asked).toBe(9);
  });

  it('a failing addon is named "reader gone", and a coded error of the reader passes through', async () => {
    await expect(formatApdus(scripted([]).transceiver).send(READ)).rejects.toMatchObject({ code: 'CARD_READER_GONE' });
    const coded = new CardError('CARD_NOT_ASKED', { operation: 'x' });
    await expect(formatApdus({ transmit: () => Promise.reject(coded) }).send(READ)).rejects.toBe(coded);
  });
});
