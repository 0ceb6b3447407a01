import { beforeAll, describe, expect, it } from 'vitest';
import { concat, Secret, utf8 } from '#encoder/bytes';
import { cvCertificate, encodeCvReference } from '#encoder/cv-certificate';
import { tlv } from '#encoder/tlv';
import { SoftwareHsm } from '#hsm-mocks';
import type { EcCurveName } from '#pki/ec';
import type { EcKey } from '#pki/hsm';
import { addDays } from '#pki/x509';
import {
  cvcaBody,
  cvPublicKey,
  cvRequestFault,
  cvTokenOf,
  decodeCvRequest,
  documentVerifierBody,
  holderOfChain,
  issueCv,
  prepareCvAuthentication,
  prepareCvCertificate,
  prepareCvRequest,
  requestedBody,
  type CvRequestBody,
} from './index.ts';

const NOW = new Date('2026-11-22T09:00:00Z');
const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
const signBy = (key: EcKey) => (digest: Uint8Array) => hsm.sign(key, digest);
const newKey = (label: string, curve: EcCurveName = 'brainpoolP256r1') => hsm.generateEcKey({ label, curve, purpose: 'sign' });

let keys: { readonly cvca: EcKey; readonly dv: EcKey; readonly next: EcKey; readonly stranger: EcKey; readonly large: EcKey };
let root: Uint8Array;
let dv: Uint8Array;
beforeAll(async () => {
  await hsm.open(pin);
  const [cvca, verifier, next, stranger] = [await newKey('cvca'), await newKey('dv'), await newKey('dv 2'), await newKey('other')];
  keys = { cvca, dv: verifier, next, stranger, large: await newKey('large', 'brainpoolP384r1') };
  const certify = (body: Parameters<typeof prepareCvCertificate>[0]) =>
    issueCv(prepareCvCertificate(body, cvPublicKey(keys.cvca)), signBy(keys.cvca));
  root = await certify(cvcaBody({ holder: 'VNCVCA00001', key: keys.cvca, from: NOW, years: 3 }));
  dv = await certify(documentVerifierBody({ issuer: root, holder: 'VNDV00001', key: keys.dv, from: NOW, days: 90 }));
});

const bodyFor = (key: EcKey, holder = 'VNDV00002'): CvRequestBody => ({
  certificationAuthorityReference: 'VNCVCA00001',
  publicKey: cvPublicKey(key),
  certificateHolderReference: holder,
});
const first = (key: EcKey, holder?: string) => issueCv(prepareCvRequest(bodyFor(key, holder)), signBy(key));
const vouched = async (key: EcKey, by: EcKey, reference = 'VNDV00001', holder?: string) =>
  issueCv(prepareCvAuthentication(await first(key, holder), { reference, publicKey: cvPublicKey(by) }), signBy(by));
const issuer = () => holderOfChain([root], NOW);
const registered = () => holderOfChain([root, dv], NOW);

describe('TR-03110-3 §C.2, Doc 9303-12 §8.1: CV certificate requests', () => {
  it('a first request: signed by its own key, with domain parameters, certified as asked', async () => {
    const request = await first(keys.dv, 'VNDV00001');
    expect(decodeCvRequest(request).body).toEqual(bodyFor(keys.dv, 'VNDV00001'));
    expect(cvRequestFault(decodeCvRequest(request), { issuer: issuer() })).toBeUndefined();
    const body = requestedBody({ request, role: 'document-verifier', chain: [root], from: NOW, days: 90 });
    expect(body).toEqual(cvCertificate.decode(dv).body);
  });

  it('a following request: 67 { 7F21 42 5F37 }, vouched for by the key in use', async () => {
    const request = await vouched(keys.next, keys.dv);
    expect(request[0]).toBe(0x67);
    expect(decodeCvRequest(request).outer?.reference).toBe('VNDV00001');
    const order = { request, role: 'document-verifier', chain: [root], registered: [root, dv], from: addDays(NOW, 60), days: 90 } as const;
    expect(requestedBody(order)).toMatchObject({ certificateHolderReference: 'VNDV00002', publicKey: { publicPoint: keys.next.point } });
  });

  it('both signatures are prepared as bytes that can be recorded first', async () => {
    const request = prepareCvRequest(bodyFor(keys.next));
    expect(cvTokenOf('request', request.tbs, cvPublicKey(keys.next)).digest).toEqual(request.digest);
    const inner = await issueCv(request, signBy(keys.next));
    const outer = prepareCvAuthentication(inner, { reference: 'VNDV00001', publicKey: cvPublicKey(keys.dv) });
    expect(outer.tbs).toEqual(concat(inner, tlv(0x42, encodeCvReference('VNDV00001'))));
    expect(cvTokenOf('authentication', outer.tbs, cvPublicKey(keys.dv)).digest).toEqual(outer.digest);
  });

  it.each([
    ['signed-by-the-key-in-it', () => cvTokenOf('request', prepareCvRequest(bodyFor(keys.next)).tbs, cvPublicKey(keys.dv))],
    [
      'vouched-for-by-another-key',
      async () => prepareCvAuthentication(await first(keys.next), { reference: 'VNDV00001', publicKey: cvPublicKey(keys.next) }),
    ],
    [
      'vouched-for-under-another-reference',
      async () => prepareCvAuthentication(await first(keys.next), { reference: 'VNDV00002', publicKey: cvPublicKey(keys.dv) }),
    ],
  ])('lint: %s', async (rule, prepare) => {
    await expect((async () => prepare())()).rejects.toMatchObject({ code: 'CVCA_LINT', detail: rule });
  });
});

