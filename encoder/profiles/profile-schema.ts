import { Type, type Static } from 'typebox';
import { CHIP_AUTHENTICATION_PROTOCOLS, PACE_PROTOCOLS } from './protocol-names.ts';

const Strict = { additionalProperties: false } as const;
const Words = Type.String({ minLength: 1, maxLength: 200 });
const Digest = Type.Enum(['SHA-224', 'SHA-256', 'SHA-384', 'SHA-512']);
const Curve = Type.Enum(['P-256', 'P-384', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1']);
const DataGroups = Type.Array(Type.Integer({ minimum: 1, maximum: 16 }), { maxItems: 16, uniqueItems: true });
const Range = Type.Object({ least: Type.Integer({ minimum: 1 }), most: Type.Integer({ maximum: 20_000 }) }, Strict);
/** Below this age at the date of issue the picture may be missing; 0 is never. */
const AbsentBelowAge = Type.Integer({ minimum: 0, maximum: 150 });

/** Files that are made for a card: those that a record and a chip's facts fill, and the two that are signed. */
const FileName = Type.Enum([
  'EF.ATR/INFO',
  'EF.DIR',
  'EF.CardAccess',
  'EF.CardSecurity',
  'EF.COM',
  'EF.CVCA',
  'EF.DG1',
  'EF.DG2',
  'EF.DG3',
  'EF.DG11',
  'EF.DG12',
  'EF.DG13',
  'EF.DG14',
  'EF.DG15',
  'EF.DG16',
  'EF.SOD',
]);

const Com = Type.Object(
  {
    ldsVersion: Type.String({ pattern: '^[0-9]{4}$' }),
    unicodeVersion: Type.String({ pattern: '^[0-9]{6}$' }),
    dataGroups: Type.Array(Type.Integer({ minimum: 1, maximum: 16 }), { minItems: 2, maxItems: 16, uniqueItems: true }),
  },
  Strict,
);

const Algorithms = Type.Object(
  {
    sod: Type.Object(
      {
        /** LDSSecurityObject v0 (LDS 1.7), or v1, which repeats the versions of EF.COM (LDS 1.8). */
        objectVersion: Type.Enum([0, 1]),
        digest: Digest,
        /** RFC 5754 §2 prefers absent; some verifiers were built around NULL. */
        digestParameters: Type.Enum(['absent', 'null']),
        signature: Type.Union([
          Type.Object({ kind: Type.Literal('ecdsa'), curve: Curve, digest: Digest }, Strict),
          Type.Object(
            {
              kind: Type.Enum(['rsassa-pss', 'rsassa-pkcs1-v1_5']),
              bits: Type.Integer({ minimum: 2048, maximum: 4096 }),
              digest: Digest,
            },
            Strict,
          ),
        ]),
      },
      Strict,
    ),
    /** ISO 9796-2 with this hash, or plain ECDSA; null on chips without it. */
    activeAuthentication: Type.Union([
      Type.Object(
        {
          kind: Type.Literal('rsa'),
          bits: Type.Integer({ minimum: 1024, maximum: 4096 }),
          digest: Type.Enum(['SHA-1', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512']),
        },
        Strict,
      ),
      Type.Object({ kind: Type.Literal('ecdsa'), curve: Curve, digest: Digest }, Strict),
      Type.Null(),
    ]),
    /** The chip's key agreement key; null on chips without it. */
    chipAuthentication: Type.Union([
      Type.Object({ kind: Type.Literal('ecdh'), curve: Curve }, Strict),
      Type.Object({ kind: Type.Literal('dh'), group: Type.Enum(['MODP-1024-160', 'MODP-2048-224', 'MODP-2048-256']) }, Strict),
      Type.Null(),
    ]),
  },
  Strict,
);

/** What EF.CardAccess and DG14 say of one protocol (Doc 9303-11 §9.2), by the names of the document. */
const Announcement = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('PACEInfo'),
      protocol: Type.Enum([...PACE_PROTOCOLS.keys()]),
      version: Type.Literal(2),
      parameterId: Type.Integer({ minimum: 0, maximum: 31 }),
    },
    Strict,
  ),
  Type.Object(
    {
      kind: Type.Literal('ChipAuthenticationInfo'),
      protocol: Type.Enum([...CHIP_AUTHENTICATION_PROTOCOLS.keys()]),
      version: Type.Literal(1),
      keyId: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
    },
    Strict,
  ),
  Type.Object(
    {
      kind: Type.Literal('TerminalAuthenticationInfo'),
      protocol: Type.Literal('id-TA'),
      version: Type.Literal(1),
      /** Where EF.CVCA is, as BSI TR-03110-3 A.1.1.3 has it and Doc 9303 no longer does. */
      efCvca: Type.Optional(Type.Object({ fileId: Type.Literal('011C'), shortFileId: Type.Optional(Type.Literal('1C')) }, Strict)),
    },
    Strict,
  ),
]);

