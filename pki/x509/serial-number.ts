/** A positive INTEGER of at most 20 octets, in its shortest form (Doc 9303-12 Table 5): the content octets as they stand. */
export function isSerialNumber(octets: Uint8Array): boolean {
  const [first = 0x80, second = 0] = octets;
  return octets.length <= 20 && first < 0x80 && (first > 0 || (second >= 0x80 && octets.length > 1));
}
