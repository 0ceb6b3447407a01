import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToInteger, concat, DecodeError, fromHex, toHex } from '#encoder/bytes';
import { derOid, tlv } from '#encoder/tlv';
import { loadVectors, type Vector, vector } from '#test-vectors';
import { CV_ALGORITHMS } from './cv-certificate-algorithms.ts';
import { CvCertificateError } from './cv-certificate-error.ts';
import type { CvEcPublicKey } from './cv-certificate-public-key.ts';
import { cvCertificateExamples } from './cv-certificate.ts';
import {
  CV_TERMINAL_TYPES,
  cvCertificate,
  cvCertificateParts,
  cvTrustPoint,
  encodeCvCertificateBody,
  verifyCvChain,
  verifyCvSignature,
  type CvCertificate,
  type CvPublicKey,
} from './index.ts';

const EXAMPLE = cvCertificateExamples[0]?.value as CvCertificate;
const EXAMPLE_KEY = EXAMPLE.body.publicKey as CvEcPublicKey;

describe('BSI worked example of Extended Access Control 1.02', () => {
  it.each(loadVectors('cv-certificates').map((v) => [v.id, v] as const))('%s: every field, and the same bytes back', (_id, v) => {
    const certificate = cvCertificate.decode(v.bytes('certificate'));
    const { body } = certificate;
    expect(body.certificationAuthorityReference).toBe(v.text('carText'));
    expect(body.certificateHolderReference).toBe(v.text('chrText'));
    expect([body.effectiveDate, body.expirationDate]).toEqual([v.text('effectiveDateText'), v.text('expirationDateText')]);
    expect(body.publicKey.algorithm).toBe(v.text('algorithmText'));
    expectKey(body.publicKey, v);
    const { terminalType, relativeAuthorization } = body.holderAuthorization;
    expect(concat(derOid(terminalType), tlv(0x53, relativeAuthorization))).toEqual(v.bytes('holderAuthorization'));
    expect(certificate.signature).toEqual(v.bytes('signature'));
    expect(encodeCvCertificateBody(body)).toEqual(v.bytes('body'));
    expect(cvCertificate.encode(certificate)).toEqual(v.bytes('certificate'));
    expect(cvCertificateParts.decode(cvCertificateParts.encode(certificate))).toEqual(certificate);
  });

  it.each(['ecdh', 'dh'])('%s: CVCA, DV and terminal are signed each by the one above', (kind) => {
    const [cvca, dv, terminal] = ['cvca', 'dv', 'terminal'].map((role) => certificateOf(`eac.${kind}.${role}`));
    if (cvca === undefined || dv === undefined || terminal === undefined) throw new Error('three vectors');
    const root = cvTrustPoint(cvca).publicKey;
    const dvKey = inherit(dv.body.publicKey, root);
    expect(verifyCvSignature(cvca, root)).toBe(true);
    expect(verifyCvSignature(dv, root)).toBe(true);
    expect(verifyCvSignature(terminal, dvKey)).toBe(true);
    expect(verifyCvSignature(terminal, root)).toBe(false);
    expect(verifyCvSignature({ ...dv, body: { ...dv.body, effectiveDate: '2010-01-01' } }, root)).toBe(false);
    expect(verifyCvSignature({ ...dv, signature: dv.signature.subarray(1) }, root)).toBe(false);
  });

  // Its CVCA certificate is one for inspection systems, DV and terminal are authentication terminals (TR-03110-3 §2.6.1, note).
  it.each(['ecdh', 'dh'])('%s: is no chain, as two terminal types are mixed', (kind) => {
    const trustPoint = cvTrustPoint(certificateOf(`eac.${kind}.cvca`));
    expect(() => verifyCvChain([trustPoint], [certificateOf(`eac.${kind}.dv`)], '2010-10-01')).toThrow(
      expect.objectContaining({ code: 'CV_ROLE_INVALID', where: 'certificate 0' }),
    );
  });

  it('a DV key without the domain parameters of its CVCA verifies nothing', () => {
    const { publicKey } = certificateOf('eac.ecdh.dv').body;
    expect(() => verifyCvSignature(certificateOf('eac.ecdh.terminal'), publicKey)).toThrow(CvCertificateError);
  });
});

