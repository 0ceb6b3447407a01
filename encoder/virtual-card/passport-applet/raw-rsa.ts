import type { RawRsa } from '#encoder/access';
import { bytesToInteger, fromHex } from '#encoder/bytes';

const MODULUS_BYTES = 128;

/**
 * m^d mod n from the two numbers that the applet is told, neither the primes nor e: OpenSSL takes no such key. Its time depends on d; this is
 * a chip in software, whose memory is a file.
 */
export function rawRsa1024({ modulus, exponent }: { readonly modulus: Uint8Array; readonly exponent: Uint8Array }): RawRsa {
  const [n, d] = [bytesToInteger(modulus), bytesToInteger(exponent)];
  return (representative) =>
    fromHex(
      power(bytesToInteger(representative), d, n)
        .toString(16)
        .padStart(2 * MODULUS_BYTES, '0'),
    );
}

/** Square and multiply, from the lowest bit. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
