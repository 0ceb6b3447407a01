import { cvCertificate, cvTrustPoint, verifyCvChain, type CvCertificateBody, type CvHolder } from '#encoder/cv-certificate';
import { documentVerifierBody, inspectionSystemBody, type CvKey } from './bodies.ts';
import { CvcaError } from './cvca-error.ts';
import { cvRequestFault, decodeCvRequest } from './request.ts';

/**
 * The key at the end of a chain that begins with a self-signed CVCA certificate or a link certificate that is trusted: verified, with the domain parameters of the CVCA.
 * `at` is today. Errors: `CvCertificateError`, `DecodeError`.
 */
export function holderOfChain(chain: readonly [Uint8Array, ...Uint8Array[]], at: Date): CvHolder {
  const [cvca, ...below] = chain;
  const root = cvTrustPoint(cvCertificate.decode(cvca));
  const state = verifyCvChain(
    [root],
    below.map((certificate) => cvCertificate.decode(certificate)),
    at.toISOString().slice(0, 10),
  );
  return state.imported ?? state.trustPoints[0] ?? root;
}

/**
 * The body of the certificate that a request asks for. `chain` is the issuer's, from the CVCA down; `registered` the applicant's chain
 * so far, where it has one: then the request must be signed by that key too.
 *
 * Errors: CVCA_REQUEST_MALFORMED; CVCA_REQUEST_REFUSED with a `CvRequestFault` in `detail`; those of `holderOfChain`.
 */
export function requestedBody(order: {
  readonly request: Uint8Array;
  readonly role: 'document-verifier' | 'inspection-system';
  readonly chain: readonly [Uint8Array, ...Uint8Array[]];
  readonly registered?: readonly [Uint8Array, ...Uint8Array[]];
  readonly from: Date;
  readonly days: number;
}): CvCertificateBody {
  const { role, chain, registered, from, days } = order;
  const request = decodeCvRequest(order.request);
  const known = registered === undefined ? {} : { registered: holderOfChain(registered, from) };
  const issuer = holderOfChain(chain, from);
  const fault = cvRequestFault(request, { issuer, ...known });
  const { publicKey, certificateHolderReference: holder } = request.body;
  if (fault !== undefined || publicKey.kind !== 'ecdsa') {
    throw new CvcaError('CVCA_REQUEST_REFUSED', { where: holder, detail: fault ?? 'domain_parameters' });
  }
  const key: Pick<CvKey, 'point'> = { point: publicKey.publicPoint };
  const make = role === 'document-verifier' ? documentVerifierBody : inspectionSystemBody;
  return make({ issuer: chain.at(-1) ?? chain[0], holder, key, from, days });
}
