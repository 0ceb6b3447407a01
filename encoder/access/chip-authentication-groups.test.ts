import { createPublicKey } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ParsedCommandApdu } from '#encoder/apdu';
import { bytesToInteger, concat, fromHex, Secret, toHex } from '#encoder/bytes';
import type { SecurityInfo } from '#encoder/lds';
import { derBitString, derInteger, derOid, derSequence, tlv } from '#encoder/tlv';
import { vector } from '#test-vectors';
import { agreementOf, type ChipAuthenticationDomain } from './chip-authentication-key.ts';
import { EC_DOMAINS } from './curves.ts';
import { DH_DOMAINS, type DhDomain } from './dh-domains.ts';
import { dhGroup, fewestBytes } from './dh-group.ts';
import { scripted, seeded, testChip, type TestChip } from './testing.ts';
import {
  authenticateChip,
  BacCardSession,
  ChipAuthenticationCardSession,
  chipAuthenticationChoices,
  chipAuthenticationParameters,
  chipAuthenticationPublicKey,
  type ChipAuthenticationKey,
  type ChipAuthenticationPublicKey,
  openBac,
  readFile,
  type SmChannel,
} from './index.ts';

const MRZ = 'L898902C<369080619406236';
const FILE = Uint8Array.from([0x60, 0x02, 7, 8]);
const ID_CA = '0.4.0.127.0.7.2.2.3';

describe('BSI worked example of Extended Access Control 1.02: the key agreement of Chip Authentication', () => {
  it.each(['ecdh', 'dh'])('%s: the chip key as EF.CardSecurity announces it, and the secret at both ends', (kind) => {
    const v = vector('extended-access', `eac.${kind}.ca`);
    const publicKey = chipAuthenticationPublicKey(v.bytes('subjectPublicKeyInfo'));
    expect(elementOf(publicKey)).toEqual(v.bytes('publicChip'));
    const { agreement, group } = agreementOf(publicKey);
    expect(chipAuthenticationParameters(`${ID_CA}.${kind === 'dh' ? 1 : 2}.2`)).toMatchObject({ oid: v.bytes('oid'), agreement });
    const [chip, terminal] = ['privateChip', 'privateTerminal'].map((name) => bytesToInteger(v.bytes(name)));
    if (chip === undefined || terminal === undefined) throw new Error('two keys');
    expect(group.publicKey(chip)).toEqual(v.bytes('publicChip'));
    expect(group.publicKey(terminal)).toEqual(v.bytes('publicTerminal'));
    group.check(v.bytes('publicTerminal'), '');
    expect(group.sharedSecret(chip, v.bytes('publicTerminal'))).toEqual(v.bytes('sharedSecretK'));
    expect(group.sharedSecret(terminal, v.bytes('publicChip'))).toEqual(v.bytes('sharedSecretK'));
  });

  it.each(['ecdh', 'dh'])('%s: both ends say the same of the ephemeral key, to which Terminal Authentication is bound', async (kind) => {
    const v = vector('extended-access', `eac.${kind}.ca`);
    const publicKey = chipAuthenticationPublicKey(v.bytes('subjectPublicKeyInfo'));
    const { agreement, group } = agreementOf(publicKey);
    const parameters = chipAuthenticationParameters(`${ID_CA}.${kind === 'dh' ? 1 : 2}.2`);
    const key = { ...domainOf(publicKey), privateKey: Secret.takeOver(v.bytes('privateChip')) };
    const card = new ChipAuthenticationCardSession(parameters, key);
    expect(card.mseSetAt(command(0x22, tlv(0x80, parameters.oid))).response.sw).toBe(0x9000);
    const step = card.generalAuthenticate(command(0x86, tlv(0x7c, tlv(0x80, v.bytes('publicTerminal')))));
    expect(step.ephemeralKeys).toEqual({ terminal: vector('extended-access', `eac.${kind}.ta`).bytes('terminalKey') });
    // The example's DH key is longer than the group order, which a terminal here never draws.
    if (agreement === 'DH') return;
    const { sm } = await opened(new ChipAuthenticationCardSession(parameters, key));
    const scalar = bytesToInteger(v.bytes('privateTerminal'));
    const random = scripted(fromHex(scalar.toString(16).padStart(64, '0')));
    expect(await authenticateChip(sm, { parameters, publicKey, random })).toEqual({ terminal: group.compress(v.bytes('publicTerminal')) });
    expect(await readFile(sm, 0x011d)).toEqual(FILE);
  });
});

