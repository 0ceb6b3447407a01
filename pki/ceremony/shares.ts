import { createHash } from 'node:crypto';
import { combine, split } from 'shamir-secret-sharing';
import { concat, equalBytes, equalConstantTime, Secret, toHex, uintBE, utf8 } from '#encoder/bytes';
import { CeremonyError } from './ceremony-error.ts';

/** One person's part of the authority's PIN (Shamir, GF(256)). Fewer than `needed` of one set say nothing about it. */
export interface Share {
  /** 16 random bytes that all shares of one dealing carry: what tells a foreign share from one's own. */
  readonly set: Uint8Array;
  readonly needed: number;
  readonly bytes: Secret;
}

const SET_BYTES = 16;
const CHECK_BYTES = 16;

/**
 * Splits a PIN among `of` people, `needed` of whom give it back. `set` is random. What is split carries its own check value, so that a
 * changed or foreign share is noticed here: the token counts wrong PINs and is never asked with one.
 */
export async function dealShares(
  pin: Secret,
  { needed, of, set }: { readonly needed: number; readonly of: number; readonly set: Uint8Array },
): Promise<readonly Share[]> {
  if (pin.length === 0) throw new CeremonyError('SHARES_UNDEALABLE', { detail: 'no PIN' });
  if (needed < 2 || of < needed || of > 255 || set.length !== SET_BYTES) throw new CeremonyError('SHARES_UNDEALABLE');
  const checked = concat(pin.reveal(), checkOf(pin.reveal(), { set, needed }));
  const parts = await split(checked, of, needed);
  checked.fill(0);
  return parts.map((part) => ({ set, needed, bytes: Secret.takeOver(part) }));
}

/** The PIN. Errors: SHARES_TOO_FEW, SHARES_FOREIGN (not of one dealing, one twice, or changed). */
export async function recombine(shares: readonly Share[]): Promise<Secret> {
  const [first] = shares;
  if (first === undefined || shares.length < first.needed)
    throw new CeremonyError('SHARES_TOO_FEW', { detail: `${shares.length} of ${first?.needed ?? 2}` });
  const { set, needed } = first;
  if (!shares.every((share) => equalBytes(share.set, set) && share.needed === needed)) throw new CeremonyError('SHARES_FOREIGN');
  const checked = await joined(shares.map(({ bytes }) => bytes.reveal()));
  const pin = Secret.takeOver(checked.subarray(0, -CHECK_BYTES));
  const good = equalConstantTime(checked.subarray(-CHECK_BYTES), checkOf(pin.reveal(), first));
  checked.fill(0);
  if (good) return pin;
  pin.destroy();
  throw new CeremonyError('SHARES_FOREIGN', { where: toHex(set).slice(0, 8) });
}

async function joined(parts: Uint8Array[]): Promise<Uint8Array> {
  if (parts.some(({ length }) => length < CHECK_BYTES + 2)) throw new CeremonyError('SHARES_FOREIGN');
  try {
    return await combine(parts);
  } catch (cause) {
    // Lengths that differ, or one share twice.
    throw new CeremonyError('SHARES_FOREIGN', { cause });
  }
}

/** Inside what is split: nothing of it can be seen from fewer shares than are needed. */
function checkOf(pin: Uint8Array, { set, needed }: Pick<Share, 'set' | 'needed'>): Uint8Array {
  const hash = createHash('sha256').update(concat(utf8('cardmint/share/1'), Uint8Array.of(0), set, uintBE(needed, 1), pin));
  return Uint8Array.from(hash.digest().subarray(0, CHECK_BYTES));
}
