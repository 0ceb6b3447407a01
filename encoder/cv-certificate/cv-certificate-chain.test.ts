import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesToInteger, concat, fromHex } from '#encoder/bytes';
import { decodeOnly, DER, enter, readBitString, readInteger, readOctetString, readOid } from '#encoder/tlv';
import { CV_ALGORITHMS } from './cv-certificate-algorithms.ts';
import type { CvDomainParameters, CvEcPublicKey, CvRsaPublicKey } from './cv-certificate-public-key.ts';
import { ECDSA_SHA256, ECDSA_SHA384, ecPair, issue, type Pair, PSS_SHA256, rsaPair, signBy } from '#encoder/testing';
import {
  checkCvKey,
  CV_TERMINAL_TYPES,
  cvDomainParameters,
  cvTrustPoint,
  importCvCertificate,
  inspectionRights,
  verifyByCvKey,
  verifyCvChain,
  type CvCertificate,
  type CvPublicKey,
} from './index.ts';

const TODAY = '2026-11-21';

const BRAINPOOL = cvDomainParameters('brainpoolP256r1');
const pairs = {
  root: ecPair('brainpoolP256r1', BRAINPOOL),
  root2: ecPair('brainpoolP256r1', BRAINPOOL),
  root3: ecPair('secp384r1', cvDomainParameters('P-384'), ECDSA_SHA384),
  dv: ecPair('brainpoolP256r1'),
  dv384: ecPair('secp384r1', undefined, ECDSA_SHA384),
  terminal: ecPair('brainpoolP256r1'),
};

const ROOT = issue(pairs.root, pairs.root, { chr: 'VNCVCA00001', car: 'VNCVCA00001', rights: 0xc3, from: '2025-01-01', to: '2028-01-01' });
const DV = issue(pairs.root, pairs.dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83, from: '2026-11-01', to: '2027-01-31' });
const TERMINAL = issue(pairs.dv, pairs.terminal, {
  chr: 'VNIS00001',
  car: 'VNDV00001',
  rights: 0x01,
  from: '2026-11-20',
  to: '2026-12-20',
});
const LINK = issue(pairs.root, pairs.root2, { chr: 'VNCVCA00002', car: 'VNCVCA00001', rights: 0xc3, from: '2026-06-01', to: '2029-06-01' });
const TRUST_POINT = cvTrustPoint(ROOT);

describe('Doc 9303-11 §7.1.4.3: a chain from the trust point to the terminal', () => {
  it('imports the terminal key with the domain parameters of the CVCA and the AND of all rights', () => {
    const { imported, trustPoints, currentDate } = verifyCvChain([TRUST_POINT], [DV, TERMINAL], '2026-10-01');
    expect(imported).toMatchObject({ reference: 'VNIS00001', role: 'terminal', authorization: Uint8Array.of(0x01) });
    expect(imported?.publicKey).toEqual({ ...pairs.terminal.publicKey, domainParameters: BRAINPOOL });
    expect(imported && inspectionRights(imported)).toEqual({ dg3: true, dg4: false });
    expect([trustPoints, currentDate]).toEqual([[TRUST_POINT], '2026-11-20']);
  });

  it('gives a terminal no right that its DV does not have, and a DV none at all', () => {
    const narrow = issue(pairs.root, pairs.dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x82 });
    const wide = issue(pairs.dv, pairs.terminal, { chr: 'VNIS00001', car: 'VNDV00001', rights: 0x3f });
    const { imported } = verifyCvChain([TRUST_POINT], [narrow, wide], TODAY);
    expect(imported && inspectionRights(imported)).toEqual({ dg3: false, dg4: true });
    const dv = verifyCvChain([TRUST_POINT], [narrow], TODAY).imported;
    expect(dv && inspectionRights(dv)).toEqual({ dg3: false, dg4: false });
  });

  it('takes an RSA-PSS chain', () => {
    const [root, dv] = [rsaPair(PSS_SHA256), rsaPair(PSS_SHA256)];
    const rsaRoot = issue(root, root, { chr: 'VNCVCA00009', car: 'VNCVCA00009', rights: 0xc3 });
    const rsaDv = issue(root, dv, { chr: 'VNDV00009', car: 'VNCVCA00009', rights: 0x83 });
    expect(verifyCvChain([cvTrustPoint(rsaRoot)], [rsaDv], TODAY).imported?.publicKey).toEqual(dv.publicKey);
  });
});

