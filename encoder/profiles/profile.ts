import { Type, type Static } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { ProfileError } from './profile-error.ts';

const Strict = { additionalProperties: false } as const;
const Index = Type.Integer({ minimum: 1, maximum: 32 });

const TextField = Type.Enum([
  'personalNumber',
  'fullName',
  'dateOfBirth',
  'sex',
  'nationality',
  'ethnicity',
  'religion',
  'placeOfOrigin',
  'placeOfResidence',
  'personalMarks',
  'dateOfIssue',
  'dateOfExpiry',
  'father',
  'mother',
  'oldIdentityNumber',
  'chipId',
]);

const Curve = Type.Enum(['P-256', 'P-384', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1']);

const FileName = Type.Enum(['EF.CardAccess', 'EF.COM', 'EF.DG1', 'EF.DG2', 'EF.DG13', 'EF.DG14', 'EF.DG15', 'EF.SOD']);

/** How each field of DG13 is written; see `Dg13Row` in `encoder/lds`. */
const Dg13RowSchema = Type.Union([
  Type.Object(
    {
      index: Index,
      kind: Type.Enum(['printable', 'utf8']),
      field: TextField,
      absent: Type.Enum(['refused', 'index-only', 'omitted', 'empty-string']),
    },
    Strict,
  ),
  Type.Object(
    {
      index: Index,
      kind: Type.Literal('members'),
      fields: Type.Array(TextField, { minItems: 1, maxItems: 4 }),
      absentMember: Type.Enum(['empty-string', 'empty-sequence']),
      absent: Type.Enum(['index-only', 'omitted', 'members']),
    },
    Strict,
  ),
  Type.Object(
    {
      index: Index,
      kind: Type.Literal('list'),
      field: Type.Literal('spouses'),
      absent: Type.Enum(['index-only', 'omitted']),
    },
    Strict,
  ),
]);

/**
 * A card profile: everything that makes one kind of card differ from another, as data. A new kind of card needs no code
 * as long as its files have codecs.
 */
export const CardProfileSchema = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 64 }),
    title: Type.Object({ vi: Type.String({ minLength: 1 }), en: Type.String({ minLength: 1 }) }, Strict),
    /** Cards of this profile say MẪU / SPECIMEN on both faces and are no documents. */
    specimen: Type.Boolean(),
    /** In the order in which they are written; EF.SOD is the last, so that a half made card never verifies. */
    files: Type.Array(FileName, { minItems: 2, maxItems: 32, uniqueItems: true }),
    /** EF.COM: versions, and the data groups in the order of its tag list. */
    com: Type.Object(
      {
        ldsVersion: Type.String({ pattern: '^[0-9]{4}$' }),
        unicodeVersion: Type.String({ pattern: '^[0-9]{6}$' }),
        dataGroups: Type.Array(Type.Integer({ minimum: 1, maximum: 16 }), { minItems: 2, maxItems: 16, uniqueItems: true }),
      },
      Strict,
    ),
    algorithms: Type.Object(
      {
        sod: Type.Object(
          {
            digest: Type.Enum(['SHA-256', 'SHA-384', 'SHA-512']),
            /** RFC 5754 §2 prefers absent; some verifiers were built around NULL. */
            digestParameters: Type.Enum(['absent', 'null']),
            signature: Type.Object({ kind: Type.Literal('ecdsa'), curve: Curve }, Strict),
          },
          Strict,
        ),
        activeAuthentication: Type.Object({ kind: Type.Literal('rsa'), bits: Type.Integer({ minimum: 2048, maximum: 4096 }) }, Strict),
        chipAuthentication: Type.Object({ kind: Type.Literal('ecdh'), curve: Curve }, Strict),
      },
      Strict,
    ),
    access: Type.Object(
      {
        bac: Type.Boolean(),
        pacePasswords: Type.Array(Type.Enum(['MRZ', 'CAN']), { uniqueItems: true }),
        /** What EF.CardAccess and DG14 announce: only what the chip answers. */
        announces: Type.Array(
          Type.Object(
            {
              kind: Type.Enum(['PACEInfo', 'ChipAuthenticationInfo', 'TerminalAuthenticationInfo']),
              protocol: Type.String({ pattern: '^id-(PACE-ECDH-GM|CA-ECDH|TA)[A-Z0-9-]*$' }),
              version: Type.Integer({ minimum: 1, maximum: 2 }),
              parameterId: Type.Optional(Type.Integer({ minimum: 0, maximum: 31 })),
            },
            Strict,
          ),
        ),
      },
      Strict,
    ),
    dg13: Type.Object(
      {
        version: Type.Integer({ minimum: 0, maximum: 255 }),
        rows: Type.Array(Dg13RowSchema, { minItems: 1, maxItems: 32 }),
        words: Type.Object(
          {
            male: Type.String({ minLength: 1 }),
            female: Type.String({ minLength: 1 }),
            noExpiry: Type.String({ minLength: 1 }),
            nationalities: Type.Record(Type.String(), Type.String({ minLength: 1 })),
          },
          Strict,
        ),
      },
      Strict,
    ),
    mrz: Type.Object(
      {
        documentCode: Type.String({ pattern: '^[ACI][A-Z]?$' }),
        issuingState: Type.String({ pattern: '^[A-Z]{1,3}$' }),
        noExpiry: Type.String({ pattern: '^[0-9]{6}$' }),
        furtherLetters: Type.Record(Type.String(), Type.String({ pattern: '^[A-Z]+$' })),
      },
      Strict,
    ),
    validity: Type.Object(
      {
        /** Ages at which a card runs out, ascending; after the last there is no expiry. */
        ages: Type.Array(Type.Integer({ minimum: 1, maximum: 120 }), { minItems: 1, uniqueItems: true }),
        /** A card issued within so many years before such an age runs to the next one. */
        graceYears: Type.Integer({ minimum: 0, maximum: 10 }),
        /** Where the birthday of 29 February falls; no rule is published. */
        leapDay: Type.Enum(['february-28', 'march-1']),
        holderAge: Type.Object({ least: Type.Integer({ minimum: 0 }), most: Type.Integer({ maximum: 150 }) }, Strict),
      },
      Strict,
    ),
    text: Type.Object(
      {
        /** Beyond letters, digits and space, in texts other than names. */
        punctuation: Type.String(),
        namePunctuation: Type.String(),
        nameCharactersMost: Type.Integer({ minimum: 1, maximum: 200 }),
        textCharactersMost: Type.Integer({ minimum: 1, maximum: 500 }),
        spousesMost: Type.Integer({ minimum: 0, maximum: 8 }),
      },
      Strict,
    ),
    portrait: Type.Object(
      {
        bytesMost: Type.Integer({ minimum: 1024, maximum: 65_000 }),
        width: Type.Object({ least: Type.Integer(), most: Type.Integer() }, Strict),
        height: Type.Object({ least: Type.Integer(), most: Type.Integer() }, Strict),
        components: Type.Array(Type.Enum([1, 3]), { minItems: 1 }),
        /** The picture begins FF D8 FF E0: readers of the Vietnamese card look for it. */
        jfif: Type.Boolean(),
      },
      Strict,
    ),
    finger: Type.Object(
      {
        bytesMost: Type.Integer({ minimum: 1024 }),
        width: Type.Object({ least: Type.Integer(), most: Type.Integer() }, Strict),
        height: Type.Object({ least: Type.Integer(), most: Type.Integer() }, Strict),
      },
      Strict,
    ),
    limits: Type.Object(
      {
        /** Largest file that the chips of this profile take. */
        fileBytes: Type.Integer({ minimum: 256, maximum: 65_535 }),
        /** All files together, EF.SOD included. */
        chipBytes: Type.Integer({ minimum: 1024 }),
        /** Room kept for EF.SOD, whose size is only known when it is signed. */
        sodBytes: Type.Integer({ minimum: 512 }),
      },
      Strict,
    ),
  },
  Strict,
);

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