describe('Doc 9303-11 tables 5 and 6: every protocol, terminal against card', () => {
  const domains: readonly ChipAuthenticationDomain[] = [
    ...Object.values(EC_DOMAINS).map(({ name }) => ({ curve: name })),
    ...DH_DOMAINS.map(({ name }) => ({ modp: name })),
  ];
  const cases = domains.flatMap((domain) => [1, 2, 3, 4].map((cipher) => [JSON.stringify(domain), cipher, domain] as const));

  it.each(cases)('%s, cipher %i', async (_name, cipher, domain) => {
    const { key, publicKey } = keyPair(domain, cipher);
    const parameters = chipAuthenticationParameters(`${ID_CA}.${'modp' in domain ? 1 : 2}.${cipher}`);
    const { sm, chip } = await opened(new ChipAuthenticationCardSession(parameters, key));
    await authenticateChip(sm, { parameters, publicKey, random: seeded(3) });
    expect(sm.suite.name).toBe(parameters.suite.name);
    expect(await readFile(sm, 0x011d)).toEqual(FILE);
    const sent = chip.plain.slice(2, -2).map(({ ins, p1, p2 }) => [ins, p1, p2]);
    expect(sent).toEqual(
      cipher === 1
        ? [[0x22, 0x41, 0xa6]]
        : [
            [0x22, 0x41, 0xa4],
            [0x86, 0, 0],
          ],
    );
  });

  it('3DES on a chip that has MSE:Set AT alone: asked again within the session (§8.5, note 1)', async () => {
    const { key, publicKey } = keyPair({ curve: 'brainpoolP256r1' }, 5);
    const parameters = chipAuthenticationParameters(`${ID_CA}.2.1`);
    const card = new ChipAuthenticationCardSession(parameters, key);
    card.mseSetKat = () => ({ response: { data: new Uint8Array(0), sw: 0x6a86 } });
    const { sm, chip } = await opened(card);
    await authenticateChip(sm, { parameters, publicKey, random: seeded(3) });
    expect(await readFile(sm, 0x011d)).toEqual(FILE);
    expect(chip.plain.slice(2, -2).map(({ p2 }) => p2)).toEqual([0xa6, 0xa4, 0]);
  });

  it('a key of the other kind than the protocol is not used', async () => {
    const { key, publicKey } = keyPair({ curve: 'brainpoolP256r1' }, 5);
    const parameters = chipAuthenticationParameters(`${ID_CA}.1.2`);
    const { sm, chip } = await opened(new ChipAuthenticationCardSession(parameters, key));
    await expect(authenticateChip(sm, { parameters, publicKey, random: seeded(3) })).rejects.toMatchObject({ code: 'ACCESS_UNSUPPORTED' });
    expect(chip.plain).toHaveLength(2);
  });
});