describe('Doc 9303-11 §7.1.4.3.3: the current date', () => {
  const day = (certificates: readonly CvCertificate[], at: string) => verifyCvChain([TRUST_POINT], certificates, at).currentDate;

  it('moves with link, DV and the terminals of an official domestic DV, and never back', () => {
    expect(day([LINK], '2026-01-01')).toBe('2026-06-01');
    expect(day([DV], '2026-01-01')).toBe('2026-11-01');
    expect(day([DV, TERMINAL], '2026-01-01')).toBe('2026-11-20');
    expect(day([DV, TERMINAL], '2026-12-01')).toBe('2026-12-01');
  });

  it('does not move with a terminal of a foreign DV', () => {
    const foreign = issue(pairs.root, pairs.dv, {
      chr: 'VNDV00001',
      car: 'VNCVCA00001',
      rights: 0x43,
      from: '2026-11-01',
      to: '2027-01-31',
    });
    expect(day([foreign, TERMINAL], '2026-01-01')).toBe('2026-11-01');
  });

  it('takes DV and terminal on their last day and not on the next', () => {
    expect(day([DV], '2027-01-31')).toBe('2027-01-31');
    refuses([DV], '2027-02-01', { code: 'CV_EXPIRED', where: 'certificate 0' });
    refuses([DV, TERMINAL], '2026-12-21', { code: 'CV_EXPIRED', where: 'certificate 1' });
  });

  it('a DV certificate made later than the terminal’s last day ends the terminal', () => {
    const later = issue(pairs.root, pairs.dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83, from: '2026-12-25', to: '2027-01-31' });
    refuses([later, TERMINAL], TODAY, { code: 'CV_EXPIRED', where: 'certificate 1' });
  });

  it('a refused certificate changes nothing', () => {
    const state = { trustPoints: [TRUST_POINT], currentDate: '2026-01-01' };
    const forged = { ...LINK, signature: DV.signature };
    expect(() => importCvCertificate(state, forged)).toThrow(expect.objectContaining({ code: 'CV_SIGNATURE_INVALID' }));
    expect(state).toEqual({ trustPoints: [TRUST_POINT], currentDate: '2026-01-01' });
  });
});