const Access = Type.Object(
  {
    bac: Type.Boolean(),
    pacePasswords: Type.Array(Type.Enum(['MRZ', 'CAN']), { uniqueItems: true }),
    /** What EF.CardAccess and DG14 announce: only what the chip answers. */
    announces: Type.Array(Announcement, { maxItems: 16, uniqueItems: true }),
    /** Data groups that only Terminal Authentication opens. */
    underTerminalAuthentication: DataGroups,
  },
  Strict,
);

const RecordText = Type.Enum([
  'personalNumber',
  'fullName',
  'ethnicity',
  'religion',
  'placeOfOrigin',
  'placeOfResidence',
  'placeOfBirth',
  'personalMarks',
  'father',
  'mother',
  'oldIdentityNumber',
  'documentNumber',
  'telephone',
  'profession',
  'title',
]);

const Dg11 = Type.Object(
  {
    /** In the order of the tag list; without any of them the file is left out, for an empty tag list stops readers. */
    elements: Type.Array(
      Type.Union([
        Type.Object(
          {
            element: Type.Enum([
              'fullName',
              'personalNumber',
              'placeOfBirth',
              'permanentAddress',
              'telephone',
              'profession',
              'title',
              'personalSummary',
            ]),
            from: RecordText,
            /** `name` separates identifiers by `<<` and names by `<`, `fields` puts `<` for commas (Doc 9303-10 table 71). */
            form: Type.Enum(['name', 'fields', 'text']),
            absent: Type.Enum(['omitted', 'refused']),
          },
          Strict,
        ),
        Type.Object({ element: Type.Literal('otherNames'), form: Type.Enum(['group', 'group-listed-as-a0']) }, Strict),
        Type.Object({ element: Type.Literal('dateOfBirth'), coding: Type.Enum(['ascii', 'bcd']) }, Strict),
      ]),
      { minItems: 1, maxItems: 13 },
    ),
  },
  Strict,
);

const Dg12 = Type.Object(
  {
    elements: Type.Array(
      Type.Union([
        Type.Object(
          { element: Type.Enum(['issuingAuthority', 'endorsements', 'taxOrExitRequirements', 'personalizationSystem']), text: Words },
          Strict,
        ),
        Type.Object({ element: Type.Literal('dateOfIssue'), coding: Type.Enum(['ascii', 'bcd']) }, Strict),
      ]),
      { minItems: 1, maxItems: 9 },
    ),
  },
  Strict,
);

