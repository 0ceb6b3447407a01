import { CURVES, type CurveName } from '#encoder/lds';
import { derOid } from '#encoder/tlv';

export type EcCurveName = CurveName;

/** What tokens and OpenSSL call a curve; its domain parameters stand in `#encoder/lds`. */
export interface EcCurve {
  readonly name: EcCurveName;
  /** The name node:crypto knows it by. */
  readonly opensslName: string;
  /** The object identifier in DER, tag and length included: CKA_EC_PARAMS of a named curve. */
  readonly oidDer: Uint8Array;
  /** Bytes of a field element and, on these curves, of the group order. */
  readonly size: number;
}

export const EC_CURVES: Readonly<Record<EcCurveName, EcCurve>> = Object.freeze({
  'P-256': curve('P-256', 'prime256v1'),
  'P-384': curve('P-384', 'secp384r1'),
  'P-521': curve('P-521', 'secp521r1'),
  brainpoolP256r1: curve('brainpoolP256r1'),
  brainpoolP384r1: curve('brainpoolP384r1'),
  brainpoolP512r1: curve('brainpoolP512r1'),
});

function curve(name: EcCurveName, opensslName: string = name): EcCurve {
  const { oid, size } = CURVES[name];
  return { name, opensslName, oidDer: derOid(oid), size };
}

export function isEcCurveName(name: string): name is EcCurveName {
  return Object.hasOwn(EC_CURVES, name);
}

export function curveOfOid(oidDer: Uint8Array): EcCurve | undefined {
  return Object.values(EC_CURVES).find((curve) => Buffer.compare(curve.oidDer, oidDer) === 0);
}
