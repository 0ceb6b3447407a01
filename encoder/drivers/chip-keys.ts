/**
 * A key pair that a chip makes or takes, as data: `RSA-` and bits of the modulus; `EC-` and a curve, `DH-` and a MODP group of
 * Doc 9303-11 §9.5.1.
 */
export type ChipKeyAlgorithm = `RSA-${number}` | `EC-${string}` | `DH-${string}`;

/** What a card's profile wants its chip to have; null where the profile has no such protocol. */
export interface ChipKeyAlgorithms {
  readonly activeAuthentication: ChipKeyAlgorithm | null;
  readonly chipAuthentication: ChipKeyAlgorithm | null;
}

/** DER SubjectPublicKeyInfo of what a chip has; null where it has no such key. */
export interface ChipPublicKeys {
  /** What DG15 carries. */
  readonly activeAuthentication: Uint8Array | null;
  /** The source of DG14's ChipAuthenticationPublicKeyInfo. */
  readonly chipAuthentication: Uint8Array | null;
}