export type CardProfile = DeepReadonly<Static<typeof CardProfileSchema>>;

/** The files that a profile can order: those that are built from a citizen record. More files have codecs. */
export type ProfileFileName = CardProfile['files'][number];

/**
 * Checks a profile from outside and freezes it. Throws `ProfileError` `PROFILE_INVALID` with the path of the first thing
 * that is wrong; beyond the schema, the files, EF.COM and what is announced must fit together.
 */
export function validateProfile(value: unknown): CardProfile {
  if (!Check(CardProfileSchema, value)) {
    const [first] = Errors(CardProfileSchema, value);
    throw new ProfileError('PROFILE_INVALID', { where: first === undefined ? '/' : `${first.instancePath || '/'} ${first.keyword}` });
  }
  const profile: CardProfile = structuredClone(value);
  for (const [path, holds] of crossChecks(profile)) {
    if (!holds) throw new ProfileError('PROFILE_INVALID', { where: path });
  }
  return deepFreeze(profile);
}

function crossChecks(profile: CardProfile): readonly (readonly [string, boolean])[] {
  const { files, com, validity, dg13, access, mrz } = profile;
  const written = files.filter((name) => /^EF\.DG\d+$/.test(name)).map((name) => Number(name.slice('EF.DG'.length)));
  const announcesPace = access.announces.some(({ kind }) => kind === 'PACEInfo');
  const announcesChip = access.announces.some(({ kind }) => kind === 'ChipAuthenticationInfo');
  const indexes = dg13.rows.map(({ index }) => index);
  return [
    ['/files: EF.SOD is written last', files.at(-1) === 'EF.SOD'],
    ['/files: EF.COM is written', files.includes('EF.COM')],
    ['/com/dataGroups: lists what is written and nothing else', sameMembers(com.dataGroups, written)],
    ['/files: EF.CardAccess goes with what is announced', files.includes('EF.CardAccess') === access.announces.length > 0],
    ['/access/pacePasswords: PACE is announced when it has passwords', announcesPace === access.pacePasswords.length > 0],
    ['/access/announces: Chip Authentication goes with DG14', !announcesChip || written.includes(14)],
    ['/access: at least one way to open the chip', access.bac || announcesPace],
    ['/dg13/rows: ascending', indexes.every((index, at) => index > (indexes[at - 1] ?? 0))],
    ['/dg13/words/nationalities: the issuing state has a word', Object.hasOwn(dg13.words.nationalities, mrz.issuingState)],
    ['/validity/ages: ascending', validity.ages.every((age, at) => age > (validity.ages[at - 1] ?? 0))],
  ];
}

function sameMembers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