describe('what a CA refuses, by the names of the SPOC protocol (Doc 9303-12 §8.2.1)', () => {
  const fault = (bytes: Uint8Array, following: boolean) =>
    cvRequestFault(decodeCvRequest(bytes), { issuer: issuer(), ...(following ? { registered: registered() } : {}) });

  it('threat: somebody asks for a certificate for a key that he does not have', async () => {
    const [mine, yours] = [await first(keys.next), decodeCvRequest(await first(keys.stranger))];
    const { request } = decodeCvRequest(mine);
    const swapped = tlv(0x7f21, prepareCvRequest(bodyFor(keys.next)).tbs, tlv(0x5f37, yours.innerSignature));
    expect(request).toEqual(mine);
    expect(fault(swapped, false)).toBe('inner_signature');
  });

  it('a following request without an outer signature, by a stranger, or under a name that is not registered', async () => {
    expect(fault(await first(keys.next), true)).toBe('outer_signature');
    expect(fault(await vouched(keys.next, keys.stranger), true)).toBe('outer_signature');
    expect(fault(await vouched(keys.next, keys.dv, 'VNDV00009'), true)).toBe('outer_signature');
  });

  it('an outer signature that nobody can verify', async () => {
    expect(fault(await vouched(keys.next, keys.dv), false)).toBe('outer_signature');
  });

  it('another holder, or the old number again', async () => {
    expect(fault(await vouched(keys.next, keys.dv, 'VNDV00001', 'VNXX00002'), true)).toBe('request_not_accepted');
    expect(fault(await first(keys.next, 'VNDV00001'), true)).toBe('request_not_accepted');
  });

  it('a key on another curve than the CVCA’s, or without domain parameters', async () => {
    expect(fault(await first(keys.large), false)).toBe('domain_parameters');
    const { domainParameters: _, ...bare } = { ...cvPublicKey(keys.next), domainParameters: undefined };
    expect(() => prepareCvRequest({ ...bodyFor(keys.next), publicKey: bare })).toThrow(expect.objectContaining({ code: 'CVCA_LINT' }));
    expect(() => requestedBody({ request: dv, role: 'document-verifier', chain: [root], from: NOW, days: 1 })).toThrow(
      expect.objectContaining({ code: 'CVCA_REQUEST_MALFORMED' }),
    );
  });

  it('bad input: any byte changed, and every prefix', async () => {
    const request = await vouched(keys.next, keys.dv);
    const outcome = (bytes: Uint8Array) => {
      try {
        return fault(bytes, true) ?? 'accepted';
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'CVCA_REQUEST_MALFORMED') return 'malformed';
        throw error;
      }
    };
    expect(outcome(request)).toBe('accepted');
    for (let at = 0; at < request.length; at += 1) {
      for (const bits of [1, 0x80]) {
        const changed = request.map((byte, index) => (index === at ? byte ^ bits : byte));
        expect(`${at} ${outcome(changed)}`).not.toBe(`${at} accepted`);
      }
      expect(outcome(request.subarray(0, at))).toBe('malformed');
    }
  });
});
