import { randomBytes } from 'node:crypto';
import { isCodedError } from '#encoder/bytes';
import { sameFile } from '#encoder/drivers';
import { readCard, type PassiveAuthenticator } from '#encoder/inspection';
import { FILES } from '#encoder/lds';
import { EF_SOD, type PersonalisationPlan } from '#encoder/personalisation';
import { inProcessReader } from '#encoder/readers';
import { VirtualCard } from '#encoder/virtual-card';
import type { SweepBench } from './bench.ts';

/** Reads the card as any inspector does, with what is printed on it: lock, files and both keys are proven. Undefined when all is good. */
export async function findingsOf(
  { card: { print } }: SweepBench,
  card: VirtualCard,
  passiveAuthenticator: PassiveAuthenticator,
): Promise<string | undefined> {
  const reader = inProcessReader('inspector');
  reader.insert(card);
  try {
    const { report } = await readCard({
      reader,
      passiveAuthenticator,
      random: (length) => Uint8Array.from(randomBytes(length)),
      secrets: print,
      lockProbes: true,
    });
    const failed = report.checks.filter(({ passed }) => !passed).map(({ check, code = '', detail = '' }) => `${check} ${code} ${detail}`);
    return report.verdict === 'good' ? undefined : `the inspector says: ${failed.join('; ')}`;
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return `the inspector is told ${error.code}`;
  } finally {
    await reader.close();
  }
}

/** EF.SOD of the sweep is signed by nobody: what was read is compared with what was planned instead. */
export function againstPlan(plan: PersonalisationPlan): PassiveAuthenticator {
  const planned = (fid: number, directory: 'MF' | 'eMRTD' = 'eMRTD'): Uint8Array | undefined =>
    plan.files.find((file) => sameFile(file, { directory, fid }))?.bytes;
  const same = (a: Uint8Array, b: Uint8Array | undefined): boolean => b !== undefined && Buffer.compare(a, b) === 0;
  return {
    verify: (efSod, dataGroups) => {
      const files = [...dataGroups].map(([number, bytes]) => same(bytes, planned(0x0100 + number)));
      return Promise.resolve({ good: same(efSod, planned(EF_SOD.fid)) && files.every(Boolean), checks: [] });
    },
    verifyCardSecurity: (file) => {
      const good = same(file, planned(FILES['EF.CardSecurity'].fileId, 'MF'));
      // A SEQUENCE around the SecurityInfos stands for the CMS.
      return Promise.resolve({ good, checks: [], ...(good ? { securityInfos: file.subarray(file.length - contentLength(file)) } : {}) });
    },
  };
}

/** Of a definite length in DER. */
function contentLength(bytes: Uint8Array): number {
  const first = bytes[1] ?? 0;
  if (first < 0x80) return first;
  return bytes.subarray(2, 2 + (first & 0x7f)).reduce((length, byte) => length * 256 + byte, 0);
}

/** Whether a chip that is not locked would be taken for a document, even by an inspector who trusts every signature (invariant E4). */
export async function passesHalfMade(bench: SweepBench, image: string): Promise<boolean> {
  // On a twin: probing the lock of an open chip writes to it.
  const twin = bench.twin(image);
  const card = VirtualCard.open(twin.image, { durable: false });
  try {
    if (card.lifeCycle === 'locked' || card.mute) return false;
    return (await findingsOf(bench, card, TRUSTING)) === undefined;
  } finally {
    await card.close();
    twin.remove();
  }
}

const TRUSTING: PassiveAuthenticator = { verify: () => Promise.resolve({ good: true, checks: [] }) };
