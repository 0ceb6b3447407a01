import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';
import type { Bilingual } from '#encoder/bytes';
import { CeremonyError } from './ceremony-error.ts';
import type { Proceedings } from './proceedings.ts';

/** One kind of step: how it is written, what the people who approve it read, which tokens it needs, and what it does. */
export interface StepKind {
  readonly schema: TSchema;
  says(step: unknown): Bilingual;
  tokens(step: unknown): readonly string[];
  run(step: unknown, proceedings: Proceedings): Promise<void>;
}

interface Parts<S extends TSchema> {
  readonly says: (step: Static<S>) => Bilingual;
  readonly tokens: (step: Static<S>) => readonly string[];
  /** Idempotent: what the minutes say is done is not done again. */
  readonly run: (step: Static<S>, proceedings: Proceedings) => Promise<void>;
}

/** A step comes out of a file as unknown: its schema is asked once more wherever it is used, and then it has its type. */
export function stepKind<S extends TSchema>(schema: S, parts: Parts<S>): StepKind {
  const typed = (step: unknown): Static<S> => {
    if (!Check(schema, step)) throw new CeremonyError('CEREMONY_FILE_INVALID');
    return step;
  };
  return {
    schema,
    says: (step) => parts.says(typed(step)),
    tokens: (step) => parts.tokens(typed(step)),
    run: (step, proceedings) => parts.run(typed(step), proceedings),
  };
}
