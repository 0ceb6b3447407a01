import { createDecipheriv } from 'node:crypto';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { concat, Secret, toHex, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { namedSpki } from '#pki/ec';
import type { EcKey } from '#pki/hsm';
import { openAny, recipientId, recipientsOf, sealToAll } from './envelope.ts';
import { openBox, sealBox, type Opener } from './sealed-box.ts';

const pin = new Secret(utf8('1'));
/** Two tokens, each with the private half of its own record key and nothing of the other's. */
const tokens = { a: new SoftwareHsm({ pin }), b: new SoftwareHsm({ pin }) };
const keys = {} as Record<keyof typeof tokens, EcKey>;
beforeAll(async () => {
  for (const name of ['a', 'b'] as const) {
    await tokens[name].open(pin);
    keys[name] = await tokens[name].generateEcKey({ label: 'record-key', curve: 'P-256', purpose: 'derive' });
  }
});
/** `asked` collects the points that the token was asked to agree with. */
const opener = (name: keyof typeof tokens, asked: string[] = []): Opener => ({
  point: keys[name].point,
  ecdh: (peer) => {
    asked.push(toHex(peer));
    return tokens[name].ecdhDerive(keys[name], peer);
  },
});
const spki = (name: keyof typeof tokens): Uint8Array => namedSpki('P-256', keys[name].point);
const CONTEXT = utf8('ord-one');
const SECRET = new Uint8Array(32).fill(9);
const toBoth = (): Uint8Array => sealToAll([spki('a'), spki('b')], new Secret(SECRET), CONTEXT);

test('what is sealed to both tokens opens with either one, for any secret and context', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 128 }), fc.uint8Array({ maxLength: 40 }), async (bytes, context) => {
      const blob = sealToAll([spki('b'), spki('a')], new Secret(bytes), context);
      expect(blob).toHaveLength(2 + 2 * (20 + 114) + bytes.length + 16);
      for (const name of ['a', 'b'] as const) expect((await openAny(blob, opener(name), context)).reveal()).toEqual(bytes);
    }),
    { numRuns: 20 },
  );
});

test('one token is enough to seal to, and to open', async () => {
  const blob = sealToAll([keys.a.point], new Secret(SECRET), CONTEXT);
  expect((await openAny(blob, opener('a'), CONTEXT)).reveal()).toEqual(SECRET);
  expect(recipientsOf(blob)).toEqual([keys.a.keyId]);
});

test('a box of version 1, from before there were two tokens, still opens', async () => {
  const box = sealBox(spki('a'), new Secret(SECRET), CONTEXT);
  expect((await openAny(box, opener('a'), CONTEXT)).reveal()).toEqual(SECRET);
  expect(recipientsOf(box)).toBeUndefined();
});

test('which tokens a stored blob is sealed to is read without a key: their CKA_ID, ascending', () => {
  const ids = [keys.a.keyId, keys.b.keyId].toSorted((a, b) => Buffer.compare(a, b));
  expect(recipientsOf(toBoth())).toEqual(ids);
  expect(recipientId(spki('a'))).toEqual(keys.a.keyId);
});

test('the token agrees with the ephemeral key of its own box and with no other', async () => {
  const blob = toBoth();
  for (const name of ['a', 'b'] as const) {
    const asked: string[] = [];
    await openAny(blob, opener(name, asked), CONTEXT);
    const at = (recipientsOf(blob) ?? []).findIndex((id) => Buffer.compare(id, keys[name].keyId) === 0);
    const start = 2 + at * 134 + 20 + 1;
    expect(asked).toEqual([toHex(blob.subarray(start, start + 65))]);
  }
});

test('the construction, step by step with node:crypto as the header comment says it', async () => {
  const blob = toBoth();
  const box = blob.subarray(22, 136);
  const first = Buffer.compare(keys.a.keyId, keys.b.keyId) < 0 ? 'a' : 'b';
  const contentKey = await openBox(box, opener(first), concat(utf8('cardmint envelope 2'), CONTEXT));
  const decipher = createDecipheriv('aes-256-gcm', contentKey.reveal(), new Uint8Array(12), { authTagLength: 16 });
  decipher.setAAD(blob.subarray(0, 2 + 2 * 134)).setAuthTag(blob.subarray(-16));
  expect(new Uint8Array(Buffer.concat([decipher.update(blob.subarray(2 + 2 * 134, -16)), decipher.final()]))).toEqual(SECRET);
});