describe('BSI TR-03110-3 §C.1 and §D: the codec', () => {
  it.each(cvCertificateExamples.map((example) => [example.name, example] as const))('%s', (_name, { value, hex }) => {
    expect(toHex(cvCertificate.encode(value))).toBe(toHex(fromHex(hex.replace(/\s+/g, ''))));
    expect(cvCertificate.decode(fromHex(hex.replace(/\s+/g, '')))).toEqual(value);
  });

  it('gives back any certificate it encodes', () => {
    fc.assert(
      fc.property(certificates(), (certificate) => {
        const bytes = cvCertificate.encode(certificate);
        expect(cvCertificate.decode(bytes)).toEqual(certificate);
      }),
      { numRuns: 100 },
    );
  });

  it('refuses a certificate cut anywhere, and one with a byte more', () => {
    const bytes = vector('cv-certificates', 'eac.ecdh.cvca').bytes('certificate');
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => cvCertificate.decode(bytes.subarray(0, length)), `${length} bytes`).toThrow(DecodeError);
    }
    expect(() => cvCertificate.decode(concat(bytes, Uint8Array.of(0)))).toThrow(/BYTES_TRAILING/);
  });

  it('reads mutated bytes as themselves or not at all', () => {
    const bytes = vector('cv-certificates', 'eac.dh.dv').bytes('certificate');
    const mutation = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        const mutated = Uint8Array.from(bytes);
        for (const { at, to } of mutations) mutated[at] = to;
        const decoded = decodeOrRefuse(mutated);
        if (decoded !== undefined) expect(cvCertificate.encode(decoded)).toEqual(mutated);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, string, string, RegExp]>([
    ['another profile version', '5F290100', '5F290101', /BYTES_UNEXPECTED.*CVC\/7F21\/7F4E\/5F29 @/],
    ['a date with a packed digit', '5F2506020601010201', '5F2506020612010201', /BYTES_UNEXPECTED.*7F4E\/5F25 @/],
    ['31 November', '5F2506020601010201', '5F2506020601010301', /BYTES_UNEXPECTED.*7F4E\/5F25 @/],
    ['month 13', '5F2406020700020208', '5F2406020701030208', /BYTES_UNEXPECTED.*7F4E\/5F24 @/],
    ['a reference in lower case country code', '4209564E', '4209766E', /BYTES_UNEXPECTED.*7F4E\/42 @/],
    ['a control character in a reference', '5F2009564E49', '5F2009564E07', /BYTES_UNEXPECTED.*7F4E\/5F20 @/],
    ['an algorithm of Chip Authentication', '0A04007F00070202020203', '0A04007F00070202030203', /BYTES_UNEXPECTED.*7F49\/06 @/],
    ['a compressed point', '860304AABB', '860302AABB', /BYTES_UNEXPECTED.*7F49\/86 @/],
    ['half of the domain parameters', '860304AABB', '810304AABB', /BYTES_TRUNCATED.*7F49/],
    ['an extension that is no template', '65067304', '65067404', /BYTES_UNEXPECTED.*7F4E\/65 @/],
    ['the dates in the wrong order', '5F2506', '5F2406', /BYTES_UNEXPECTED.*7F4E\/5F25 @/],
  ])('refuses %s', (_name, from, to, message) => {
    const hex = toHex(cvCertificate.encode(EXAMPLE)).toUpperCase();
    expect(hex.split(from)).toHaveLength(2);
    expect(() => cvCertificate.decode(fromHex(hex.replace(from, to)))).toThrow(message);
    expect(() => cvCertificate.decode(fromHex(hex.replace(from, to)))).toThrow(DecodeError);
  });

  it.each<[string, Partial<CvCertificate['body']>]>([
    ['a holder reference of 17 characters', { certificateHolderReference: 'VNINSPECTION00001' }],
    ['a sequence number in lower case', { certificateHolderReference: 'VNIS0000a' }],
    ['a date of the last century', { effectiveDate: '1999-12-31' }],
    ['29 February of a common year', { expirationDate: '2027-02-29' }],
    ['a point with halves of two lengths', { publicKey: { ...EXAMPLE_KEY, publicPoint: fromHex('04AABBCC') } }],
    ['33 extensions', { extensions: concat(...Array.from({ length: 33 }, () => tlv(0x73))) }],
    ['an RSA modulus of 4104 bits', { publicKey: rsa(2n ** 4103n + 1n) }],
    ['an integer below zero', { publicKey: rsa(-1n) }],
    ['rights of no byte', { holderAuthorization: { terminalType: '1.2.3', relativeAuthorization: new Uint8Array() } }],
    ['five bytes for an inspection system', { holderAuthorization: chat(CV_TERMINAL_TYPES.inspectionSystem, 5) }],
  ])('does not encode %s', (_name, change) => {
    expect(() => cvCertificate.encode({ ...EXAMPLE, body: { ...EXAMPLE.body, ...change } })).toThrow(
      /BYTES_|century|years|reference|negative/,
    );
  });

  it('does not encode a signature that is empty or longer than that of any key', () => {
    expect(() => cvCertificate.encode({ ...EXAMPLE, signature: new Uint8Array() })).toThrow(/BYTES_TRUNCATED.*5F37 @/);
    expect(() => cvCertificate.encode({ ...EXAMPLE, signature: new Uint8Array(513) })).toThrow(/BYTES_LIMIT.*5F37 @/);
  });

  it('reads no integer that has a leading zero octet, nor a certificate of more than 8 KB', () => {
    const bytes = cvCertificate.encode({ ...EXAMPLE, body: { ...EXAMPLE.body, publicKey: rsa(0x8001n) } });
    const padded = toHex(bytes).toUpperCase().replace('81028001', '81020001');
    expect(() => cvCertificate.decode(fromHex(padded))).toThrow(/BYTES_UNEXPECTED.*7F49\/81 @/);
    const large = { ...EXAMPLE, body: { ...EXAMPLE.body, extensions: tlv(0x73, new Uint8Array(8192)) } };
    expect(() => cvCertificate.encode(large)).toThrow(/BYTES_LIMIT/);
  });
});

