import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand, parseCommand, parseResponse, type ResponseApdu } from '#encoder/apdu';
import { fromHex, Secret, toHex } from '#encoder/bytes';
import { loadVectors, vector } from '#test-vectors';
import { CIPHER_SUITES, secureMessaging, SmSession, type CipherName } from './index.ts';

function sessionOf(cipher: CipherName, seed = 1, ssc?: Uint8Array): SmSession {
  const { keyLength } = CIPHER_SUITES[cipher];
  const key = (n: number): Secret => new Secret(new Uint8Array(keyLength).map((_, i) => (i * 13 + n + seed) & 0xff));
  return new SmSession(CIPHER_SUITES[cipher], { enc: key(1), mac: key(101) }, ssc);
}

describe('Doc 9303-11 Appendix D.4: secure messaging with triple DES', () => {
  const steps = loadVectors('bac').filter((v) => v.id.startsWith('bac.sm.D4.'));
  const first = vector('bac', 'bac.sm.D4.select_ef_com');
  const start = (): SmSession =>
    new SmSession(
      CIPHER_SUITES['3DES'],
      { enc: new Secret(first.bytes('ksEnc')), mac: new Secret(first.bytes('ksMac')) },
      first.bytes('sscBefore'),
    );

  it('terminal: wraps each command and unwraps each response of the example', () => {
    expect(steps).toHaveLength(3);
    const session = start();
    for (const v of steps) {
      const command = parseCommand(v.bytes('unprotectedCapdu'));
      expect(toHex(encodeCommand(session.wrapCommand(command)))).toBe(v.text('protectedCapdu'));
      const response = session.unwrapResponse(parseResponse(v.bytes('rapdu'), 'D.4'), command.ins);
      expect(response).toEqual({ data: v.bytes('decryptedData'), sw: 0x9000 });
    }
  });

  it('card: unwraps each command and wraps each response of the example', () => {
    const session = start();
    for (const v of steps) {
      const command = session.unwrapCommand(parseCommand(v.bytes('protectedCapdu')));
      expect(typeof command === 'number' ? command : toHex(encodeCommand(command))).toBe(v.text('unprotectedCapdu'));
      const response = session.wrapResponse({ data: v.bytes('decryptedData'), sw: 0x9000 }, 0xb0);
      expect(toHex(response.data)).toBe(v.text('rapdu').slice(0, -4));
    }
  });
});

describe('BSI worked example for EAC: secure messaging with AES-128', () => {
  it('the first command encrypts and the first response authenticates as printed', () => {
    const v = vector('pace', 'eac.worked-example.sm');
    const session = new SmSession(CIPHER_SUITES['AES-128'], { enc: new Secret(v.bytes('ksEnc')), mac: new Secret(v.bytes('ksMac')) });
    const wrapped = session.wrapCommand({ cla: 0, ins: 0x22, p1: 0x81, p2: 0xb6, data: v.bytes('plainSsc1') });
    expect(toHex(wrapped.data ?? new Uint8Array(0))).toMatch(new RegExp(`^8711 01${v.text('cipherSsc1')}8E08`.replace(' ', '')));
    const response = { data: fromHex(`99029000 8E08 ${v.text('macSsc2')}`), sw: 0x9000 };
    expect(session.unwrapResponse(response, 0x22)).toEqual({ data: new Uint8Array(0), sw: 0x9000 });
  });
});

const CIPHERS = ['3DES', 'AES-128', 'AES-192', 'AES-256'] as const;

