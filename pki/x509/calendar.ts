/** Whole seconds, because certificates carry no fractions. */
export function addDays(at: Date, days: number): Date {
  return wholeSeconds(new Date(at.getTime() + days * 86_400_000));
}

/** The same day of a later year; 29 February becomes 1 March. */
export function addYears(at: Date, years: number): Date {
  const later = new Date(at);
  later.setUTCFullYear(at.getUTCFullYear() + years);
  return wholeSeconds(later);
}

export function wholeSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}
