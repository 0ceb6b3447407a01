import { invert, mod, pow } from '@noble/curves/abstract/modular.js';

/** y² = x³ + ax + b over GF(p), with p ≡ 3 (mod 4) and cofactor 1, as all curves of `EC_DOMAINS` have. */
export interface ShortWeierstrass {
  readonly p: bigint;
  readonly a: bigint;
  readonly b: bigint;
}

/**
 * Simplified SWU encoding of a field element as an affine point, for Integrated Mapping over ECDH (Doc 9303-11 Appendix B.2, whose
 * step numbers these are). Undefined for t = 0 and t = ±1, where step 2 would divide by zero: of 2^256 values, three.
 */
export function encodeToPoint({ p, a, b }: ShortWeierstrass, t: bigint): { x: bigint; y: bigint } | undefined {
  const alpha = mod(-t * t, p); // 1
  const denominator = mod(alpha + alpha * alpha, p);
  if (denominator === 0n) return undefined;
  const x2 = mod(-b * invert(a, p) * (1n + invert(denominator, p)), p); // 2
  const x3 = mod(alpha * x2, p); // 3
  const h2 = mod(x2 * x2 * x2 + a * x2 + b, p); // 4
  const u = mod(t * t * t * h2, p); // 6
  const root = pow(h2, p - 1n - (p + 1n) / 4n, p); // 7
  return mod(root * root * h2, p) === 1n ? { x: x2, y: mod(root * h2, p) } : { x: x3, y: mod(root * u, p) }; // 8, 9
}
