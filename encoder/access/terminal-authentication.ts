import type { ApduChannel } from '#encoder/apdu';
import { ascii, concat } from '#encoder/bytes';
import { efCvca } from '#encoder/lds';
import { tlv } from '#encoder/tlv';
import { cvCertificate, cvCertificateParts } from '#encoder/cv-certificate';
import { AccessError } from './access-error.ts';
import { ask } from './ask.ts';
import { invalidAsFile, readFile } from './files.ts';

export interface TerminalAuthenticationRequest {
  /** CV certificates, each with its outer 7F21: link certificates, DV, terminal, in this order. `cvCertificatePath` finds them. */
  readonly certificates: readonly Uint8Array[];
  /** Signs with the terminal's private key, by the algorithm of its certificate: plain r || s for ECDSA. The key may be in an HSM. */
  readonly sign: (data: Uint8Array) => Promise<Uint8Array>;
  /** ID_IC: `basicAccessIdentifier` after BAC, `EphemeralKeys.chip` after PACE. */
  readonly chipIdentifier: Uint8Array;
  /** Comp(PK_DH,IFD): `EphemeralKeys.terminal` of the newest Chip Authentication, or of PACE with Chip Authentication Mapping. */
  readonly terminalKey: Uint8Array;
}

export const TA_CHALLENGE = 8;

/**
 * Terminal Authentication version 1, terminal side (Doc 9303-11 §7.1, BSI TR-03110-3 §B.3): MSE:Set DST and PSO:Verify Certificate for
 * each certificate, MSE:Set AT, GET CHALLENGE, EXTERNAL AUTHENTICATE. `channel` is secure messaging under the keys that
 * `terminalKey` brought. A refusal leaves secure messaging as it was.
 *
 * Errors: `DecodeError` for a certificate that is none (nothing is sent); `AccessError` ACCESS_REFUSED, whose `where` names the step
 * and the certificate, ACCESS_ANSWER_INVALID; the channel's and the signer's own.
 */
export async function authenticateTerminal(channel: ApduChannel, request: TerminalAuthenticationRequest): Promise<void> {
  const certificates = request.certificates.map((bytes) => cvCertificate.decode(bytes));
  const terminal = certificates.at(-1);
  if (terminal === undefined) throw new RangeError('the chain has no certificate');
  for (const [index, certificate] of certificates.entries()) {
    const issuer = keyReference(certificate.body.certificationAuthorityReference);
    await ask(channel, { ins: 0x22, p1: 0x81, p2: 0xb6, data: issuer }, `TA/certificate ${index}/MSE:Set DST`);
    const data = cvCertificateParts.encode(certificate);
    await ask(channel, { ins: 0x2a, p1: 0x00, p2: 0xbe, data }, `TA/certificate ${index}/PSO:Verify Certificate`);
  }
  const holder = keyReference(terminal.body.certificateHolderReference);
  await ask(channel, { ins: 0x22, p1: 0x81, p2: 0xa4, data: holder }, 'TA/MSE:Set AT');
  const challenge = await ask(channel, { ins: 0x84, p1: 0, p2: 0, le: TA_CHALLENGE }, 'TA/GET CHALLENGE');
  if (challenge.length !== TA_CHALLENGE) {
    throw new AccessError('ACCESS_ANSWER_INVALID', { where: 'TA/GET CHALLENGE', detail: `${challenge.length} bytes` });
  }
  const signature = await request.sign(terminalAuthenticationData(request, challenge));
  await ask(channel, { ins: 0x82, p1: 0, p2: 0, data: signature }, 'TA/EXTERNAL AUTHENTICATE');
}

/** What the terminal signs: ID_IC || r_IC || Comp(PK_DH,IFD) (Doc 9303-11 §7.1.2). Both ends compute it. */
export function terminalAuthenticationData(
  { chipIdentifier, terminalKey }: Pick<TerminalAuthenticationRequest, 'chipIdentifier' | 'terminalKey'>,
  challenge: Uint8Array,
): Uint8Array {
  return concat(chipIdentifier, challenge, terminalKey);
}

/**
 * ID_IC after BAC: the document number with its check digit (Doc 9303-11 §7.1.2), out of what BAC was opened with, which ends in
 * the dates of birth and expiry, seven characters each.
 */
export function basicAccessIdentifier(mrzInformation: string): Uint8Array {
  return ascii(mrzInformation.slice(0, -14));
}

/** EF.CVCA of the eMRTD application (Doc 9303-11 K.2), where TerminalAuthenticationInfo names no other file. */
const EF_CVCA = { fid: 0x011c, length: 36 } as const;

/**
 * The CVCA keys that the chip trusts, the most recent first: where `cvCertificatePath` starts. Under secure messaging, with the eMRTD
 * application selected. After PACE, `PaceSession.certificationAuthorityReferences` may have them already.
 *
 * Errors: as `readFile`; `AccessError` ACCESS_FILE_INVALID for bytes that are no EF.CVCA.
 */
export async function readCertificationAuthorityReferences(channel: ApduChannel, fid: number = EF_CVCA.fid): Promise<readonly string[]> {
  const bytes = await readFile(channel, fid, { length: EF_CVCA.length });
  return invalidAsFile('EF.CVCA', () => efCvca.decode(bytes).references);
}

function keyReference(name: string): Uint8Array {
  return tlv(0x83, Uint8Array.from(Buffer.from(name, 'latin1')));
}
