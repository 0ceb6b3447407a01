import { invert } from '@noble/curves/abstract/modular.js';
import { bytesToInteger, equalBytes, type Secret } from '#encoder/bytes';
import { AccessError } from './access-error.ts';
import { AES_BLOCK, pad2, unpad2 } from './cipher.ts';
import { type EcDomainName } from './curves.ts';
import type { KeyAgreementGroup } from './key-agreement-group.ts';
import type { MappingContext } from './pace-mapping.ts';

/** What PACE with Chip Authentication Mapping leaves with the terminal: the chip is proven only by `verifyChipAuthenticationMapping`. */
export interface ChipAuthenticationProof {
  readonly group: KeyAgreementGroup;
  /** CA_IC, in the size of the group order. */
  readonly data: Uint8Array;
  /** The chip's public key of the mapping. */
  readonly mapPublic: Uint8Array;
}

/** The encryption's IV is E(KSenc, −1) (Doc 9303-11 §4.4.3.5.4): what a cipher suite makes of this counter. */
const MINUS_ONE = new Uint8Array(AES_BLOCK).fill(0xff);

const WHERE = 'PACE/chip authentication data';

/**
 * Whether the chip that PACE was run with has the private key of `publicKey`, which is to come from EF.CardSecurity after
 * Passive Authentication of that file (Doc 9303-11 §4.4.3.5.2, §6). Throws `AccessError` ACCESS_POINT_INVALID: not a point of its curve.
 */
export function verifyChipAuthenticationMapping(
  proof: ChipAuthenticationProof,
  publicKey: { readonly curve: EcDomainName; readonly point: Uint8Array },
): boolean {
  if (publicKey.curve !== proof.group.name) return false;
  proof.group.check(publicKey.point, 'PACE/public key of the chip');
  return equalBytes(proof.group.publicKey(bytesToInteger(proof.data), publicKey.point), proof.mapPublic);
}

/** A_IC = E(KSenc, CA_IC) with CA_IC = SK_IC⁻¹ · SK_Map,IC mod n (Doc 9303-11 §4.4.3.5.1): the chip's side. */
export function encryptChipAuthenticationData(
  { group, suite }: MappingContext,
  ksEnc: Secret,
  keys: { readonly chipKey: Secret; readonly mapKey: bigint },
): Uint8Array {
  const inverse = invert(bytesToInteger(keys.chipKey.reveal()), group.order);
  const data = integerBytes((inverse * keys.mapKey) % group.order, orderLength(group));
  const padded = pad2(data, suite.block);
  try {
    return suite.encrypt(ksEnc.reveal(), MINUS_ONE, padded);
  } finally {
    data.fill(0);
    padded.fill(0);
  }
}

/** CA_IC from object 8A, at the terminal. Throws `AccessError` ACCESS_ANSWER_INVALID: absent, wrong length, padding or range. */
export function decryptChipAuthenticationData(
  { group, suite }: MappingContext,
  ksEnc: Secret,
  encrypted: Uint8Array | undefined,
): Uint8Array {
  if (encrypted === undefined) throw invalid('absent');
  const length = orderLength(group);
  if (encrypted.length !== pad2(new Uint8Array(length), suite.block).length) throw invalid(`${encrypted.length} bytes`);
  const data = unpad2(suite.decrypt(ksEnc.reveal(), MINUS_ONE, encrypted));
  if (data?.length !== length) throw invalid('padding');
  const integer = bytesToInteger(data);
  if (integer === 0n || integer >= group.order) throw invalid('out of range');
  return data;
}

function invalid(detail: string): AccessError {
  return new AccessError('ACCESS_ANSWER_INVALID', { where: WHERE, detail });
}

function orderLength(group: KeyAgreementGroup): number {
  return Math.ceil(group.order.toString(2).length / 8);
}

function integerBytes(value: bigint, length: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex'));
}