const Dg13Field = Type.Enum([
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
const Dg13Index = Type.Integer({ minimum: 1, maximum: 32 });

/** How each field of DG13 is written; see `Dg13Row` in `encoder/lds`. */
const Dg13Row = Type.Union([
  Type.Object(
    {
      index: Dg13Index,
      kind: Type.Enum(['printable', 'utf8']),
      field: Dg13Field,
      absent: Type.Enum(['refused', 'index-only', 'omitted', 'empty-string']),
    },
    Strict,
  ),
  Type.Object(
    {
      index: Dg13Index,
      kind: Type.Literal('members'),
      fields: Type.Array(Dg13Field, { minItems: 1, maxItems: 4 }),
      absentMember: Type.Enum(['empty-string', 'empty-sequence']),
      absent: Type.Enum(['index-only', 'omitted', 'members']),
    },
    Strict,
  ),
  Type.Object(
    { index: Dg13Index, kind: Type.Literal('list'), field: Type.Literal('spouses'), absent: Type.Enum(['index-only', 'omitted']) },
    Strict,
  ),
]);

const Dg13 = Type.Object(
  {
    version: Type.Integer({ minimum: 0, maximum: 255 }),
    rows: Type.Array(Dg13Row, { minItems: 1, maxItems: 32 }),
    words: Type.Object({ male: Words, female: Words, noExpiry: Words }, Strict),
  },
  Strict,
);

const Mrz = Type.Object(
  {
    /** `td1-vietnam` has the personal number and a national check digit in line 1. */
    form: Type.Enum(['td1-vietnam', 'td1', 'td2', 'td3']),
    documentCode: Type.String({ pattern: '^[ACIP][A-Z]?$' }),
    issuingState: Type.String({ pattern: '^[A-Z]{1,3}$' }),
    /** YYMMDD in place of a date of expiry. */
    noExpiry: Type.String({ pattern: '^[0-9]{6}$' }),
    /** Letters beyond the Vietnamese alphabet, with their MRZ form. */
    furtherLetters: Type.Record(Type.String({ maxLength: 4 }), Type.String({ pattern: '^[A-Z]+$' })),
    documentNumber: Type.Enum(['personal-number', 'record', 'record-or-personal-number']),
    optionalData: Type.Enum(['none', 'personal-number']),
    /** What becomes of a name that the zone has no room for. */
    longNames: Type.Enum(['truncated', 'refused']),
  },
  Strict,
);

const LeapDay = Type.Enum(['february-28', 'march-1']);
const HolderAge = Type.Object({ least: Type.Integer({ minimum: 0 }), most: Type.Integer({ maximum: 150 }) }, Strict);
/** How long a card without expiry is reckoned to last: what is signed for it must verify so long. */
const TechnicalLifeYears = Type.Integer({ minimum: 1, maximum: 100 });

const Validity = Type.Union([
  Type.Object(
    {
      rule: Type.Literal('ages'),
      /** Ages at which a card runs out, ascending; after the last there is no expiry. */
      ages: Type.Array(Type.Integer({ minimum: 1, maximum: 120 }), { minItems: 1, maxItems: 16, uniqueItems: true }),
      /** A card issued within so many years before such an age runs to the next one. */
      graceYears: Type.Integer({ minimum: 0, maximum: 10 }),
      /** Where the birthday of 29 February falls; no rule is published. */
      leapDay: LeapDay,
      holderAge: HolderAge,
      technicalLifeYears: TechnicalLifeYears,
    },
    Strict,
  ),
  Type.Object(
    {
      rule: Type.Literal('years'),
      /** From the date of issue; the first term whose age the holder has not reached counts, else `years`. */
      years: Type.Integer({ minimum: 1, maximum: 50 }),
      shorter: Type.Array(
        Type.Object({ belowAge: Type.Integer({ minimum: 1, maximum: 120 }), years: Type.Integer({ minimum: 1, maximum: 50 }) }, Strict),
        { maxItems: 4 },
      ),
      leapDay: LeapDay,
      holderAge: HolderAge,
      technicalLifeYears: TechnicalLifeYears,
    },
    Strict,
  ),
]);

const Holder = Type.Object(
  {
    /** Nationalities that get such a card, by their code in the MRZ, each with its word on the card. */
    nationalities: Type.Record(Type.String({ pattern: '^[A-Z]{1,3}$' }), Words),
    /** What the digits of a personal number say: nothing, or sex and year of birth by Decree 137/2015 art. 13. */
    personalNumber: Type.Enum(['opaque', 'decree-137-2015']),
    /**
     * A birth of which the day, or day and month, is unknown: refused, or how DG13 writes it, `00/00/1950` or `1950`. The MRZ then has
     * fillers (Doc 9303-3 §4.8), DG11 zeros, and ages are reckoned from the first day that it can be.
     */
    partialDateOfBirth: Type.Enum(['refused', 'zeros', 'shortened']),
    /** Texts that may not be empty. */
    requiredTexts: Type.Array(Type.Enum(['ethnicity', 'religion', 'placeOfOrigin', 'placeOfResidence', 'personalMarks']), {
      uniqueItems: true,
    }),
    /** Where the residence on the card comes from: the first that the record has (Circular 17/2024 art. 4). */
    residence: Type.Array(Type.Enum(['placeOfResidence', 'temporaryResidence', 'currentResidence']), { minItems: 1, uniqueItems: true }),
  },
  Strict,
);

/**
 * A card profile: everything that makes one kind of card differ from another, as data. A new kind of card needs no code
 * as long as its files have codecs.
 */
export const CardProfileSchema = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 64 }),
    title: Type.Object({ vi: Words, en: Words }, Strict),
    /** Cards of this profile say MẪU / SPECIMEN on both faces and are no documents. */
    specimen: Type.Boolean(),
    /** What is printed: a layout of `encoder/card-face`, or nothing here. */
    face: Type.Enum(['cccd-2021', 'none']),
    /** By name, for 011C and 011D are two files each; in writing order, EF.SOD last, so that a half made card never verifies. */
    files: Type.Array(FileName, { minItems: 2, maxItems: 32, uniqueItems: true }),
    /** EF.COM: versions, and the data groups in the order of its tag list. */
    com: Com,
    algorithms: Algorithms,
    access: Access,
    mrz: Mrz,
    dg2: Type.Object(
      {
        /** Of the data block; issuers of passports must use ISO/IEC 39794-5 from 2030 on (Doc 9303-10 §4.5.6). */
        standard: Type.Enum(['ISO/IEC 19794-5', 'ISO/IEC 39794-5']),
        /** Without a portrait: no file, or the file with this JPEG (base64), for Doc 9303-10 §4.7.2 has DG2 mandatory and never empty. */
        withoutPortrait: Type.Union([
          Type.Literal('no-file'),
          Type.Object({ jpeg: Type.String({ pattern: '^[A-Za-z0-9+/]+={0,2}$', maxLength: 16_384 }) }, Strict),
        ]),
      },
      Strict,
    ),
    dg3: Type.Optional(Type.Object({ content: Type.Enum(['index-fingers', 'empty']) }, Strict)),
    dg11: Type.Optional(Dg11),
    dg12: Type.Optional(Dg12),
    dg13: Type.Optional(Dg13),
    /** EF.DIR: application identifiers in hex. */
    directory: Type.Optional(
      Type.Object(
        { applications: Type.Array(Type.String({ pattern: '^([0-9A-F]{2}){5,16}$' }), { minItems: 1, maxItems: 16, uniqueItems: true }) },
        Strict,
      ),
    ),
    /** EF.ATR/INFO: software functions in hex (Doc 9303-10 table 29), and the longest APDUs of a chip that has extended length. */
    atrInfo: Type.Optional(
      Type.Object(
        {
          softwareFunctions: Type.String({ pattern: '^[0-9A-F]{6}$' }),
          extendedLength: Type.Optional(
            Type.Object(
              {
                commandBytes: Type.Integer({ minimum: 256, maximum: 65_544 }),
                responseBytes: Type.Integer({ minimum: 256, maximum: 65_538 }),
              },
              Strict,
            ),
          ),
        },
        Strict,
      ),
    ),
    holder: Holder,
    validity: Validity,
    text: Type.Object(
      {
        /** Beyond letters, digits and space, in texts other than names. */
        punctuation: Type.String({ maxLength: 64 }),
        namePunctuation: Type.String({ maxLength: 64 }),
        nameCharactersMost: Type.Integer({ minimum: 1, maximum: 200 }),
        textCharactersMost: Type.Integer({ minimum: 1, maximum: 500 }),
        spousesMost: Type.Integer({ minimum: 0, maximum: 8 }),
      },
      Strict,
    ),
    portrait: Type.Object(
      {
        formats: Type.Array(Type.Enum(['JPEG', 'JPEG 2000']), { minItems: 1, uniqueItems: true }),
        bytesMost: Type.Integer({ minimum: 1024, maximum: 65_000 }),
        width: Range,
        height: Range,
        components: Type.Array(Type.Enum([1, 3]), { minItems: 1, uniqueItems: true }),
        /** A JPEG begins FF D8 FF E0: readers of the Vietnamese card look for it. */
        jfif: Type.Boolean(),
        absentBelowAge: AbsentBelowAge,
      },
      Strict,
    ),
    finger: Type.Object(
      { bytesMost: Type.Integer({ minimum: 1024, maximum: 1024 * 1024 }), width: Range, height: Range, absentBelowAge: AbsentBelowAge },
      Strict,
    ),
    limits: Type.Object(
      {
        /** Largest file that the chips of this profile take. */
        fileBytes: Type.Integer({ minimum: 256, maximum: 65_535 }),
        /** All files together, the signed ones included. */
        chipBytes: Type.Integer({ minimum: 1024 }),
        /** Room kept for EF.SOD, and again for EF.CardSecurity, whose sizes are only known when they are signed. */
        sodBytes: Type.Integer({ minimum: 512, maximum: 32_767 }),
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

/** The files that a profile can order. More files have codecs. */
export type ProfileFileName = CardProfile['files'][number];