describe('Doc 9303-11 §7.1.4.3.2: link certificates and trust points', () => {
  const third = { chr: 'VNCVCA00003', car: 'VNCVCA00002', rights: 0xc1, from: '2026-09-01', to: '2030-01-01' };
  const LINK3 = issue(pairs.root2, pairs.root3, third);

  it('adds the successor, and keeps two', () => {
    const two = verifyCvChain([TRUST_POINT], [LINK], TODAY);
    expect(two.trustPoints.map(({ reference }) => reference)).toEqual(['VNCVCA00002', 'VNCVCA00001']);
    expect(two.imported).toBeUndefined();
    const three = verifyCvChain(two.trustPoints, [LINK3], TODAY);
    expect(three.trustPoints.map(({ reference }) => reference)).toEqual(['VNCVCA00003', 'VNCVCA00002']);
  });

  it('keeps the trust points of another terminal type', () => {
    const other = { ...TRUST_POINT, reference: 'VNCVCAAT001', terminalType: CV_TERMINAL_TYPES.authenticationTerminal };
    const { trustPoints } = verifyCvChain([TRUST_POINT, other], [LINK, LINK3], TODAY);
    expect(trustPoints.map(({ reference }) => reference)).toEqual(['VNCVCA00003', 'VNCVCA00002', 'VNCVCAAT001']);
  });

  it('changes curve and algorithm with a link: the new DV has the new ones', () => {
    const dv = issue(pairs.root3, pairs.dv384, { chr: 'VNDV00003', car: 'VNCVCA00003', rights: 0x83 });
    const { imported } = verifyCvChain([TRUST_POINT], [LINK, LINK3, dv], TODAY);
    expect(imported).toMatchObject({ reference: 'VNDV00003', authorization: Uint8Array.of(0x81) });
    expect(imported?.publicKey).toEqual({ ...pairs.dv384.publicKey, domainParameters: cvDomainParameters('P-384') });
  });

  it('a link without domain parameters keeps those of its issuer (TR-03110-3 §D.3.3)', () => {
    const bare = issue(pairs.root, pairs.dv, {
      chr: 'VNCVCA00002',
      car: 'VNCVCA00001',
      rights: 0xc3,
      from: '2026-06-01',
      to: '2029-06-01',
    });
    const { trustPoints } = verifyCvChain([TRUST_POINT], [bare], TODAY);
    expect(trustPoints[0]?.publicKey).toEqual({ ...pairs.dv.publicKey, domainParameters: BRAINPOOL });
  });

  it('takes an expired link by an expired trust point, which verifies no DV any more', () => {
    const { trustPoints, currentDate } = verifyCvChain([TRUST_POINT], [LINK], '2029-07-01');
    expect([trustPoints.length, currentDate]).toEqual([2, '2029-07-01']);
    const late = issue(pairs.root, pairs.dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83, from: '2026-11-01', to: '2029-12-31' });
    refuses([late], '2028-01-02', { code: 'CV_TRUST_POINT_EXPIRED' });
    expect(verifyCvChain([TRUST_POINT], [late], '2028-01-01').imported?.reference).toBe('VNDV00001');
  });

  it('an old CVCA key that has a successor makes no second one', () => {
    const rival = issue(pairs.root, pairs.root3, { ...third, car: 'VNCVCA00001' });
    refuses([LINK, rival], TODAY, { code: 'CV_ROLE_INVALID', where: 'certificate 1' });
  });

  it('nobody takes the name of a trust point', () => {
    const dv = issue(pairs.root, pairs.dv, { chr: 'VNCVCA00001', car: 'VNCVCA00001', rights: 0x83 });
    refuses([dv], TODAY, { code: 'CV_HOLDER_KNOWN' });
    refuses([ROOT], TODAY, { code: 'CV_HOLDER_KNOWN' });
    refuses([LINK, LINK], TODAY, { code: 'CV_HOLDER_KNOWN', where: 'certificate 1' });
  });
});

