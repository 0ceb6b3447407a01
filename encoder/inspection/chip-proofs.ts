import {
  AccessError,
  ACTIVE_AUTHENTICATION_CHALLENGE,
  authenticateActively,
  authenticateChip,
  type ChipAuthenticationChoice,
  chipAuthenticationChoices,
  chipAuthenticationPublicKey,
  type ChipAuthenticationProof,
  type EphemeralKeys,
  type RandomSource,
  readFile,
  type ReadOptions,
  type SmChannel,
  verifyChipAuthenticationMapping,
} from '#encoder/access';
import { equalBytes } from '#encoder/bytes';
import { cardAccess, dg14, dg15, encodeSecurityInfo, FILES, type SecurityInfo } from '#encoder/lds';
import { faultOf } from './chip-fault.ts';
import type { Findings } from './report.ts';

interface ProofInput {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly random: RandomSource;
  readonly read: ReadOptions;
}

/** Active Authentication with a fresh challenge (Doc 9303-11 §6.1): false or refused, the chip does not hold the key of DG15. */
export async function proveActively(findings: Findings, channel: SmChannel, { files, random }: ProofInput): Promise<void> {
  const file = files.get('EF.DG15');
  if (file === undefined) return;
  try {
    const algorithm = infosOf(files).find((info) => info.kind === 'ActiveAuthenticationInfo')?.signatureAlgorithm;
    const good = await authenticateActively(channel, {
      publicKey: dg15.decode(file).subjectPublicKeyInfo,
      challenge: random(ACTIVE_AUTHENTICATION_CHALLENGE),
      ...(algorithm === undefined ? {} : { signatureAlgorithm: algorithm }),
    });
    if (good) findings.pass('active-authentication');
    else findings.fail('active-authentication', { reason: 'CLONE', code: 'DIFFERS' });
  } catch (error) {
    findings.fail('active-authentication', faultOf(error, 'CLONE'));
  }
}

/**
 * Chip Authentication (Doc 9303-11 §6.2), proven by reading EF.SOD again under the new keys. The channel goes on under them, or is
 * closed when the chip does not hold the key of DG14. The result is what Terminal Authentication may rest on.
 */
export async function proveChip(
  findings: Findings,
  channel: SmChannel,
  { files, random, read }: ProofInput,
): Promise<EphemeralKeys | undefined> {
  try {
    const way = announcedChipAuthentication(infosOf(files));
    if (way === undefined) return undefined;
    const keys = await authenticateChip(channel, { ...way, random });
    const again = await readFile(channel, FILES['EF.SOD'].fileId, read);
    const same = equalBytes(again, files.get('EF.SOD') ?? new Uint8Array(0));
    if (same) findings.pass('chip-authentication');
    else findings.fail('chip-authentication', { reason: 'CLONE', code: 'DIFFERS', detail: 'EF.SOD read again' });
    return same ? keys : undefined;
  } catch (error) {
    findings.fail('chip-authentication', faultOf(error, 'CLONE'));
    return undefined;
  }
}

/**
 * The strongest announced way that is known here and has its key; a key alone, as early passports have it, announces one too (Doc 9303-11 §6.2).
 * Undefined when DG14 announces none at all.
 */
function announcedChipAuthentication(infos: readonly SecurityInfo[]): ChipAuthenticationChoice | undefined {
  const [strongest] = chipAuthenticationChoices(infos);
  if (strongest === undefined && announcesChipAuthentication(infos)) {
    throw new AccessError('ACCESS_UNSUPPORTED', { where: 'CA', detail: 'DG14 has no protocol and key that are known here' });
  }
  return strongest;
}

/** Whether a chip must prove a key of DG14. */
export function announcesChipAuthentication(infos: readonly SecurityInfo[]): boolean {
  return infos.some(({ kind }) => kind === 'ChipAuthenticationInfo' || kind === 'ChipAuthenticationPublicKeyInfo');
}

/**
 * Chip Authentication Mapping is proven by a key that is signed (Doc 9303-11 §4.4.3.5.2): `securityInfos` is the content of EF.CardSecurity,
 * after Passive Authentication of it, or undefined.
 */
export function judgeMapping(findings: Findings, mapping: ChipAuthenticationProof, securityInfos: Uint8Array | undefined): void {
  const check = 'chip-authentication-mapping';
  if (securityInfos === undefined) {
    return findings.fail(check, { reason: 'CLONE', code: 'NOT_PERFORMED', detail: 'EF.CardSecurity is not signed' });
  }
  try {
    const proven = cardAccess.decode(securityInfos).securityInfos.some((info) => {
      if (info.kind !== 'ChipAuthenticationPublicKeyInfo') return false;
      const key = chipAuthenticationPublicKey(info.subjectPublicKeyInfo, 'EF.CardSecurity');
      return 'curve' in key && verifyChipAuthenticationMapping(mapping, key);
    });
    if (proven) findings.pass(check);
    else findings.fail(check, { reason: 'CLONE', code: 'DIFFERS' });
  } catch (error) {
    findings.fail(check, faultOf(error, 'CLONE'));
  }
}

/** EF.CardAccess is signed by nobody: what it announces must stand in DG14 as well (Doc 9303-11 §4.2, §9.2.11), which must be there for it. */
export function compareAnnouncements(findings: Findings, files: ReadonlyMap<string, Uint8Array>): void {
  const announced = files.get('EF.CardAccess');
  if (announced === undefined) return;
  try {
    const signed = infosOf(files).map(encodeSecurityInfo);
    const missing = cardAccess.decode(announced).securityInfos.filter((info) => {
      const bytes = encodeSecurityInfo(info);
      return !signed.some((other) => equalBytes(bytes, other));
    });
    if (missing.length === 0) findings.pass('card-access-signed');
    else findings.fail('card-access-signed', { reason: 'DATA_MISMATCH', code: 'DIFFERS', detail: `${missing.length} not in DG14` });
  } catch (error) {
    findings.fail('card-access-signed', faultOf(error, 'DATA_MISMATCH'));
  }
}

export function infosOf(files: ReadonlyMap<string, Uint8Array>): readonly SecurityInfo[] {
  const file = files.get('EF.DG14');
  return file === undefined ? [] : dg14.decode(file).securityInfos;
}
