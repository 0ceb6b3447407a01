import { Type, type Static } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { parseCommand } from '#encoder/apdu';
import { DecodeError, fromHex } from '#encoder/bytes';
import { DriverError } from '../driver-error.ts';
import { nameOfFile, type FileId } from '../file-id.ts';
import { DEFAULT_LAYOUT } from './default-layout.ts';

const Strict = { additionalProperties: false } as const;
const Aid = Type.String({ pattern: '^([0-9A-F]{2}){5,16}$' });
const TwoBytes = Type.String({ pattern: '^[0-9A-F]{4}$' });
const Keys = Type.Object(
  {
    dgi: TwoBytes,
    /** Pairs that the applet takes, as PKCS #8 PrivateKeyInfo. */
    algorithms: Type.Array(Type.String({ pattern: '^(RSA-[0-9]{4}|EC-[A-Za-z0-9-]{1,32})$' }), { maxItems: 16, uniqueItems: true }),
  },
  Strict,
);

/**
 * What an applet that is personalised by EMV CPS leaves to its maker: where each file, secret and key goes. Data groupings, file
 * identifiers and tags of GET DATA in four hex digits.
 */
export const CpsLayoutSchema = Type.Object(
  {
    /** The secure channel; i = 15 draws its challenge at random, i = 55 from the AID of the security domain (GPC 2.3.1 §E.4.2). */
    channel: Type.Enum(['SCP02-15', 'SCP02-55', 'SCP03']),
    /** Opens the channel. */
    securityDomain: Aid,
    /** Is personalised. */
    application: Aid,
    /** Key version number of the maker's keys; 255 of initial keys, which PUT KEY replaces without naming them. */
    keyVersion: Type.Union([Type.Integer({ minimum: 1, maximum: 127 }), Type.Literal(255)]),
    /** P1 bits 5-4 of STORE DATA: `dgi` says data groupings (GPC), `none` is EMV CPS 1.1. */
    structure: Type.Enum(['dgi', 'none']),
    /** Eight bytes of the answer to this GET DATA, from `offset`: 0045 is the card image number, 9F7F the production life cycle. */
    chipId: Type.Object({ object: TwoBytes, offset: Type.Integer({ minimum: 0, maximum: 246 }) }, Strict),
    /** Where the tag is stored, and the object that gives it back: tag, length, binding tag. */
    bindingTag: Type.Object({ dgi: TwoBytes, object: TwoBytes }, Strict),
    /** MRZ information and CAN, ASCII, under the DEK. */
    secrets: Type.Object({ mrz: TwoBytes, can: TwoBytes }, Strict),
    keys: Type.Object({ activeAuthentication: Keys, chipAuthentication: Keys }, Strict),
    /** The CVCA's certificate, 7F21, and the first date, six unpacked digits; null on chips without Terminal Authentication. */
    trustPoint: Type.Union([Type.Object({ certificate: TwoBytes, date: TwoBytes }, Strict), Type.Null()]),
    /** Whole files: the grouping of each identifier. */
    files: Type.Object(
      {
        eMRTD: Type.Record(Type.String({ pattern: '^[0-9A-F]{4}$' }), TwoBytes),
        MF: Type.Record(Type.String({ pattern: '^[0-9A-F]{4}$' }), TwoBytes),
      },
      Strict,
    ),
    /** The last grouping, or a command of its own inside the channel: header, and data after Lc. */
    lock: Type.Union([
      Type.Object({ dgi: TwoBytes }, Strict),
      Type.Object({ command: Type.String({ pattern: '^([0-9A-F]{2}){4,260}$' }) }, Strict),
    ]),
    /** As in `DriverCapabilities`. */
    accessControl: Type.Array(Type.String({ pattern: '^(BAC|id-PACE-[A-Z-]{1,16})$' }), { minItems: 1, maxItems: 8, uniqueItems: true }),
  },
  Strict,
);

export type CpsLayout = Static<typeof CpsLayoutSchema>;

/** Reads a layout from JSON. Throws LAYOUT_INVALID: another form, or a grouping that stands for two things. */
export function cpsLayout(json: unknown): CpsLayout {
  if (!Check(CpsLayoutSchema, json)) {
    const [first] = Errors(CpsLayoutSchema, json);
    throw new DriverError('LAYOUT_INVALID', first?.instancePath ?? '', { detail: first?.message ?? '' });
  }
  const groupings = [
    json.bindingTag.dgi,
    json.secrets.mrz,
    json.secrets.can,
    json.keys.activeAuthentication.dgi,
    json.keys.chipAuthentication.dgi,
    ...(json.trustPoint === null ? [] : [json.trustPoint.certificate, json.trustPoint.date]),
    ...Object.values(json.files.eMRTD),
    ...Object.values(json.files.MF),
    ...('dgi' in json.lock ? [json.lock.dgi] : []),
  ];
  const twice = groupings.find((dgi, i) => groupings.indexOf(dgi) !== i);
  if (twice !== undefined) throw new DriverError('LAYOUT_INVALID', `data grouping ${twice}`, { detail: 'stands for two things' });
  if ('command' in json.lock) checkCommand(json.lock.command);
  return json;
}

function checkCommand(hex: string): void {
  try {
    parseCommand(fromHex(hex));
  } catch (cause) {
    if (cause instanceof DecodeError) throw new DriverError('LAYOUT_INVALID', '/lock/command', { cause, detail: cause.where ?? '' });
    throw cause;
  }
}

/** The layout of the virtual card's CPS chips (chip specification §8.2); another family is another file like it. */
export const CPS_LAYOUT: CpsLayout = cpsLayout(DEFAULT_LAYOUT);

/** The files that a layout has room for. */
export function filesOf({ files }: CpsLayout): readonly FileId[] {
  const inDirectory = (directory: FileId['directory']): readonly FileId[] =>
    Object.keys(files[directory]).map((fid) => ({ directory, fid: Number.parseInt(fid, 16) }));
  return [...inDirectory('MF'), ...inDirectory('eMRTD')];
}

/** The grouping of a file. Throws DRIVER_CANNOT when the layout has none. */
export function groupingOfFile({ files }: CpsLayout, file: FileId, operation: string): number {
  const dgi = files[file.directory][nameOfFile(file).slice(-4)];
  if (dgi === undefined) throw new DriverError('DRIVER_CANNOT', operation, { detail: 'the layout has no such file' });
  return Number.parseInt(dgi, 16);
}
