import { authenticateTerminal, selectFile, type SmChannel, type TerminalAuthenticationRequest } from '#encoder/access';
import { isRefusal, StatusWord, statusName } from '#encoder/apdu';
import { DecodeError } from '#encoder/bytes';
import { cvCertificate, CvCertificateError, cvCertificatePath, cvRole } from '#encoder/cv-certificate';
import { efCvca } from '#encoder/lds';
import { faultOf } from './chip-fault.ts';
import type { Findings } from './report.ts';

/** The inspection system's part of Terminal Authentication. Its private key may be in a token far away. */
export interface TerminalAuthenticator {
  /**
   * Certificates (7F21) that lead from one of the CVCA keys which the chip names to the terminal: links, DV, terminal, in this
   * order. Null when there are none: Terminal Authentication is then not performed.
   */
  chainFor(references: readonly string[]): Promise<readonly Uint8Array[] | null>;
  /** By the algorithm of the terminal's certificate; plain r || s for ECDSA. */
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/**
 * An inspection system with all that may stand between a chip's CVCA key and its own certificate. A chip that names no key, since it
 * has no EF.CVCA, is shown the chain as far up as there is one.
 */
export function terminalAuthenticator(parts: {
  /** The terminal's own certificate last; before it links and DVs, in any order. */
  readonly certificates: () => Promise<readonly Uint8Array[]>;
  readonly sign: (data: Uint8Array) => Promise<Uint8Array>;
}): TerminalAuthenticator {
  return {
    async chainFor(references) {
      const certificates = await parts.certificates();
      const terminal = certificates.at(-1);
      if (terminal === undefined) return null;
      try {
        const keys = references.length > 0 ? references : topOf(certificates);
        return cvCertificatePath(keys, { terminal, certificates: certificates.slice(0, -1) });
      } catch (error) {
        if (error instanceof CvCertificateError && error.code === 'CV_ISSUER_UNKNOWN') return null;
        throw error;
      }
    },
    sign: (data) => parts.sign(data),
  };
}

/** Issuers that no certificate among these was issued to. */
function topOf(certificates: readonly Uint8Array[]): readonly string[] {
  const issued = certificates
    .map((bytes) => cvCertificate.decode(bytes).body)
    .filter((body) => body.certificateHolderReference !== body.certificationAuthorityReference);
  const holders = new Set(issued.map((body) => body.certificateHolderReference));
  return issued.map((body) => body.certificationAuthorityReference).filter((issuer) => !holders.has(issuer));
}

/** The CVCA keys that the chip names: in PACE, else in EF.CVCA (Doc 9303-11 §7.1, K.2). A file that cannot be read names none. */
export function referencesOf(named: readonly string[], efCvcaFile: Uint8Array | undefined): readonly string[] {
  if (named.length > 0 || efCvcaFile === undefined) return named;
  try {
    return efCvca.decode(efCvcaFile).references;
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}

/** Why Terminal Authentication was not performed, as a report has it. */
export type TerminalSkip = 'NO_TERMINAL_KEY' | 'CHIP_NOT_AUTHENTICATED' | 'NO_CERTIFICATE_CHAIN';

/** Terminal Authentication (Doc 9303-11 §7.1). True when the chip has taken it; a refusal is a finding. */
export async function proveTerminal(findings: Findings, channel: SmChannel, request: TerminalAuthenticationRequest): Promise<boolean> {
  try {
    await authenticateTerminal(channel, request);
    findings.pass('terminal-authentication', `${request.certificates.length} certificates`);
    return true;
  } catch (error) {
    findings.fail('terminal-authentication', faultOf(error, 'FOREIGN'));
    return false;
  }
}

/** Rights of an inspection system, bits 1 and 2 (BSI TR-03110-3 §C.4.1): what DV and terminal certificate both grant. */
export function grantedDataGroups(chain: readonly Uint8Array[]): ReadonlySet<number> {
  const rights = chain
    .map((bytes) => cvCertificate.decode(bytes).body.holderAuthorization.relativeAuthorization)
    .filter((authorization) => cvRole(authorization) !== 'cvca')
    .reduce((granted, authorization) => granted & (authorization[0] ?? 0), 0xff);
  return new Set([...((rights & 0x01) === 0 ? [] : [3]), ...((rights & 0x02) === 0 ? [] : [4])]);
}

/** "DG3 opens to nobody else": one read, which the chip must refuse for want of authentication and nothing else. */
export async function probeClosed(findings: Findings, channel: SmChannel, number: number): Promise<void> {
  const check = number === 3 ? 'dg3-closed' : 'dg4-closed';
  const refusal = await refusalOf(channel, 0x0100 + number);
  if (refusal === undefined) findings.fail(check, { reason: 'NOT_LOCKED', code: 'ACCEPTED', detail: `DG${number}` });
  else if (refusal === StatusWord.SECURITY_STATUS_NOT_SATISFIED) findings.pass(check, statusName(refusal));
  else {
    const reason = refusal === StatusWord.FILE_NOT_FOUND ? 'HALF_MADE' : 'UNREADABLE';
    findings.fail(check, { reason, code: 'DIFFERS', detail: statusName(refusal) });
  }
}

/** The status word with which the chip refuses to give a file; undefined when it gives any of it. */
async function refusalOf(channel: SmChannel, fid: number): Promise<number | undefined> {
  try {
    await selectFile(channel, fid);
    const { sw, data } = await channel.send({ cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 6 });
    const given = data.length > 0 || sw === StatusWord.SUCCESS || sw === StatusWord.END_OF_FILE;
    return given ? undefined : sw;
  } catch (error) {
    if (isRefusal(error)) return error.sw;
    throw error;
  }
}
