import { DH_DOMAINS } from '#encoder/access';
import { concat } from '#encoder/bytes';
import { CURVES, ecSubjectPublicKeyInfo, type CurveName } from '#encoder/lds';
import { derBitString, derInteger, derNull, derOid, derSequence } from '#encoder/tlv';
import type { DataGroupInput } from './data-groups.ts';
import type { CardProfile } from './profile-schema.ts';

type ChipFacts = Omit<DataGroupInput, 'profile' | 'record'>;

/** Chip facts of the right kind and size that belong to no chip, for a trial build. The private keys are 1, or there are none. */
export function placeholderChip({ algorithms: { activeAuthentication, chipAuthentication } }: CardProfile): ChipFacts {
  return {
    chipId: '0000000000000000',
    activeAuthenticationKey:
      activeAuthentication === null
        ? null
        : activeAuthentication.kind === 'rsa'
          ? rsaKey(activeAuthentication.bits)
          : basePoint(activeAuthentication.curve),
    chipAuthenticationKey:
      chipAuthentication === null
        ? null
        : chipAuthentication.kind === 'dh'
          ? generator(chipAuthentication.group)
          : basePoint(chipAuthentication.curve),
    cvcaReferences: ['XXPLACEHOLD00000', 'XXPLACEHOLD00001'],
    emptyDg3Content: new Uint8Array(16),
  };
}

function rsaKey(bits: number): Uint8Array {
  const modulus = (1n << BigInt(bits)) - 1n;
  return derSequence(
    derSequence(derOid('1.2.840.113549.1.1.1'), derNull()),
    derBitString(derSequence(derInteger(modulus), derInteger(65_537))),
  );
}

function basePoint(curve: CurveName): Uint8Array {
  const { gx, gy, size } = CURVES[curve];
  const coordinate = (value: bigint) => Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex');
  return ecSubjectPublicKeyInfo(curve, concat(Uint8Array.of(0x04), coordinate(gx), coordinate(gy)));
}

/** PKCS #3, which Doc 9303-11 §9.6 asks for. */
function generator(group: string): Uint8Array {
  const domain = DH_DOMAINS.find(({ name }) => name === group);
  if (domain === undefined) throw new RangeError(`no group ${group}`);
  return derSequence(
    derSequence(derOid('1.2.840.113549.1.3.1'), derSequence(derInteger(domain.p), derInteger(domain.g))),
    derBitString(derInteger(domain.g)),
  );
}