describe('what does not open', () => {
  test('every byte changed, whichever token opens: the other token’s box is under the same tag', async () => {
    const blob = toBoth();
    for (let at = 0; at < blob.length; at += 1) {
      const changed = Uint8Array.from(blob);
      changed[at] = (changed[at] ?? 0) ^ 1;
      for (const name of ['a', 'b'] as const)
        await expect(openAny(changed, opener(name), CONTEXT)).rejects.toMatchObject({ code: expect.stringMatching(/^BOX_/) as string });
    }
  });

  test('every prefix, and a byte too many', async () => {
    const blob = toBoth();
    for (let length = 0; length < blob.length; length += 1)
      await expect(openAny(blob.subarray(0, length), opener('a'), CONTEXT)).rejects.toMatchObject({
        code: expect.stringMatching(/^BOX_/) as string,
      });
    await expect(openAny(concat(blob, Uint8Array.of(0)), opener('a'), CONTEXT)).rejects.toMatchObject({ code: 'BOX_NOT_OPENED' });
  });

  test('another context; a key that it is not sealed to, without asking its token', async () => {
    await expect(openAny(toBoth(), opener('a'), utf8('ord-two'))).rejects.toMatchObject({ code: 'BOX_NOT_OPENED' });
    const asked: string[] = [];
    const toA = sealToAll([spki('a')], new Secret(SECRET), CONTEXT);
    await expect(openAny(toA, opener('b', asked), CONTEXT)).rejects.toMatchObject({ code: 'BOX_RECIPIENT_ABSENT' });
    expect(asked).toEqual([]);
  });

  test('a box taken out of its envelope, and a box put into one', async () => {
    const blob = sealToAll([spki('a')], new Secret(SECRET), CONTEXT);
    await expect(openAny(blob.subarray(22, 136), opener('a'), CONTEXT)).rejects.toMatchObject({ code: 'BOX_NOT_OPENED' });
    const transplanted = concat(blob.subarray(0, 22), sealBox(spki('a'), new Secret(SECRET), CONTEXT), blob.subarray(136));
    await expect(openAny(transplanted, opener('a'), CONTEXT)).rejects.toMatchObject({ code: 'BOX_NOT_OPENED' });
  });

  test('strict form: no box, nine boxes, boxes out of order or twice the same, a version that is not known', async () => {
    const blob = toBoth();
    const one = blob.subarray(2, 136);
    const two = blob.subarray(136, 270);
    const rest = blob.subarray(270);
    const malformed = [
      concat(Uint8Array.of(2, 0), rest),
      concat(Uint8Array.of(2, 9), ...Array.from({ length: 9 }, () => one), rest),
      concat(Uint8Array.of(2, 2), two, one, rest),
      concat(Uint8Array.of(2, 2), one, one, rest),
      concat(Uint8Array.of(3), blob.subarray(1)),
      concat(blob.subarray(0, 270), new Uint8Array(129 + 16)),
      new Uint8Array(100_000).fill(2),
    ];
    for (const bytes of malformed) {
      await expect(openAny(bytes, opener('a'), CONTEXT)).rejects.toMatchObject({ code: 'BOX_MALFORMED' });
      expect(() => recipientsOf(bytes)).toThrow(/BOX_MALFORMED/);
    }
  });
});

test('nobody, the same key twice, too many keys, no secret, a record by mistake: refused before anything is sealed', () => {
  const key = new Secret(SECRET);
  const refused: readonly (() => unknown)[] = [
    () => sealToAll([], key, CONTEXT),
    () => sealToAll([spki('a'), keys.a.point], key, CONTEXT),
    () =>
      sealToAll(
        Array.from({ length: 9 }, () => spki('a')),
        key,
        CONTEXT,
      ),
    () => sealToAll([spki('a')], new Secret(new Uint8Array()), CONTEXT),
    () => sealToAll([spki('a')], new Secret(new Uint8Array(129)), CONTEXT),
  ];
  for (const attempt of refused) expect(attempt).toThrow(/BOX_INPUT_INVALID/);
  expect(() => sealToAll([new Uint8Array(65).fill(4)], key, CONTEXT)).toThrow(/EC_POINT_INVALID/);
});