describe('TR-03110-3 §2, §C and §D: what a chip refuses', () => {
  const atDv = { chr: 'VNIS00001', car: 'VNDV00001' };

  it.each([
    ['a terminal certified by the CVCA', [issue(pairs.root, pairs.terminal, { chr: 'VNIS00001', car: 'VNCVCA00001', rights: 0x03 })]],
    ['a DV certified by a DV', [DV, issue(pairs.dv, pairs.terminal, { ...atDv, rights: 0x83 })]],
    ['a CVCA certified by a DV', [DV, issue(pairs.dv, pairs.terminal, { ...atDv, rights: 0xc3 })]],
    [
      'anybody certified by a terminal',
      [DV, TERMINAL, issue(pairs.terminal, pairs.dv, { chr: 'VNIS00002', car: 'VNIS00001', rights: 0x01 })],
    ],
  ])('%s', (_name, chain) => {
    refuses(chain, TODAY, { code: 'CV_ROLE_INVALID', where: `certificate ${chain.length - 1}` });
  });

  it('a certificate by an issuer that is not there, or no longer: only the last imported key is usable', () => {
    refuses([TERMINAL], TODAY, { code: 'CV_ISSUER_UNKNOWN' });
    const second = issue(pairs.root, pairs.dv, { chr: 'VNDV00002', car: 'VNCVCA00001', rights: 0x83 });
    refuses([DV, second, TERMINAL], TODAY, { code: 'CV_ISSUER_UNKNOWN', where: 'certificate 2' });
  });

  it('a signature by another key, or over other bytes', () => {
    refuses([issue(pairs.dv, pairs.dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83 })], TODAY, { code: 'CV_SIGNATURE_INVALID' });
    refuses([{ ...DV, body: { ...DV.body, expirationDate: '2030-01-01' } }], TODAY, { code: 'CV_SIGNATURE_INVALID' });
    refuses([{ ...DV, signature: concat(Uint8Array.of(0), DV.signature) }], TODAY, { code: 'CV_SIGNATURE_INVALID' });
    refuses([{ ...DV, signature: new Uint8Array(64) }], TODAY, { code: 'CV_SIGNATURE_INVALID' });
  });

  it('domain parameters in a DV certificate, and another algorithm or kind of key than the CVCA’s', () => {
    const dv = { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83 };
    const wrong = [pairs.root2, { ...pairs.dv, publicKey: { ...pairs.dv.publicKey, algorithm: ECDSA_SHA384 } }, rsaPair(PSS_SHA256)];
    for (const pair of wrong) refuses([issue(pairs.root, pair, dv)], TODAY, { code: 'CV_PROFILE_INVALID' });
    refuses([issue(pairs.root, pairs.dv, { ...dv, from: '2027-01-01', to: '2026-12-31' })], TODAY, { code: 'CV_PROFILE_INVALID' });
  });

  it('a DV key that is not on the curve of its CVCA', () => {
    const { publicPoint } = pairs.dv.publicKey as CvEcPublicKey;
    const off = { ...pairs.dv.publicKey, publicPoint: publicPoint.with(64, (publicPoint[64] ?? 0) ^ 1) } as CvPublicKey;
    const dv = issue(pairs.root, { ...pairs.dv, publicKey: off }, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83 });
    refuses([dv], TODAY, { code: 'CV_KEY_INVALID' });
  });

  it('a chain of seventeen, and a date that is none', () => {
    refuses(
      Array.from({ length: 17 }, () => DV),
      TODAY,
      { code: 'CV_CHAIN_TOO_LONG' },
    );
    expect(() => verifyCvChain([TRUST_POINT], [DV], '2026-02-30')).toThrow(RangeError);
  });

  it('a trust point that is no CVCA, has no domain parameters, or did not sign itself', () => {
    expect(() => cvTrustPoint(DV)).toThrow(expect.objectContaining({ code: 'CV_TRUST_POINT_INVALID' }));
    const bare = issue(pairs.dv, pairs.dv, { chr: 'VNCVCA00001', car: 'VNCVCA00001', rights: 0xc3 });
    expect(() => cvTrustPoint(bare)).toThrow(expect.objectContaining({ code: 'CV_TRUST_POINT_INVALID' }));
    expect(() => cvTrustPoint({ ...ROOT, signature: LINK.signature })).toThrow(expect.objectContaining({ code: 'CV_SIGNATURE_INVALID' }));
    expect(cvTrustPoint(LINK).reference).toBe('VNCVCA00002');
  });
});