describe('Doc 9303-11 §6.2.4: a chip with several keys', () => {
  const ec = keyPair({ curve: 'brainpoolP256r1' }, 1);
  const other = keyPair({ curve: 'P-384' }, 2);
  const dh = keyPair({ modp: 'MODP-2048-256' }, 3);
  const offered = [`${ID_CA}.2.1`, `${ID_CA}.2.2`, `${ID_CA}.2.4`, `${ID_CA}.1.1`, `${ID_CA}.1.3`].map(chipAuthenticationParameters);
  const keys = [
    { ...ec.key, keyId: 1n },
    { ...other.key, keyId: 300n },
    { ...dh.key, keyId: 3n },
  ];
  const card = () => new ChipAuthenticationCardSession(offered, keys);

  it.each([
    ['2.1', 1n, ec.publicKey],
    ['2.2', 1n, ec.publicKey],
    ['2.4', 300n, other.publicKey],
    ['2.1', 300n, other.publicKey],
    ['1.1', 3n, dh.publicKey],
    ['1.3', undefined, dh.publicKey],
  ])('%s with key %s', async (arc, keyId, publicKey) => {
    const parameters = chipAuthenticationParameters(`${ID_CA}.${arc}`);
    const { sm } = await opened(card());
    await authenticateChip(sm, { parameters, publicKey, random: seeded(3), ...(keyId === undefined ? {} : { keyId }) });
    expect(await readFile(sm, 0x011d)).toEqual(FILE);
  });

  it.each([
    ['no reference where two keys fit', '2.2', undefined],
    ['an unknown reference', '2.2', 2n],
    ['the reference of a key of the other kind', '2.2', 3n],
    ['no reference for MSE:Set KAT', '2.1', undefined],
  ])('%s: 6A88, and the old session goes on', async (_name, arc, keyId) => {
    const parameters = chipAuthenticationParameters(`${ID_CA}.${arc}`);
    const { sm } = await opened(card());
    const request = { parameters, publicKey: ec.publicKey, random: seeded(3), ...(keyId === undefined ? {} : { keyId }) };
    await expect(authenticateChip(sm, request)).rejects.toMatchObject({
      code: 'ACCESS_REFUSED',
      detail: expect.stringMatching(/^6A88/) as string,
    });
    expect(await readFile(sm, 0x011d)).toEqual(FILE);
  });
});

