import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aesCbc } from '#encoder/access';
import { type ParsedCommandApdu, type ResponseApdu, StatusWord } from '#encoder/apdu';
import { concat, fromHex, toHex } from '#encoder/bytes';
import {
  getKeyInformation,
  keyCheckValue,
  keyInformationExamples,
  keyInformationTemplate,
  KeySets,
  openScp02,
  openScp03,
  putKey,
  Scp02CardSession,
  Scp03CardSession,
  type ScpKeys,
  type SecureChannel,
} from './index.ts';
import { chipAround, someKeys, type Tamper, type TestChip } from './testing.ts';

const HOST = fromHex('0011223344556677');
const DIVERSIFICATION_DATA = fromHex('00010203040506070809');
type Protocol = SecureChannel['protocol'];

function withVersion(version: number, length = 16, seed = 0): ScpKeys {
  return { ...someKeys(length, seed), version };
}

function keySets(protocol: Protocol, ...versions: readonly number[]): KeySets {
  return new KeySets(versions.map((version) => ({ kind: protocol === 'SCP02' ? '3DES' : 'AES', keys: withVersion(version) })));
}

/** A security domain with its key sets: opens channels with any of them, takes PUT KEY and tells what it has. */
function domain(
  sets: KeySets,
  { protocol = 'SCP03', version = 0, ...tamper }: { protocol?: Protocol; version?: number } & Tamper = {},
): TestChip<Scp02CardSession | Scp03CardSession> {
  const keys = sets.find(version)?.keys ?? someKeys();
  const session =
    protocol === 'SCP02'
      ? new Scp02CardSession(keys, {
          diversificationData: DIVERSIFICATION_DATA,
          sequenceCounter: fromHex('0001'),
          challenge: { random: fromHex('A1A2A3A4A5A6') },
        })
      : new Scp03CardSession(keys, { diversificationData: DIVERSIFICATION_DATA, sequenceCounter: fromHex('000001'), aid: HOST });
  const execute = (command: ParsedCommandApdu): ResponseApdu => {
    if (command.ins === 0xd8) return sets.putKey(command, session);
    return { data: sets.information(), sw: StatusWord.SUCCESS };
  };
  return chipAround(session, execute, tamper);
}

function open(chip: TestChip<unknown>, protocol: Protocol, keys: ScpKeys): Promise<SecureChannel> {
  return protocol === 'SCP02'
    ? openScp02(chip.transceiver, keys, { hostChallenge: HOST })
    : openScp03(chip.transceiver, keys, { hostChallenge: HOST });
}

function revealed({ enc, mac, dek }: ScpKeys): readonly string[] {
  return [enc, mac, dek].map((key) => toHex(key.reveal()));
}

const CASES = [
  ['SCP02', 16],
  ['SCP03', 16],
  ['SCP03', 24],
  ['SCP03', 32],
] as const;

