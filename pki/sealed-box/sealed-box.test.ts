import { createDecipheriv, createECDH, hkdfSync } from 'node:crypto';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { concat, Secret, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { namedSpki } from '#pki/ec';
import type { EcKey } from '#pki/hsm';
import { openBox, sealBox } from './sealed-box.ts';

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let key: EcKey;
beforeAll(async () => {
  await hsm.open(pin);
  key = await hsm.generateEcKey({ label: 'records', curve: 'P-256', purpose: 'derive' });
});
const recipient = (of = key) => ({ point: of.point, ecdh: (peer: Uint8Array) => hsm.ecdhDerive(of, peer) });
const CONTEXT = utf8('record 7 version 1');

test('what is sealed to the public half opens with the private half in the token', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 128 }), fc.uint8Array({ maxLength: 40 }), async (bytes, context) => {
      const box = sealBox(namedSpki('P-256', key.point), new Secret(bytes), context);
      expect(box).toHaveLength(1 + 65 + bytes.length + 16);
      expect((await openBox(box, recipient(), context)).reveal()).toEqual(bytes);
    }),
    { numRuns: 40 },
  );
});

test('the construction, opened step by step with node:crypto as the header comment says it', () => {
  const own = createECDH('prime256v1');
  const point = Uint8Array.from(own.generateKeys());
  const secret = new Uint8Array(32).fill(9);
  const box = sealBox(point, new Secret(secret), CONTEXT);
  const ephemeral = box.subarray(1, 66);
  const info = concat(utf8('cardmint sealed box 1'), ephemeral, point, CONTEXT);
  const material = Buffer.from(hkdfSync('sha256', own.computeSecret(ephemeral), new Uint8Array(), info, 44));
  const decipher = createDecipheriv('aes-256-gcm', material.subarray(0, 32), material.subarray(32));
  decipher.setAAD(box.subarray(0, 66)).setAuthTag(box.subarray(-16));
  expect(new Uint8Array(Buffer.concat([decipher.update(box.subarray(66, -16)), decipher.final()]))).toEqual(secret);
});

describe('what does not open', () => {
  test('another context, another key', async () => {
    const box = sealBox(key.point, new Secret(new Uint8Array(32)), CONTEXT);
    const other = await hsm.generateEcKey({ label: 'other', curve: 'P-256', purpose: 'derive' });
    await expect(openBox(box, recipient(), utf8('record 7 version 2'))).rejects.toMatchObject({ code: 'BOX_NOT_OPENED' });
    await expect(openBox(box, recipient(other), CONTEXT)).rejects.toMatchObject({ code: 'BOX_NOT_OPENED' });
    await expect(openBox(box, { ...recipient(), point: other.point }, CONTEXT)).rejects.toMatchObject({ code: 'BOX_NOT_OPENED' });
  });

  test('every byte changed, every prefix: a coded refusal', async () => {
    const box = sealBox(key.point, new Secret(new Uint8Array(32).fill(1)), CONTEXT);
    for (let at = 0; at < box.length; at += 1) {
      const changed = Uint8Array.from(box);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(openBox(changed, recipient(), CONTEXT)).rejects.toMatchObject({ code: expect.stringMatching(/^BOX_/) as string });
      await expect(openBox(box.subarray(0, at), recipient(), CONTEXT)).rejects.toMatchObject({
        code: expect.stringMatching(/^BOX_/) as string,
      });
    }
  });

  test('a version that is not known, a secret too long to be a key', async () => {
    const box = sealBox(key.point, new Secret(new Uint8Array(32)), CONTEXT);
    box[0] = 2;
    await expect(openBox(box, recipient(), CONTEXT)).rejects.toMatchObject({ code: 'BOX_MALFORMED' });
    expect(() => sealBox(key.point, new Secret(new Uint8Array(129)), CONTEXT)).toThrow(/BOX_INPUT_INVALID/);
    expect(() => sealBox(key.point, new Secret(new Uint8Array()), CONTEXT)).toThrow(/BOX_INPUT_INVALID/);
  });
});

test('two boxes of one secret share nothing', () => {
  const [one, two] = [1, 2].map(() =>
    Buffer.from(sealBox(key.point, new Secret(new Uint8Array(32)), CONTEXT))
      .toString('hex')
      .slice(4),
  );
  expect(one).not.toBe(two);
});
