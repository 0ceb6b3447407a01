/** Letters of §6.A for which it recommends more than one form; the issuing State takes one for each. */
export interface LatinChoices {
  readonly Ä: 'AE' | 'A';
  readonly Å: 'AA' | 'A';
  readonly Ñ: 'N' | 'NXX';
  readonly Ö: 'OE' | 'O';
  readonly Ü: 'UE' | 'UXX' | 'U';
}

/** The form that §6.A prints first. */
const PRINTED_FIRST: LatinChoices = { Ä: 'AE', Å: 'AA', Ñ: 'N', Ö: 'OE', Ü: 'UE' };

/**
 * Doc 9303-3 §6.A by MRZ form, but for the letters of `LatinChoices`. The table has capital letters and the dotless ı;
 * Đ (U+0110, D stroke) and Ð (U+00D0, Eth) look alike and are two letters.
 */
const BY_FORM: Readonly<Record<string, string>> = {
  A: 'ÀÁÂÃ ĀĂĄ',
  AE: 'Æ',
  C: 'Ç ĆĈĊČ',
  D: '\u00d0 Ď\u0110',
  E: 'ÈÉÊË ĒĔĖĘĚ',
  G: 'ĜĞĠĢ',
  H: 'ĤĦ',
  I: 'ÌÍÎÏ ĨĪĬĮİı',
  IJ: 'Ĳ',
  J: 'Ĵ',
  K: 'Ķ',
  L: 'ĹĻĽĿŁ',
  N: 'ŃŅŇŊ',
  O: 'ÒÓÔÕ ŌŎŐ',
  OE: 'ØŒ',
  R: 'ŔŖŘ',
  S: 'ŚŜŞŠ',
  SS: 'ẞ',
  T: 'ŢŤŦ',
  TH: 'Þ',
  U: 'ÙÚÛ ŨŪŬŮŰŲ',
  W: 'Ŵ',
  Y: 'Ý ŶŸ',
  Z: 'ŹŻŽ',
};

/**
 * The table of Doc 9303-3 §6.A for `transliterate` and `nameComponents`: letter in NFC to MRZ form, for the capital letters
 * that it prints and for their small letters, ß among them. A small letter that is no single letter (that of İ) is left out.
 *
 * @param choices forms other than the first that is printed, for the letters where the table recommends several
 */
export function latinLetters(choices: Partial<LatinChoices> = {}): ReadonlyMap<string, string> {
  const forms = new Map(
    Object.entries(BY_FORM).flatMap(([form, letters]) => Array.from(letters.replaceAll(' ', '')).map((letter) => [letter, form] as const)),
  );
  for (const [letter, form] of Object.entries({ ...PRINTED_FIRST, ...choices })) forms.set(letter, form);
  return new Map(
    [...forms].flatMap(([letter, form]) => {
      const small = letter.toLowerCase();
      return small.length === letter.length ? [[letter, form] as const, [small, form] as const] : [[letter, form] as const];
    }),
  );
}
