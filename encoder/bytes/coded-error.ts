/** One sentence in the two languages of the plant. Never holds a personal value: at most a length, an offset, a code point. */
export interface Bilingual {
  readonly vi: string;
  readonly en: string;
}

/** What an error code means and what the reader of it should do. Each module keeps one table of these beside its codes. */
export interface ErrorMeaning {
  readonly what: Bilingual;
  readonly todo: Bilingual;
}

export type ErrorTable<C extends string> = Readonly<Record<C, ErrorMeaning>>;

export interface ErrorContext {
  /** Where it is wrong: a field path, a file path with offset, a seat, a station. Never the value found there. */
  readonly where?: string;
  /** Facts a person needs that are not personal: lengths, limits, status words, code points. */
  readonly detail?: string;
  readonly cause?: unknown;
}

/**
 * The root of every error Cardmint throws on purpose: a stable machine code, what is wrong, where, and what to do.
 * A module makes one subclass with a closed union of codes and a table that cannot miss one.
 */
export abstract class CodedError<C extends string = string> extends Error {
  readonly code: C;
  readonly what: Bilingual;
  readonly todo: Bilingual;
  readonly where: string | undefined;
  readonly detail: string | undefined;

  protected constructor(table: ErrorTable<C>, code: C, context: ErrorContext = {}) {
    const meaning = table[code];
    const at = context.where === undefined ? '' : ` (${context.where})`;
    const more = context.detail === undefined ? '' : `: ${context.detail}`;
    super(`${code}: ${meaning.what.en}${at}${more}`, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = new.target.name;
    this.code = code;
    this.what = meaning.what;
    this.todo = meaning.todo;
    this.where = context.where;
    this.detail = context.detail;
  }

  toJSON(): { code: C; what: Bilingual; todo: Bilingual; where?: string; detail?: string } {
    return {
      code: this.code,
      what: this.what,
      todo: this.todo,
      ...(this.where === undefined ? {} : { where: this.where }),
      ...(this.detail === undefined ? {} : { detail: this.detail }),
    };
  }
}

export function isCodedError(error: unknown): error is CodedError {
  return error instanceof CodedError;
}
