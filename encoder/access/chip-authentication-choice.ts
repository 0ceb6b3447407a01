import type { SecurityInfo } from '#encoder/lds';
import { AccessError } from './access-error.ts';
import { agreementOf, chipAuthenticationPublicKey, type ChipAuthenticationPublicKey } from './chip-authentication-key.ts';
import { chipAuthenticationParameters, type ChipAuthenticationParameters } from './chip-authentication-parameters.ts';

/** One way to run Chip Authentication with this chip: what `authenticateChip` asks for. */
export interface ChipAuthenticationChoice {
  readonly parameters: ChipAuthenticationParameters;
  readonly publicKey: ChipAuthenticationPublicKey;
  readonly keyId?: bigint;
}

const TRIPLE_DES = { DH: '0.4.0.127.0.7.2.2.3.1.1', ECDH: '0.4.0.127.0.7.2.2.3.2.1' } as const;

/**
 * What EF.DG14 announces of Chip Authentication version 1, as far as it is known here: AES before 3DES, longer keys first ("the
 * inspection system SHOULD perform Chip Authentication with AES", Doc 9303-11 §8.5). A key without a ChipAuthenticationInfo, which
 * early passports have, is one for 3DES. Protocols and groups that are not known are left out.
 *
 * Errors: `DecodeError`, `AccessError` ACCESS_POINT_INVALID for a key that is none: the State has signed it.
 */
export function chipAuthenticationChoices(infos: readonly SecurityInfo[]): readonly ChipAuthenticationChoice[] {
  const announced = infos.filter((info) => info.kind === 'ChipAuthenticationInfo');
  const protocols = announced.filter(({ version }) => version === 1);
  const choices = infos.flatMap((info) => {
    if (info.kind !== 'ChipAuthenticationPublicKeyInfo') return [];
    return known(() => {
      const publicKey = chipAuthenticationPublicKey(info.subjectPublicKeyInfo);
      const { agreement } = agreementOf(publicKey);
      const own = protocols.filter(({ keyId }) => keyId === undefined || keyId === info.keyId).map(({ protocol }) => protocol);
      return (announced.length === 0 ? [TRIPLE_DES[agreement]] : own)
        .flatMap((protocol) => known(() => [chipAuthenticationParameters(protocol)]))
        .filter((parameters) => parameters.agreement === agreement)
        .map((parameters) => ({ parameters, publicKey, ...(info.keyId === undefined ? {} : { keyId: BigInt(info.keyId) }) }));
    });
  });
  return choices.toSorted((a, b) => rank(b) - rank(a));
}

/** AES by the length of its key; 3DES has two keys of 56 bits. */
function rank({ parameters: { suite } }: ChipAuthenticationChoice): number {
  return suite.name === '3DES' ? 0 : suite.keyLength;
}

function known<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof AccessError && error.code === 'ACCESS_UNSUPPORTED') return [];
    throw error;
  }
}
