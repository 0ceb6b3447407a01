import { generateKeyPairSync, sign } from 'node:crypto';
import { cvCertificate, encodeCvCertificateBody } from '#encoder/cv-certificate';
import type { TrustPoint } from '#encoder/drivers';
import { cvcaBody } from '#pki/cvca';

const CURVE = 'brainpoolP256r1';
const POINT_BYTES = 65;

/** A CVCA that is nobody's, for chips that are only measured: its private key is gone when this returns. */
export function throwawayTrustPoint(now: Date): TrustPoint {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: CURVE });
  const point = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }).subarray(-POINT_BYTES));
  const body = cvcaBody({ holder: 'VNBENCH00001', key: { curve: CURVE, point }, from: now, years: 1 });
  const signature = Uint8Array.from(sign('sha256', encodeCvCertificateBody(body), { key: privateKey, dsaEncoding: 'ieee-p1363' }));
  return { certificate: cvCertificate.encode({ body, signature }), date: now.toISOString().slice(2, 10).replaceAll('-', '') };
}
