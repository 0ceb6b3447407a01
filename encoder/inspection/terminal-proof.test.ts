import { describe, expect, it } from 'vitest';
import { fromHex } from '#encoder/bytes';
import { cvCertificate, cvDomainParameters } from '#encoder/cv-certificate';
import { efCvca } from '#encoder/lds';
import { ecPair, issue } from '#encoder/testing';
import { grantedDataGroups, referencesOf, terminalAuthenticator } from './terminal-proof.ts';

const root = ecPair('brainpoolP256r1', cvDomainParameters('brainpoolP256r1'));
const root2 = ecPair('brainpoolP256r1', cvDomainParameters('brainpoolP256r1'));
const dv = ecPair('brainpoolP256r1');
const terminal = ecPair('brainpoolP256r1');
const encoded = (...parts: Parameters<typeof issue>): Uint8Array => cvCertificate.encode(issue(...parts));

const ROOT = encoded(root, root, { chr: 'VNCVCA00001', car: 'VNCVCA00001', rights: 0xc3 });
const LINK = encoded(root, root2, { chr: 'VNCVCA00002', car: 'VNCVCA00001', rights: 0xc3 });
const DV = encoded(root2, dv, { chr: 'VNDV00001', car: 'VNCVCA00002', rights: 0x83 });
const terminalWith = (rights: number): Uint8Array => encoded(dv, terminal, { chr: 'VNIS00001', car: 'VNDV00001', rights });
const TERMINAL = terminalWith(0x01);

const system = terminalAuthenticator({
  certificates: () => Promise.resolve([ROOT, LINK, DV, TERMINAL]),
  sign: () => Promise.resolve(new Uint8Array(64)),
});

describe('Doc 9303-11 §7.1: the chain that an inspection system shows', () => {
  it.each([
    ['the first CVCA key', ['VNCVCA00001'], [LINK, DV, TERMINAL]],
    ['its successor', ['VNCVCA00002'], [DV, TERMINAL]],
    ['both, the newer one first', ['VNCVCA00002', 'VNCVCA00001'], [DV, TERMINAL]],
    ['none, since it has no EF.CVCA', [], [LINK, DV, TERMINAL]],
    ['a key of somebody else', ['UTCVCA00001'], null],
  ])('to a chip that names %s', async (_name, references, chain) => {
    expect(await system.chainFor(references)).toEqual(chain);
  });

  it('without a certificate there is none', async () => {
    const empty = terminalAuthenticator({ certificates: () => Promise.resolve([]), sign: () => Promise.reject(new Error('not asked')) });
    expect(await empty.chainFor(['VNCVCA00001'])).toBeNull();
  });
});

describe('Doc 9303-11 K.2: the keys that a chip names', () => {
  it('those of PACE count before those of EF.CVCA', () => {
    const file = efCvca.encode({ references: ['VNCVCA00001'] });
    expect(referencesOf(['VNCVCA00002'], file)).toEqual(['VNCVCA00002']);
    expect(referencesOf([], file)).toEqual(['VNCVCA00001']);
    expect(referencesOf([], undefined)).toEqual([]);
  });

  it.each(['', '42', '31148020', '42FF564E'])('EF.CVCA of the bytes %s names none', (hex) => {
    expect(referencesOf([], fromHex(hex))).toEqual([]);
  });
});

describe('BSI TR-03110-3 §C.4.1: what DV and terminal grant together', () => {
  it.each([
    [0x00, []],
    [0x01, [3]],
    [0x02, [4]],
    [0x03, [3, 4]],
    [0x3f, [3, 4]],
  ])('terminal %i', (rights, granted) => {
    expect([...grantedDataGroups([LINK, DV, terminalWith(rights)])]).toEqual(granted);
  });

  it('a DV without the right takes it from its terminals; a link certificate has no say', () => {
    const narrow = encoded(root, dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x82 });
    const link = encoded(root, root2, { chr: 'VNCVCA00002', car: 'VNCVCA00001', rights: 0xc0 });
    expect([...grantedDataGroups([link, narrow, terminalWith(0x03)])]).toEqual([4]);
  });
});
