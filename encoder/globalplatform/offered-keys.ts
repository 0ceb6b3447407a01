import { ScpError } from './scp-error.ts';
import type { ScpKeys } from './scp-session.ts';
import type { InitializeUpdateResponse } from './secure-channel.ts';

/** One key set, or all that the chip may have: then the chip names the one that it is opened with. */
export type OfferedKeys = ScpKeys | readonly ScpKeys[];

export function everySet(offered: OfferedKeys): readonly ScpKeys[] {
  return isOne(offered) ? [offered] : offered;
}

/** P1 of INITIALIZE UPDATE; 00 asks for the first set that the chip has (GPC v2.3.1 §E.5.1.3, Amendment D v1.2 §7.1.1). */
export function versionAsked(offered: OfferedKeys): number {
  return isOne(offered) ? offered.version : 0;
}

/**
 * The set that the chip named in its answer to INITIALIZE UPDATE. Which one fits is never found out by trying: a chip counts failures.
 * Throws `ScpError` SCP_KEY_VERSION when it named none of several.
 */
export function setNamed(offered: OfferedKeys, { keyVersion }: InitializeUpdateResponse): ScpKeys {
  if (isOne(offered)) return offered;
  const named = offered.find(({ version }) => version === keyVersion);
  if (named !== undefined) return named;
  const known = offered.map(({ version }) => version).join(' and ');
  throw new ScpError('SCP_KEY_VERSION', { where: 'INITIALIZE UPDATE', detail: `key version ${keyVersion}, ${known} known` });
}

function isOne(offered: OfferedKeys): offered is ScpKeys {
  return 'enc' in offered;
}