describe('PUT KEY (GPC v2.3.1 §11.8, Amendment D v1.2 §7.2)', () => {
  it.each(CASES)(
    '%s, keys of %i bytes: a set takes the place of another, and the next channel is opened with it',
    async (protocol, length) => {
      const sets = keySets(protocol, 1);
      const old = sets.find(1);
      const chip = domain(sets, { protocol });
      const channel = await open(chip, protocol, withVersion(1));
      const keys = withVersion(2, length, 0x55);
      await putKey(channel, { keys, replaces: 1 });
      expect(sets.find(1)).toBeUndefined();
      expect(revealed(sets.find(2)?.keys ?? someKeys())).toEqual(revealed(keys));
      expect(() => old?.keys.enc.reveal()).toThrow('destroyed');
      // The session goes on under its own keys: the template names the new set.
      expect(await getKeyInformation(channel)).toEqual(
        [1, 2, 3].map((id) => ({ id, version: 2, components: [{ type: protocol === 'SCP02' ? 0x80 : 0x88, length }] })),
      );
      const next = domain(sets, { protocol, version: 2 });
      await expect(open(next, protocol, { ...keys, version: 2 })).resolves.toMatchObject({ protocol });
    },
  );

  it('a set is added beside the others', async () => {
    const sets = keySets('SCP03', 1);
    const chip = domain(sets);
    await putKey(await open(chip, 'SCP03', withVersion(1)), { keys: withVersion(0x30, 32, 9) });
    expect([sets.find(1)?.keys.version, sets.find(0x30)?.keys.enc.length]).toEqual([1, 32]);
    const { executed } = chip;
    expect([executed[0]?.p1, executed[0]?.p2]).toEqual([0x00, 0x81]);
  });

  it("the chip maker's initial set FF does not outlive the first PUT KEY", async () => {
    const sets = keySets('SCP02', 0xff);
    const channel = await open(domain(sets, { protocol: 'SCP02' }), 'SCP02', withVersion(0));
    await putKey(channel, { keys: withVersion(1, 16, 9) });
    expect([sets.find(0xff), sets.find(0)?.keys.version]).toEqual([undefined, 1]);
  });

  it('the same version number is replaced in place', async () => {
    const sets = keySets('SCP03', 1, 2);
    await putKey(await open(domain(sets), 'SCP03', withVersion(1)), { keys: withVersion(1, 16, 7), replaces: 1 });
    expect(revealed(sets.find(0)?.keys ?? someKeys())).toEqual(revealed(withVersion(1, 16, 7)));
    expect(revealed(sets.find(2)?.keys ?? someKeys())).toEqual(revealed(withVersion(2)));
  });

  it('key data fields: type, length, key length before an AES key, wrapped key, check value', async () => {
    const static128 = withVersion(1);
    const wrap = (key: Uint8Array): Uint8Array => aesCbc('encrypt', static128.dek.reveal(), new Uint8Array(16), key);
    const chip = domain(keySets('SCP03', 1));
    const keys = withVersion(2, 24, 3);
    await putKey(await open(chip, 'SCP03', static128), { keys });
    const field = (key: ScpKeys['enc']): Uint8Array =>
      concat(fromHex('882118'), wrap(concat(key.reveal(), fromHex('8000000000000000'))), fromHex('03'), keyCheckValue(key));
    expect(chip.executed[0]?.data).toEqual(concat(fromHex('02'), field(keys.enc), field(keys.mac), field(keys.dek)));
  });

  it('no key is readable on the wire', async () => {
    for (const [protocol, length] of CASES) {
      const chip = domain(keySets(protocol, 1), { protocol });
      const keys = withVersion(2, length, 0x21);
      await putKey(await open(chip, protocol, withVersion(1)), { keys });
      for (const key of revealed(keys)) expect(chip.wire.join('')).not.toContain(key.slice(0, 16));
      for (const key of revealed(keys)) expect(toHex(chip.executed[0]?.data ?? HOST)).not.toContain(key.slice(0, 16));
    }
  });
});

