import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { cvCertificate, encodeCvCertificateBody, type CvCertificateBody } from '#encoder/cv-certificate';
import type { TrustPoint } from '#encoder/drivers';
import { cvcaBody, documentVerifierBody, inspectionSystemBody, type CvKey } from '#pki/cvca';

/** A country's chain that is nobody's, for chips that are only measured. */
export interface ThrowawayChain {
  readonly trustPoint: TrustPoint;
  /** Document verifier, inspection system. */
  readonly certificates: readonly Uint8Array[];
  /** With the inspection system's key: plain r || s. */
  readonly sign: (data: Uint8Array) => Promise<Uint8Array>;
}

const CURVE = 'brainpoolP256r1';
const POINT_BYTES = 65;

/** The keys live as long as what is returned. */
export function throwawayChain(now: Date): ThrowawayChain {
  const [root, verifier, terminal] = [keyPair(), keyPair(), keyPair()];
  const cvca = issue(cvcaBody({ holder: 'VNBENCH00001', key: root.key, from: now, years: 1 }), root.privateKey);
  const dv = issue(
    documentVerifierBody({ issuer: cvca, holder: 'VNBENCHDV00001', key: verifier.key, from: now, days: 90 }),
    root.privateKey,
  );
  const is = issue(
    inspectionSystemBody({ issuer: dv, holder: 'VNBENCHIS00001', key: terminal.key, from: now, days: 30 }),
    verifier.privateKey,
  );
  return {
    trustPoint: { certificate: cvca, date: now.toISOString().slice(2, 10).replaceAll('-', '') },
    certificates: [dv, is],
    sign: (data) => Promise.resolve(signature(terminal.privateKey, data)),
  };
}

function keyPair(): { readonly key: CvKey; readonly privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: CURVE });
  const point = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }).subarray(-POINT_BYTES));
  return { key: { curve: CURVE, point }, privateKey };
}

function issue(body: CvCertificateBody, key: KeyObject): Uint8Array {
  return cvCertificate.encode({ body, signature: signature(key, encodeCvCertificateBody(body)) });
}

function signature(key: KeyObject, data: Uint8Array): Uint8Array {
  return Uint8Array.from(sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }));
}