describe.each(CIPHERS)('secure messaging with %s, terminal against card', (cipher) => {
  it('any command and response passes, short and extended, odd and even', () => {
    fc.assert(
      fc.property(
        fc.nat(255),
        fc.array(
          fc.record({
            ins: fc.constantFrom(0xb0, 0xb1, 0xa4, 0xd6),
            data: fc.uint8Array({ maxLength: 700 }),
            le: fc.option(fc.integer({ min: 1, max: 65_536 }), { nil: undefined }),
            response: fc.uint8Array({ maxLength: 3000 }),
            sw: fc.constantFrom(0x9000, 0x6282, 0x6a82, 0x6982),
          }),
          { minLength: 1, maxLength: 4 },
        ),
        (seed, exchanges) => {
          const terminal = sessionOf(cipher, seed);
          const card = sessionOf(cipher, seed);
          for (const { ins, data, le, response, sw } of exchanges) {
            const command = { cla: 0, ins, p1: 3, p2: 4, data, ...(le === undefined ? {} : { le }) };
            const received = card.unwrapCommand(parseCommand(encodeCommand(terminal.wrapCommand(command))));
            expect(received).toMatchObject(command);
            const answered = card.wrapResponse({ data: response, sw }, ins);
            expect(terminal.unwrapResponse(answered, ins)).toEqual({ data: response, sw });
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('an error inside a session comes with DO 99 and DO 8E', () => {
    const card = sessionOf(cipher);
    const terminal = sessionOf(cipher);
    card.unwrapCommand(parseCommand(encodeCommand(terminal.wrapCommand({ cla: 0, ins: 0xa4, p1: 2, p2: 12, data: fromHex('0103') }))));
    const response = card.wrapResponse({ data: new Uint8Array(0), sw: 0x6a82 }, 0xa4);
    expect(toHex(response.data)).toMatch(/^99026A828E08[0-9A-F]{16}$/);
    expect(terminal.unwrapResponse(response, 0xa4).sw).toBe(0x6a82);
  });

  it('every flipped bit of a command is refused by the card', () => {
    const wire = encodeCommand(sessionOf(cipher).wrapCommand({ cla: 0, ins: 0xd6, p1: 0, p2: 0, data: fromHex('010203'), le: 256 }));
    for (let bit = 0; bit < 8 * (wire.length - 1); bit += 1) {
      const at = bit >> 3;
      if (at === 4) continue; // Lc belongs to the transport: another value is another APDU.
      const bad = wire.with(at, (wire[at] ?? 0) ^ (1 << (bit & 7)));
      expect(sessionOf(cipher).unwrapCommand(parseCommand(bad))).toBeTypeOf('number');
    }
  });

  it('every flipped bit of a response is refused by the terminal', () => {
    const card = sessionOf(cipher);
    const terminal = (): SmSession => {
      const session = sessionOf(cipher);
      session.wrapCommand({ cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 4 });
      return session;
    };
    card.unwrapCommand(parseCommand(encodeCommand(sessionOf(cipher).wrapCommand({ cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 4 }))));
    const { data } = card.wrapResponse({ data: fromHex('01020304'), sw: 0x9000 }, 0xb0);
    for (let bit = 0; bit < 8 * data.length; bit += 1) {
      const bad = data.with(bit >> 3, (data[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      expect(() => terminal().unwrapResponse({ data: bad, sw: 0x9000 }, 0xb0)).toThrow(
        expect.objectContaining({ code: 'ACCESS_SM_INVALID' }),
      );
    }
    expect(terminal().unwrapResponse({ data, sw: 0x9000 }, 0xb0).data).toEqual(fromHex('01020304'));
  });

  it('a replayed command and a replayed response are refused: the counter moved on', () => {
    const terminal = sessionOf(cipher);
    const card = sessionOf(cipher);
    const wrapped = parseCommand(encodeCommand(terminal.wrapCommand({ cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 4 })));
    card.unwrapCommand(wrapped);
    const response = card.wrapResponse({ data: fromHex('01'), sw: 0x9000 }, 0xb0);
    terminal.unwrapResponse(response, 0xb0);
    expect(card.unwrapCommand(wrapped)).toBe(0x6988);
    terminal.wrapCommand({ cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 4 });
    expect(() => terminal.unwrapResponse(response, 0xb0)).toThrow(expect.objectContaining({ code: 'ACCESS_SM_INVALID' }));
  });
});

describe('secure messaging, hostile input', () => {
  it.each([
    ['a plain command', '00B0000004', 0x6987],
    ['no DO 8E', '0CB0000003970104', 0x6987],
    ['an unknown object', '0CB000000D8101048E080000000000000000', 0x6988],
    ['objects out of order', '0CB000000D8E0800000000000000009701 04', 0x6988],
    ['a MAC of 4 bytes', '0CB00000068E0400000000', 0x6988],
  ])('card: %s', (_name, hex, sw) => {
    expect(sessionOf('AES-128').unwrapCommand(parseCommand(fromHex(hex)))).toBe(sw);
  });

  it('any response is a coded error or valid, never a crash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...CIPHERS), (data, cipher) => {
        expect(() => sessionOf(cipher).unwrapResponse({ data, sw: 0x9000 }, 0xb0)).toThrow(
          expect.objectContaining({ name: 'AccessError' }),
        );
      }),
    );
  });

  it('a bare status word ends the channel', async () => {
    let answers = 0;
    const send = (): Promise<ResponseApdu> => {
      answers += 1;
      return Promise.resolve({ data: new Uint8Array(0), sw: 0x6982 });
    };
    const channel = secureMessaging({ send }, sessionOf('AES-128'));
    await expect(channel.send({ cla: 0, ins: 0xb0, p1: 0, p2: 0 })).rejects.toMatchObject({ code: 'ACCESS_SM_ABORTED' });
    await expect(channel.send({ cla: 0, ins: 0xb0, p1: 0, p2: 0 })).rejects.toMatchObject({ code: 'ACCESS_CLOSED' });
    expect(() => channel.rekey(sessionOf('AES-128'))).toThrow(expect.objectContaining({ code: 'ACCESS_CLOSED' }));
    expect(answers).toBe(1);
  });

  it('the counter carries over its bytes', () => {
    const ssc = (): Uint8Array => fromHex('000000FFFFFFFFFF');
    const card = sessionOf('3DES', 1, ssc());
    const wrapped = sessionOf('3DES', 1, ssc()).wrapCommand({ cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 1 });
    expect(card.unwrapCommand(parseCommand(encodeCommand(wrapped)))).toMatchObject({ ins: 0xb0 });
    const other = sessionOf('3DES', 1, fromHex('0000010000000000'.replace('01', '00')));
    expect(other.unwrapCommand(parseCommand(encodeCommand(wrapped)))).toBe(0x6988);
  });
});