describe('PUT KEY, threats', () => {
  it.each([
    ['another check value', (b: Uint8Array) => b.with(3, (b[3] ?? 0) ^ 1)],
    ['another version number', (b: Uint8Array) => b.with(0, 9)],
    ['no check values', (b: Uint8Array) => concat(b.slice(0, 1), fromHex('9000'))],
    ['nothing', () => fromHex('9000')],
  ])('a chip that says it stored %s: isolate the card', async (_name, change) => {
    const response = (b: Uint8Array, ins: number): Uint8Array => (ins === 0xd8 ? change(b) : b);
    const channel = await open(domain(keySets('SCP02', 1), { protocol: 'SCP02', response }), 'SCP02', withVersion(1));
    await expect(putKey(channel, { keys: withVersion(2) })).rejects.toMatchObject({ code: 'SCP_ANSWER_INVALID' });
  });

  it.each([
    ['version 0', { keys: withVersion(0) }],
    ['version 80', { keys: withVersion(0x80) }],
    ['a replaced version 80', { keys: withVersion(1), replaces: 0x80 }],
    ['keys of two lengths', { keys: { ...withVersion(1), dek: withVersion(1, 32).dek } }],
    ['keys of 8 bytes', { keys: withVersion(1, 8) }],
  ])('%s is not sent', async (_name, request) => {
    const chip = domain(keySets('SCP03', 1));
    const channel = await open(chip, 'SCP03', withVersion(1));
    await expect(putKey(channel, request)).rejects.toMatchObject({ code: 'SCP_NOT_ASKED' });
    expect(chip.executed).toHaveLength(0);
  });

  it('an AES key is not wrapped under triple DES', async () => {
    const channel = await open(domain(keySets('SCP02', 1), { protocol: 'SCP02' }), 'SCP02', withVersion(1));
    await expect(putKey(channel, { keys: withVersion(2, 32) })).rejects.toMatchObject({ code: 'SCP_NOT_ASKED' });
  });

  /** What a right command looks like to the card, ready to be spoilt. */
  async function taken(sets: KeySets): Promise<{ command: ParsedCommandApdu; session: Scp02CardSession | Scp03CardSession }> {
    const chip = domain(keySets('SCP03', 1));
    const channel = await open(chip, 'SCP03', withVersion(1));
    await putKey(channel, { keys: withVersion(2, 16, 9) });
    const [command] = chip.executed;
    if (command === undefined) throw new Error('nothing was executed');
    expect(sets.find(2)).toBeUndefined();
    return { command, session: chip.session };
  }

  it.each([
    ['another P2', { p2: 0x01 }, 0x6a86],
    ['more commands to come', { p1: 0x81 }, 0x6a86],
    ['an unknown set', { p1: 0x05 }, 0x6a88],
    ['a version in use', { at: 0, byte: 0x01 }, 0x6a80],
    ['version 00', { at: 0, byte: 0x00 }, 0x6a80],
    ['version 80', { at: 0, byte: 0x80 }, 0x6a80],
    ['another key type', { at: 1, byte: 0x80 }, 0x9484],
    ['another key length', { at: 3, byte: 0x18 }, 0x6a80],
    ['a flipped key bit', { at: 10, byte: 0x00 }, 0x9485],
    ['a flipped check value', { at: 21, byte: 0x00 }, 0x9485],
    ['a longer check value', { at: 20, byte: 0x04 }, 0x9485],
  ])('the card refuses %s, and holds what it held', async (_name, change: { p1?: number; p2?: number; at?: number; byte?: number }, sw) => {
    const sets = keySets('SCP03', 1);
    const { command, session } = await taken(sets);
    const { at, byte = 0, ...header } = change;
    const data = at === undefined ? command.data : command.data.with(at, byte);
    expect(sets.putKey({ ...command, ...header, data }, session)).toEqual({ data: new Uint8Array(0), sw });
    expect(sets.find(2)).toBeUndefined();
    expect(revealed(sets.find(1)?.keys ?? someKeys())).toEqual(revealed(withVersion(1)));
  });

  it('a card takes eight sets and no ninth', async () => {
    const sets = keySets('SCP03', 3, 4, 5, 6, 7, 8, 9, 10);
    const { command, session } = await taken(sets);
    expect(sets.putKey(command, session).sw).toBe(0x6a84);
    expect(sets.putKey({ ...command, p1: 3 }, session).sw).toBe(0x9000);
  });

  it('outside a session nothing is unwrapped', async () => {
    const sets = keySets('SCP03', 1);
    const { command, session } = await taken(sets);
    session.close();
    expect(sets.putKey(command, session).sw).toBe(0x6985);
  });

  it('any bytes give a status word and change nothing; any truncation too', async () => {
    const sets = keySets('SCP03', 1);
    const { command, session } = await taken(sets);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(255), fc.nat(command.data.length - 1), (data, p1, cut) => {
        for (const sent of [data, command.data.slice(0, cut)]) {
          const answer = sets.putKey({ ...command, p1, data: sent }, session);
          expect(answer.sw).not.toBe(0x9000);
          expect(answer.data).toHaveLength(0);
        }
        expect(sets.information()).toEqual(keySets('SCP03', 1).information());
      }),
    );
  });

  it('destroyed sets are gone', () => {
    const sets = keySets('SCP03', 1);
    const held = sets.find(1);
    sets.destroy();
    expect(sets.find(0)).toBeUndefined();
    expect(() => held?.keys.dek.reveal()).toThrow('destroyed');
  });
});

describe('Key Information Template (GPC v2.3.1 §11.3.3.1)', () => {
  it.each(keyInformationExamples.map((example) => [example.name, example] as const))('%s', (_name, { value, hex }) => {
    expect(toHex(keyInformationTemplate.encode(value))).toBe(hex.replaceAll(' ', ''));
    expect(keyInformationTemplate.decode(fromHex(hex))).toEqual(value);
  });

  it.each([
    ['another template', 'E100', 'BYTES_UNEXPECTED'],
    ['another data object inside', 'E006C10401018010', 'BYTES_UNEXPECTED'],
    ['the extended format', 'E008C00601FFFF800010', 'BYTES_UNEXPECTED'],
    ['a type without its length', 'E005C003010180', 'BYTES_TRUNCATED'],
    ['a key without a type', 'E004C0020101', 'BYTES_TRUNCATED'],
    ['trailing bytes', 'E00000', 'BYTES_TRAILING'],
  ])('%s is a coded error, for the reader of a chip SCP_ANSWER_INVALID', async (_name, hex, code) => {
    expect(() => keyInformationTemplate.decode(fromHex(hex))).toThrow(expect.objectContaining({ code }));
    const channel = { send: () => Promise.resolve({ data: fromHex(hex), sw: 0x9000 }) };
    await expect(getKeyInformation(channel)).rejects.toMatchObject({ code: 'SCP_ANSWER_INVALID' });
  });

  it('any bytes decode or give a coded error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, shaped) => {
        const sent = shaped ? concat(Uint8Array.of(0xe0, bytes.length), bytes) : bytes;
        try {
          expect(keyInformationTemplate.encode(keyInformationTemplate.decode(sent))).toEqual(sent);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^BYTES_/) as unknown });
        }
      }),
    );
  });
});