describe('threats: keys that are none', () => {
  const { p, q } = modp('MODP-1024-160');
  const bad: readonly (readonly [string, bigint | Uint8Array])[] = [
    ['zero', 0n],
    ['one', 1n],
    ['p − 1, of order two', p - 1n],
    ['p', p],
    ['p + 2', p + 2n],
    ['an element outside of the subgroup', 3n],
    ['nothing', new Uint8Array(0)],
    ['a leading zero', concat(Uint8Array.of(0), dhGroup(modp('MODP-1024-160')).publicKey(5n))],
  ];

  it.each(bad)('DH, %s: neither a chip takes it nor a terminal', async (_name, value) => {
    const element = typeof value === 'bigint' ? fewestBytes(value) : value;
    const { key } = keyPair({ modp: 'MODP-1024-160' }, 1);
    const [aes, tripleDes] = [chipAuthenticationParameters(`${ID_CA}.1.2`), chipAuthenticationParameters(`${ID_CA}.1.1`)];
    const card = new ChipAuthenticationCardSession([aes, tripleDes], key);
    card.mseSetAt(command(0x22, tlv(0x80, aes.oid)));
    for (const step of [
      card.generalAuthenticate(command(0x86, tlv(0x7c, tlv(0x80, element)))),
      card.mseSetKat(command(0x22, tlv(0x91, element))),
    ]) {
      expect(step.response.sw).toBe(0x6a80);
      expect(step.session).toBeUndefined();
    }
    const { sm, chip } = await opened(card);
    const publicKey = { modp: 'MODP-1024-160', value: element } as const;
    await expect(authenticateChip(sm, { parameters: aes, publicKey, random: seeded(3) })).rejects.toMatchObject({
      code: 'ACCESS_POINT_INVALID',
    });
    expect(chip.plain).toHaveLength(2);
    expect(q).toBeLessThan(p);
  });

  it('any bytes at any step of the chip give a status word, and no session', () => {
    const parameters = [`${ID_CA}.2.1`, `${ID_CA}.2.2`, `${ID_CA}.1.2`].map(chipAuthenticationParameters);
    const { key } = keyPair({ curve: 'brainpoolP256r1' }, 5);
    const oid = parameters[1]?.oid ?? new Uint8Array(0);
    const off = keyPair({ curve: 'brainpoolP256r1' }, 6).element.with(64, 0);
    const data = fc.oneof(
      fc.constantFrom(
        tlv(0x80, oid),
        tlv(0x7c),
        tlv(0x7c, tlv(0x80, off)),
        tlv(0x91, off),
        concat(tlv(0x80, oid), tlv(0x84, fromHex('07'))),
      ),
      fc.uint8Array({ maxLength: 90 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('mseSetAt', 'generalAuthenticate', 'mseSetKat'), data), { maxLength: 8 }), (script) => {
        const card = new ChipAuthenticationCardSession(parameters, key);
        for (const [step, bytes] of script) {
          const { response, session } = card[step](command(0x22, bytes));
          expect(response.sw).toBeGreaterThan(0x6000);
          expect(session).toBeUndefined();
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('ChipAuthenticationPublicKeyInfo', () => {
  const domain = modp('MODP-2048-256');
  const y = bytesToInteger(dhGroup(domain).publicKey(12_345n));
  const spki = (oid: string, parameters: Uint8Array, key: Uint8Array) =>
    derSequence(derSequence(derOid(oid), parameters), derBitString(key));

  it('a DH key by PKCS #3, which OpenSSL takes for one too', () => {
    const ours = spki('1.2.840.113549.1.3.1', derSequence(derInteger(domain.p), derInteger(domain.g)), derInteger(y));
    expect(createPublicKey({ key: Buffer.from(ours), format: 'der', type: 'spki' }).asymmetricKeyType).toBe('dh');
    expect(chipAuthenticationPublicKey(ours)).toEqual({ modp: 'MODP-2048-256', value: fewestBytes(y) });
  });

  it('a DH key by X9.42 (§8.5, note 2)', () => {
    const parameters = derSequence(derInteger(domain.p), derInteger(domain.g), derInteger(domain.q));
    expect(chipAuthenticationPublicKey(spki('1.2.840.10046.2.1', parameters, derInteger(y)))).toEqual({
      modp: 'MODP-2048-256',
      value: fewestBytes(y),
    });
  });

  it.each([
    ['a generator of its own', derSequence(derInteger(domain.p), derInteger(domain.g + 1n)), derInteger(y), 'ACCESS_UNSUPPORTED'],
    ['a key out of range', derSequence(derInteger(domain.p), derInteger(domain.g)), derInteger(domain.p + y), 'ACCESS_POINT_INVALID'],
    ['a negative key', derSequence(derInteger(domain.p), derInteger(domain.g)), fromHex('0201FB'), 'BYTES_UNEXPECTED'],
    ['no generator', derSequence(derInteger(domain.p)), derInteger(y), 'BYTES_TRUNCATED'],
    [
      'bytes after the key',
      derSequence(derInteger(domain.p), derInteger(domain.g)),
      concat(derInteger(y), fromHex('00')),
      'BYTES_TRAILING',
    ],
  ])('%s', (_name, parameters, key, code) => {
    expect(() => chipAuthenticationPublicKey(spki('1.2.840.113549.1.3.1', parameters, key))).toThrow(expect.objectContaining({ code }));
  });

  it('mutated bytes give a coded error, or another good key', () => {
    const bytes = vector('extended-access', 'eac.dh.ca').bytes('subjectPublicKeyInfo');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        try {
          chipAuthenticationPublicKey(bytes.with(at, (bytes[at] ?? 0) ^ by));
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(ACCESS|BYTES)_/) as string });
        }
      }),
    );
  });
});

describe('Doc 9303-11 §8.5: what an inspection system chooses', () => {
  const point = (id: number, keyId?: number): SecurityInfo => {
    const algorithm = derSequence(derOid('0.4.0.127.0.7.1.2'), derInteger(id));
    const subjectPublicKeyInfo = derSequence(algorithm, derBitString(keyPair({ curve: 'brainpoolP256r1' }, 9).element));
    const reference = keyId === undefined ? {} : { keyId };
    return { kind: 'ChipAuthenticationPublicKeyInfo', protocol: '0.4.0.127.0.7.2.2.1.2', subjectPublicKeyInfo, ...reference };
  };
  const protocol = (arc: string, keyId?: number, version = 1): SecurityInfo => ({
    kind: 'ChipAuthenticationInfo',
    protocol: `${ID_CA}.${arc}`,
    version,
    ...(keyId === undefined ? {} : { keyId }),
  });
  const dh: SecurityInfo = {
    kind: 'ChipAuthenticationPublicKeyInfo',
    protocol: '0.4.0.127.0.7.2.2.1.1',
    subjectPublicKeyInfo: vector('extended-access', 'eac.dh.ca').bytes('subjectPublicKeyInfo'),
    keyId: 2,
  };

  it.each([
    ['AES before 3DES, the longer key first', [protocol('2.1'), protocol('2.4'), protocol('2.2'), point(13)], ['2.4', '2.2', '2.1']],
    ['each key with the protocols that name it', [protocol('2.2', 1), protocol('1.4', 2), point(13, 1), dh], ['1.4 key 2', '2.2 key 1']],
    ['a key without a protocol: 3DES', [point(13)], ['2.1']],
    [
      'nothing of version 2, of another group, or unknown',
      [protocol('2.2', 1, 2), protocol('9.9'), protocol('2.4', 5), point(14), point(13, 1)],
      [],
    ],
    ['a key whose only protocol is of version 2 is not one for 3DES', [protocol('2.2', undefined, 2), point(13)], []],
    ['no key of the other kind', [protocol('1.2'), point(13)], []],
  ])('%s', (_name, infos, expected) => {
    const choices = chipAuthenticationChoices(infos).map(({ parameters, keyId }) => {
      const arc = toHex(parameters.oid.slice(-2)).replace(/^0(.)0(.)$/, '$1.$2');
      return keyId === undefined ? arc : `${arc} key ${keyId}`;
    });
    expect(choices).toEqual(expected);
  });

  it('a key that is off its curve is an error: a State has signed it', () => {
    expect(() => chipAuthenticationChoices([protocol('2.2'), point(12)])).toThrow(
      expect.objectContaining({ code: 'ACCESS_POINT_INVALID' }),
    );
  });
});

function modp(name: string): DhDomain {
  const domain = DH_DOMAINS.find((candidate) => candidate.name === name);
  if (domain === undefined) throw new Error(name);
  return domain;
}

function keyPair(
  domain: ChipAuthenticationDomain,
  seed: number,
): { key: ChipAuthenticationKey; publicKey: ChipAuthenticationPublicKey; element: Uint8Array } {
  const { group } = agreementOf(domain);
  const scalar = group.randomKey(seeded(seed));
  const element = group.publicKey(scalar);
  const publicKey = 'curve' in domain ? { curve: domain.curve, point: element } : { modp: domain.modp, value: element };
  return { key: { ...domain, privateKey: Secret.takeOver(fewestBytes(scalar)) }, publicKey, element };
}

function domainOf(publicKey: ChipAuthenticationPublicKey): ChipAuthenticationDomain {
  return 'curve' in publicKey ? { curve: publicKey.curve } : { modp: publicKey.modp };
}

function elementOf(publicKey: ChipAuthenticationPublicKey): Uint8Array {
  return 'curve' in publicKey ? publicKey.point : publicKey.value;
}

async function opened(ca: ChipAuthenticationCardSession): Promise<{ chip: TestChip; sm: SmChannel }> {
  const chip = testChip({ bac: new BacCardSession(MRZ, seeded(1)), files: new Map([[0x011d, FILE]]), ca });
  return { chip, sm: await openBac(chip.channel, { mrzInformation: MRZ, random: seeded(2) }) };
}

function command(ins: number, data: Uint8Array): ParsedCommandApdu {
  return { cla: 0, ins, p1: 0, p2: 0, data, extended: data.length > 255 };
}
