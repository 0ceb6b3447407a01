import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii, fromHex, toHex } from '#encoder/bytes';
import { cvCertificateParts } from '#encoder/cv-certificate';
import { tlv } from '#encoder/tlv';
import { authenticateTerminal } from './index.ts';
import { BINDING, bytesOf, command, DV, flip, LINK, pairs, session, signerOf, sw, TERMINAL, scriptedChannel } from './testing.ts';

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