function certificateOf(id: string): CvCertificate {
  return cvCertificate.decode(vector('cv-certificates', id).bytes('certificate'));
}

function expectKey(key: CvPublicKey, v: Vector): void {
  if (key.kind === 'ecdsa') {
    expect(key.publicPoint).toEqual(v.bytes('publicPoint'));
    expect(key.domainParameters === undefined).toBe(v.id !== 'eac.ecdh.cvca');
    return;
  }
  expect([key.modulus, key.publicExponent]).toEqual([v.bytes('modulus'), v.bytes('publicExponent')].map(bytesToInteger));
}

function inherit(key: CvPublicKey, root: CvPublicKey): CvPublicKey {
  if (key.kind === 'rsa' || root.kind === 'rsa' || root.domainParameters === undefined) return key;
  return { ...key, domainParameters: root.domainParameters };
}

function decodeOrRefuse(bytes: Uint8Array): CvCertificate | undefined {
  try {
    return cvCertificate.decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return undefined;
  }
}

function rsa(modulus: bigint): CvPublicKey {
  return { kind: 'rsa', algorithm: '0.4.0.127.0.7.2.2.2.1.4', modulus, publicExponent: 65_537n };
}

function chat(terminalType: string, length: number): CvCertificate['body']['holderAuthorization'] {
  return { terminalType, relativeAuthorization: new Uint8Array(length) };
}

function certificates(): fc.Arbitrary<CvCertificate> {
  const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
  const date = fc
    .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2099-12-31T00:00:00Z'), noInvalidDate: true })
    .map((day) => day.toISOString().slice(0, 10));
  const reference = fc.stringMatching(/^[A-Z]{2}[ -~\u00a0-\u00ff]{1,9}[0-9A-Z]{5}$/);
  const algorithm = (kind: 'rsa' | 'ecdsa') =>
    fc.constantFrom(...Object.entries(CV_ALGORITHMS).flatMap(([oid, row]) => (row?.kind === kind ? [oid] : [])));
  const integer = fc.bigInt({ min: 0n, max: 2n ** 521n });
  const point = bytes(1, 66).map((half) => concat(Uint8Array.of(4), half, half));
  const domain = fc.record(
    { p: integer, a: integer, b: integer, basePoint: point, order: integer, cofactor: integer },
    { requiredKeys: ['p', 'a', 'b', 'basePoint', 'order'], noNullPrototype: true },
  );
  const ec = fc.record(
    { kind: fc.constant('ecdsa' as const), algorithm: algorithm('ecdsa'), domainParameters: domain, publicPoint: point },
    { requiredKeys: ['kind', 'algorithm', 'publicPoint'], noNullPrototype: true },
  );
  const rsaKey = fc.record(
    {
      kind: fc.constant('rsa' as const),
      algorithm: algorithm('rsa'),
      modulus: fc.bigInt({ min: 0n, max: 2n ** 4096n - 1n }),
      publicExponent: fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }),
    },
    { noNullPrototype: true },
  );
  const rights = fc
    .constantFrom([CV_TERMINAL_TYPES.inspectionSystem, 1], [CV_TERMINAL_TYPES.authenticationTerminal, 5])
    .chain(([type, size]) => bytes(size, size).map((relativeAuthorization) => ({ terminalType: type, relativeAuthorization })));
  const body = fc.record(
    {
      profileIdentifier: fc.constant(0 as const),
      certificationAuthorityReference: reference,
      publicKey: fc.oneof(ec, rsaKey),
      certificateHolderReference: reference,
      holderAuthorization: rights,
      effectiveDate: date,
      expirationDate: date,
      extensions: fc.array(bytes(0, 40), { maxLength: 4 }).map((templates) => concat(...templates.map((value) => tlv(0x73, value)))),
    },
    {
      requiredKeys: [
        'profileIdentifier',
        'certificationAuthorityReference',
        'publicKey',
        'certificateHolderReference',
        'holderAuthorization',
        'effectiveDate',
        'expirationDate',
      ],
      noNullPrototype: true,
    },
  );
  return fc.record({ body, signature: bytes(1, 512) }, { noNullPrototype: true });
}
