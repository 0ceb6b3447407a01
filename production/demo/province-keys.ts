import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { p256 } from '@noble/curves/nist.js';
import { signDetached } from '#pki/cms';
import { namedSpki } from '#pki/ec';
import { issueCertificate, plantSignerCertificate, prepareCertificate } from '#pki/x509';

/**
 * The demo's provincial police: each has a key of its own in a file of its own, outside the plant's token, and a certificate
 * that the plant was given by hand. A province signs receipts with it and nothing else.
 */
export interface DemoProvinceKey {
  readonly provinceCode: string;
  /** DER, self-signed. */
  readonly certificate: Uint8Array;
  /** Detached CMS over a receipt. */
  sign(receipt: Uint8Array, at: Date): Promise<Uint8Array>;
}

const USAGE_YEARS = 2;

/** Makes the key and its certificate the first time; the same ones afterwards. `folder` is readable by its owner only. */
export async function demoProvinceKey(folder: string, provinceCode: string, now: Date): Promise<DemoProvinceKey> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keyFile = join(folder, `province-${provinceCode}.key.pem`);
  const certificateFile = join(folder, `province-${provinceCode}.cer`);
  if (!existsSync(certificateFile)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    writeFileSync(certificateFile, await selfSigned(provinceCode, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), now));
  }
  const key = readFileSync(keyFile, 'utf8');
  const certificate = Uint8Array.from(readFileSync(certificateFile));
  return {
    provinceCode,
    certificate,
    sign: (receipt, at) => signDetached(receipt, { certificate, sign: (digest) => Promise.resolve(rawSignature(key, digest)) }, at),
  };
}

async function selfSigned(provinceCode: string, pem: string, now: Date): Promise<Uint8Array> {
  const name = {
    country: 'VN',
    organization: 'Cardmint Specimen',
    organizationalUnit: 'SPECIMEN - not a State authority',
    commonName: `Demo province ${provinceCode} receipt signer`,
  };
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  const point = Uint8Array.from(spki.subarray(-65));
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + USAGE_YEARS);
  const serialNumber = Uint8Array.from(randomBytes(16));
  serialNumber[0] = ((serialNumber[0] ?? 0) & 0x7f) | 0x40;
  const request = plantSignerCertificate({
    subject: name,
    serialNumber,
    curve: 'P-256',
    point,
    usage: { notBefore: now, notAfter },
    notAfter,
  });
  const token = prepareCertificate(request, { name, spki: namedSpki('P-256', point), algorithm: { key: 'ec', hash: 'sha256' } });
  return issueCertificate(token, (digest) => Promise.resolve(rawSignature(pem, digest)));
}

/** node:crypto always hashes what it signs; here the digest is already made. */
function rawSignature(pem: string, digest: Uint8Array): Uint8Array {
  const { d } = createPrivateKey(pem).export({ format: 'jwk' });
  return p256.sign(digest, Uint8Array.from(Buffer.from(d ?? '', 'base64url')), { prehash: false, lowS: false });
}
