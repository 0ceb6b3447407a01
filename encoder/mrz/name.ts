import { MrzError } from './mrz-error.ts';

export interface NameField {
  /** Exactly `width` characters. */
  readonly text: string;
  /** Letters of the name were left out. A name that fits exactly also ends with a letter and is not truncated. */
  readonly truncated: boolean;
}

/**
 * The name field of Doc 9303-5 §4.2.2, line 3: components joined by `<`, identifiers by `<<`, filled with `<`.
 *
 * A name that does not fit is truncated by one of the methods of §4.2.3, always the same one, so that everyone who
 * derives the line gets the same line:
 * 1. the primary identifier stays whole as long as every component of the secondary can keep its first letter;
 * 2. within an identifier, components stay whole from the left while all later ones keep a letter; the rest of the
 *    positions is shared out evenly over the others, the earlier ones first;
 * 3. components for which there is no position left are dropped from the end.
 * This gives the two published lines of §4.2.3.1 and ends with a letter in the last position, as §4.2.2 demands.
 *
 * @param primary components in MRZ letters, at least one
 * @param secondary components in MRZ letters, may be empty
 */
export function nameField(primary: readonly string[], secondary: readonly string[], width = 30): NameField {
  if (primary.length === 0 || ![...primary, ...secondary].every((component) => /^[A-Z]+$/.test(component))) {
    throw new MrzError('NAME_STRUCTURE');
  }
  const whole = [primary.join('<'), ...(secondary.length === 0 ? [] : [secondary.join('<')])].join('<<');
  if (whole.length <= width) return { text: whole.padEnd(width, '<'), truncated: false };

  const text = secondary.length === 0 ? fit(primary, width) : fitBoth(primary, secondary, width);
  return { text: text.padEnd(width, '<'), truncated: true };
}

function fitBoth(primary: readonly string[], secondary: readonly string[], width: number): string {
  const initials = Math.min(2 * secondary.length - 1, width - '<<'.length - 1);
  const first = fit(primary, width - '<<'.length - initials);
  return `${first}<<${fit(secondary, width - '<<'.length - first.length)}`;
}

/** Components joined by `<` in at most `room` positions. */
function fit(components: readonly string[], room: number): string {
  if (components.join('<').length <= room) return components.join('<');
  const kept = components.slice(0, Math.floor((room + 1) / 2));
  let letters = room - (kept.length - 1);
  let whole = 0;
  while (whole < kept.length && letters - (kept[whole]?.length ?? 0) >= kept.length - whole - 1) {
    letters -= kept[whole]?.length ?? 0;
    whole += 1;
  }
  return [...kept.slice(0, whole), ...shareOut(kept.slice(whole), letters)].join('<');
}

/** Gives one letter to each component in turn, from the left, until there are none left to give. */
function shareOut(components: readonly string[], letters: number): readonly string[] {
  const lengths = components.map(() => 0);
  let left = letters;
  while (left > 0) {
    const before = left;
    for (const [at, component] of components.entries()) {
      const length = lengths[at] ?? 0;
      if (left > 0 && length < component.length) {
        lengths[at] = length + 1;
        left -= 1;
      }
    }
    if (left === before) break;
  }
  return components.map((component, at) => component.slice(0, lengths[at])).filter((component) => component !== '');
}