describe('TR-03110-3 tables 14 and 15: signatures', () => {
  const message = fromHex('00112233');
  const rows = Object.entries(CV_ALGORITHMS).map(([oid, row]) => [row?.name ?? '', oid, row?.kind] as const);

  it.each(rows)('%s', (_name, oid, kind) => {
    const pair = kind === 'rsa' ? rsaPair(oid) : ecPair('brainpoolP256r1', BRAINPOOL, oid);
    const signature = signBy(pair, message);
    expect(verifyByCvKey(pair.publicKey, message, signature)).toBe(true);
    expect(verifyByCvKey(pair.publicKey, concat(message, message), signature)).toBe(false);
    const others = rows.filter(([, other, otherKind]) => other !== oid && otherKind === kind);
    for (const [, algorithm] of others) expect(verifyByCvKey({ ...pair.publicKey, algorithm }, message, signature)).toBe(false);
  });

  // OpenSSL writes out the parameters of its curves, so that ours are compared with somebody else's table.
  it.each([
    ['secp224r1', 28],
    ['prime256v1', 32],
    ['secp384r1', 48],
    ['secp521r1', 66],
    ['brainpoolP224r1', 28],
    ['brainpoolP256r1', 32],
    ['brainpoolP320r1', 40],
    ['brainpoolP384r1', 48],
    ['brainpoolP512r1', 64],
  ])('ECDSA on %s with the domain parameters that OpenSSL has for it', (namedCurve, size) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve, paramEncoding: 'explicit' });
    const { domainParameters, publicPoint } = explicitKey(publicKey);
    const pair: Pair = { publicKey: { kind: 'ecdsa', algorithm: ECDSA_SHA384, domainParameters, publicPoint }, privateKey };
    const signature = signBy(pair, message);
    expect(signature).toHaveLength(2 * size);
    expect(verifyByCvKey(pair.publicKey, message, signature)).toBe(true);
    expect(verifyByCvKey(pair.publicKey, message, signature.with(5, (signature[5] ?? 0) ^ 1))).toBe(false);
  });

  it('a curve below 224 bits is refused (Doc 9303-11 §7.1.4.2.2)', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'brainpoolP192r1', paramEncoding: 'explicit' });
    expect(() => checkCvKey({ kind: 'ecdsa', algorithm: ECDSA_SHA256, ...explicitKey(publicKey) })).toThrow(/CV_KEY_INVALID/);
  });

  it('RSA keys that are small, even or have the exponent 1 are refused, as is an algorithm of the other kind', () => {
    const { publicKey } = rsaPair(PSS_SHA256) as { publicKey: CvRsaPublicKey };
    for (const change of [
      { modulus: 2n ** 511n + 1n },
      { modulus: publicKey.modulus + 1n },
      { publicExponent: 1n },
      { publicExponent: 2n },
    ]) {
      expect(() => checkCvKey({ ...publicKey, ...change })).toThrow(expect.objectContaining({ code: 'CV_KEY_INVALID' }));
    }
    expect(() => verifyByCvKey({ ...publicKey, algorithm: ECDSA_SHA256 }, message, new Uint8Array(160))).toThrow(/CV_KEY_INVALID/);
  });

  // CVE-2020-0601: whoever chooses the base point has a private key for any public point.
  it('domain parameters count as a curve only as a whole', () => {
    const key = pairs.root.publicKey as CvEcPublicKey;
    const own = (change: Partial<CvDomainParameters>) => ({ ...key, domainParameters: { ...BRAINPOOL, ...change } });
    expect(() => checkCvKey(own({ cofactor: 1n }))).not.toThrow();
    const changes = [{ basePoint: key.publicPoint }, { a: 0n }, { b: 1n }, { p: 7n }, { order: 7n }, { cofactor: 2n }];
    for (const change of changes) expect(() => checkCvKey(own(change))).toThrow(expect.objectContaining({ code: 'CV_KEY_INVALID' }));
  });

  // TR-03110-3 table 27 lets it out; OpenPACE 1.1.2 verifies no CVCA certificate without it.
  it('domain parameters made here carry the cofactor', () => {
    expect(cvDomainParameters('brainpoolP256r1').cofactor).toBe(1n);
  });
});

function refuses(chain: readonly CvCertificate[], at: string, error: { readonly code: string; readonly where?: string }): void {
  expect(() => verifyCvChain([TRUST_POINT], chain, at)).toThrow(expect.objectContaining(error));
}

/** SubjectPublicKeyInfo with ECParameters of RFC 3279 §2.3.5: version, fieldID, curve (a, b, seed), base, order, cofactor. */
function explicitKey(publicKey: KeyObject): { domainParameters: CvDomainParameters; publicPoint: Uint8Array } {
  const outer = decodeOnly(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })), DER.SEQUENCE, 'SPKI');
  const algorithm = enter(outer, DER.SEQUENCE);
  readOid(algorithm);
  const parameters = enter(algorithm, DER.SEQUENCE);
  readInteger(parameters);
  const field = enter(parameters, DER.SEQUENCE);
  readOid(field);
  const p = readInteger(field);
  const curve = enter(parameters, DER.SEQUENCE);
  const [a, b] = [bytesToInteger(readOctetString(curve)), bytesToInteger(readOctetString(curve))];
  const basePoint = readOctetString(parameters);
  const domainParameters = { p, a, b, basePoint, order: readInteger(parameters), cofactor: readInteger(parameters) };
  return { domainParameters, publicPoint: readBitString(outer).rest() };
}
