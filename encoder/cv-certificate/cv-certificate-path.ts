import { CvCertificateError } from './cv-certificate-error.ts';
import { cvCertificate } from './cv-certificate.ts';

/**
 * The shortest chain from a key that the chip trusts to the terminal's certificate, in the order in which it is sent. `references` are
 * those of EF.CVCA, or of PACE; `certificates` all that the terminal has: links, DVs and its own, in any order. Names decide, no
 * signature is checked: that is the chip's to do.
 *
 * Errors: `DecodeError` for bytes that are no certificate; `CvCertificateError` CV_ISSUER_UNKNOWN when no chain leads there.
 */
export function cvCertificatePath(
  references: readonly string[],
  { terminal, certificates }: { readonly terminal: Uint8Array; readonly certificates: readonly Uint8Array[] },
): readonly Uint8Array[] {
  // Self-signed certificates lead nowhere.
  const unused = new Set(certificates.map(link).filter(({ holder, issuer }) => holder !== issuer));
  let paths: readonly (readonly [Link, ...Link[]])[] = [[link(terminal)]];
  while (paths.length > 0) {
    const found = paths.find(([first]) => references.includes(first.issuer));
    if (found !== undefined) return found.map(({ bytes }) => bytes);
    // Each certificate is tried once, so that certificates that name each other end the search.
    paths = paths.flatMap((path) =>
      [...unused]
        .filter(({ holder }) => holder === path[0].issuer)
        .map((issuer) => {
          unused.delete(issuer);
          return [issuer, ...path] as const;
        }),
    );
  }
  throw new CvCertificateError('CV_ISSUER_UNKNOWN', { where: 'TA', detail: `${references.length} keys of the chip` });
}

interface Link {
  readonly bytes: Uint8Array;
  readonly holder: string;
  readonly issuer: string;
}

function link(bytes: Uint8Array): Link {
  const { body } = cvCertificate.decode(bytes);
  return { bytes, holder: body.certificateHolderReference, issuer: body.certificationAuthorityReference };
}
