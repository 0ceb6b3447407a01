import { fromBER } from 'asn1js';
import { Certificate, CertificateRevocationList } from 'pkijs';
import { BrainpoolEngine } from '#pki/x509';

/** Whether pkijs also finds the list signed by this issuer: asked once for every list, before it is published. */
export async function secondOpinionOnCrl(crl: Uint8Array, issuer: Uint8Array): Promise<boolean> {
  try {
    const list = new CertificateRevocationList({ schema: fromBER(Uint8Array.from(crl).buffer).result });
    const issuerCertificate = new Certificate({ schema: fromBER(Uint8Array.from(issuer).buffer).result });
    return await list.verify({ issuerCertificate }, new BrainpoolEngine());
  } catch {
    return false;
  }
}
