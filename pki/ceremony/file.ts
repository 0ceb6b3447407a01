import { createHash } from 'node:crypto';
import { Type, type Static, type TSchema } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { decodeUtf8, isCodedError, type Bilingual } from '#encoder/bytes';
import { samePerson } from './approval.ts';
import { CeremonyError } from './ceremony-error.ts';
import { AUTHORITY, LineToken, Person, StepId, strict, years } from './parts.ts';
import { quorumOf } from './quorum.ts';
import type { StepKind } from './step.ts';
import { STEP_KINDS } from './step-kinds.ts';

const CeremonyId = Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' });

/** The head of the file; what stands in a step is checked by its kind. */
const Head = Type.Object(
  {
    format: Type.Literal('cardmint-ceremony/1'),
    /** Part of every key's label in the tokens; one ceremony of the minutes has it. */
    id: CeremonyId,
    purpose: Type.String({ minLength: 1, maxLength: 500 }),
    /** A ceremony that was begun and cannot be finished: nothing that it made stands from now on. */
    abandons: Type.Optional(CeremonyId),
    quorum: Type.Object(
      { needed: Type.Integer({ minimum: 2, maximum: 20 }), people: Type.Array(Person, { minItems: 2, maxItems: 20 }) },
      strict,
    ),
    tokens: Type.Array(Type.Union([Type.Literal(AUTHORITY), LineToken]), { minItems: 1, maxItems: 9, uniqueItems: true }),
    /** What every certificate of the eMRTD PKI that is made here has in common (Doc 9303-12 §7.1). */
    issuing: Type.Object(
      {
        /** The issuing State in the MRZ. */
        mrzCountry: Type.String({ pattern: '^[A-Z]{3}$' }),
        crlUrls: Type.Array(Type.String({ pattern: '^(ldap|https?)://[!-~]{1,200}$' }), { minItems: 1, maxItems: 4 }),
        /** As they stand in the MRZ. */
        documentTypes: Type.Array(Type.String({ pattern: '^[A-Z]{1,2}$' }), { minItems: 1, maxItems: 10 }),
        /** The longest life of a card: a Document Signer's certificate outlives its last card, the CSCA's outlives that. */
        technicalLifeYears: years(30),
      },
      strict,
    ),
    steps: Type.Array(Type.Object({ step: Type.String({ maxLength: 40 }), id: StepId }), { minItems: 1, maxItems: 100 }),
  },
  strict,
);

export type CeremonyHead = Static<typeof Head>;

/** The one reviewed file of a ceremony: who, what, in which tokens. Frozen. */
export interface Ceremony extends CeremonyHead {
  /** The file itself: what is approved, and what the minutes keep. */
  readonly text: string;
  /** SHA-256 of the file, upper-case hexadecimal. */
  readonly sha256: string;
}

const FILE_BYTES_MAX = 1_000_000;

/**
 * Reads and checks the whole file before anything is done with it. Throws `CEREMONY_FILE_INVALID` with the path of the first fault.
 */
export function readCeremonyFile(bytes: Uint8Array): Ceremony {
  if (bytes.length > FILE_BYTES_MAX) throw invalid(`more than ${FILE_BYTES_MAX} bytes`);
  const text = textOf(bytes);
  const value = jsonOf(text);
  if (!Check(Head, value)) throw invalid(firstFault(Head, value));
  for (const [index, step] of value.steps.entries()) {
    const kind = STEP_KINDS.get(step.step);
    if (kind === undefined) throw invalid(`/steps/${index}/step`);
    if (!Check(kind.schema, step)) throw invalid(`/steps/${index}${firstFault(kind.schema, step)}`);
    const unnamed = kind.tokens(step).findIndex((token) => !value.tokens.includes(token));
    if (unnamed >= 0) throw invalid(`/steps/${index} uses a token that /tokens does not name`);
    if (value.steps.findIndex(({ id }) => id === step.id) !== index) throw invalid(`/steps/${index}/id stands twice`);
  }
  const { needed, people } = value.quorum;
  const { custodians } = quorumOf(value);
  const twice = custodians.findIndex((one, index) => custodians.some((other, before) => before < index && samePerson(one, other)));
  if (twice >= 0) throw invalid(`/quorum/people/${twice} stands twice`);
  if (needed > people.length) throw invalid('/quorum/needed is more than there are people');
  return deepFreeze({ ...value, text, sha256: createHash('sha256').update(bytes).digest('hex').toUpperCase() });
}

/** What will be done, a sentence a step. */
export function describeSteps(ceremony: Ceremony): readonly Bilingual[] {
  return ceremony.steps.map((step) => kindOf(step).says(step));
}

/** The tokens that the steps use, each once. */
export function tokensOf(ceremony: Ceremony): readonly string[] {
  return [...new Set(ceremony.steps.flatMap((step) => kindOf(step).tokens(step)))];
}

export function kindOf({ step }: { readonly step: string }): StepKind {
  const kind = STEP_KINDS.get(step);
  if (kind === undefined) throw invalid(step);
  return kind;
}

function textOf(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes, 'ceremony file');
  } catch (cause) {
    if (isCodedError(cause)) throw invalid('not UTF-8', cause);
    throw cause;
  }
}

/**
 * What a person reads must be what is done: a key that stands twice, of which a parser takes the last one, or a character in disguise
 * (`\u0041`) makes the plain form of the value differ from the plain form of the text.
 */
function jsonOf(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('not JSON', cause);
  }
  const plain = text.replaceAll(/("(?:[^"\\]|\\.)*")|[\t\n\r ]+/g, (_, string: string | undefined) => string ?? '');
  if (JSON.stringify(value) !== plain) throw invalid('a key stands twice, or a value is not written in its plain form');
  return value;
}

function firstFault(schema: TSchema, value: unknown): string {
  const [fault] = Errors(schema, value).filter(({ keyword }) => keyword !== 'anyOf' && keyword !== 'boolean');
  return fault === undefined ? '/' : `${fault.instancePath || '/'} ${fault.keyword}`;
}

function invalid(where: string, cause?: unknown): CeremonyError {
  return new CeremonyError('CEREMONY_FILE_INVALID', { where, ...(cause === undefined ? {} : { cause }) });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
