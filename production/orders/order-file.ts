import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import type { CitizenRecord } from '#encoder/profiles';
import { parseStrictJson, type JsonLimits } from '#production/http';
import { OrdersError } from './orders-error.ts';

const Text = Type.String({ maxLength: 400 });
const Name = Type.String({ maxLength: 200 });
const Day = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' });
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

/** Base64 grows bytes by a third; the decoded limits are 768 KiB and 384 KiB, far more than any image that fits a chip. */
const Portrait = Type.String({ maxLength: 1_048_576 });
const Finger = Type.String({ maxLength: 524_288 });

/** Shapes only. Whether what it says can be made into a card is the lint's to tell. */
const Citizen = Type.Object(
  {
    personalNumber: Type.String({ maxLength: 64 }),
    fullName: Name,
    dateOfBirth: Day,
    sex: Type.Union([Type.Literal('male'), Type.Literal('female')]),
    nationality: Type.String({ maxLength: 64 }),
    ethnicity: Name,
    religion: Name,
    placeOfOrigin: Text,
    placeOfResidence: Text,
    personalMarks: Text,
    father: orNull(Name),
    mother: orNull(Name),
    spouses: Type.Array(Name, { maxItems: 8 }),
    oldIdentityNumber: orNull(Type.String({ maxLength: 32 })),
    dateOfIssue: Day,
    dateOfExpiry: orNull(Day),
    portrait: Portrait,
    leftIndexFinger: Finger,
    rightIndexFinger: Finger,
  },
  { additionalProperties: false },
);

const Order = Type.Object(
  {
    orderId: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }),
    dossierNumber: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9./_-]{0,63}$' }),
    requestType: Type.Literal('FIRST_ISSUANCE'),
    priority: Type.Integer({ minimum: 0, maximum: 9 }),
    dueDate: Day,
    deliveryOffice: Type.String({ pattern: '^[0-9]{2}\\.[0-9]{5}$' }),
    citizen: Citizen,
  },
  { additionalProperties: false },
);
export type Order = Static<typeof Order>;

/** `cardmint-orders/1` */
export const OrderFile = Type.Object(
  { format: Type.Literal('cardmint-orders/1'), orders: Type.Array(Order, { minItems: 1, maxItems: 20_000 }) },
  { additionalProperties: false },
);
export type OrderFile = Static<typeof OrderFile>;

export interface OrderFileLimits {
  readonly bytesMax: number;
  readonly json: JsonLimits;
}

export const ORDER_FILE_LIMITS: OrderFileLimits = Object.freeze({
  bytesMax: 64 * 1024 * 1024,
  json: Object.freeze({ depthMax: 6, keysMax: 20_000 * 27, stringMax: 1_048_576 }),
});

/**
 * The bytes of an order file, read strictly: size, UTF-8, JSON without repeated keys, the schema without unknown fields.
 * Errors: BODY_TOO_LARGE, the codes of `JsonError`, and those of `checkOrderFile`.
 */
export function readOrderFile(bytes: Uint8Array, limits: OrderFileLimits = ORDER_FILE_LIMITS): OrderFile {
  if (bytes.length > limits.bytesMax) {
    throw new OrdersError('BODY_TOO_LARGE', { detail: `${bytes.length} bytes, at most ${limits.bytesMax}` });
  }
  return checkOrderFile(parseStrictJson(bytes, limits.json));
}

const check = Compile(OrderFile);

/** Errors FIELD_UNKNOWN, FIELD_MISSING, FIELD_TYPE, FIELD_INVALID (with the path), PERSONAL_ID_FORMAT, DATE_INVALID, ORDER_ID_REPEATED, ORDER_ID_PERSONAL. */
export function checkOrderFile(file: unknown): OrderFile {
  if (!check.Check(file)) throw refusalOf(check.Errors(file));
  const seen = new Set<string>();
  for (const [i, order] of file.orders.entries()) {
    const at = `/orders/${i}`;
    if (seen.has(order.orderId)) throw new OrdersError('ORDER_ID_REPEATED', { where: `${at}/orderId` });
    seen.add(order.orderId);
    if (!isCalendarDay(order.dueDate)) throw new OrdersError('DATE_INVALID', { where: `${at}/dueDate` });
    const { personalNumber } = order.citizen;
    if (!/^[0-9]{12}$/.test(personalNumber)) throw new OrdersError('PERSONAL_ID_FORMAT', { where: `${at}/citizen/personalNumber` });
    // These two stand in clear in tables, logs and file names.
    if (order.orderId.includes(personalNumber)) throw new OrdersError('ORDER_ID_PERSONAL', { where: `${at}/orderId` });
  }
  return file;
}

type SchemaError = ReturnType<typeof check.Errors>[number];

/** The schema's first complaint, as one of our codes. An unknown field is named before anything else: it may be why another is missing. */
function refusalOf(errors: readonly SchemaError[]): OrdersError {
  const of = (keyword: string): SchemaError | undefined => errors.find((error) => error.keyword === keyword);
  const unknown = of('additionalProperties');
  if (unknown?.keyword === 'additionalProperties') {
    return new OrdersError('FIELD_UNKNOWN', { where: `${unknown.instancePath}/${shown(unknown.params.additionalProperties[0])}` });
  }
  const missing = of('required');
  if (missing?.keyword === 'required') {
    return new OrdersError('FIELD_MISSING', { where: `${missing.instancePath}/${shown(missing.params.requiredProperties[0])}` });
  }
  const type = of('type');
  if (type !== undefined) return new OrdersError('FIELD_TYPE', { where: type.instancePath === '' ? '/' : type.instancePath });
  const first = errors[0];
  return new OrdersError('FIELD_INVALID', { where: first?.instancePath ?? '/', detail: first?.keyword ?? 'schema' });
}

/** A key from outside, shown only if it looks like a field's name: somebody may have put a value where a key belongs. */
function shown(key: string | undefined): string {
  return key !== undefined && /^[A-Za-z_$][A-Za-z_$-]{0,39}$/.test(key) ? key : '?';
}

/** The citizen of an order with the images decoded. Error IMAGE_NOT_BASE64. */
export function citizenOf(order: Order, at: string): CitizenRecord {
  const image = (name: 'portrait' | 'leftIndexFinger' | 'rightIndexFinger') => strictBase64(order.citizen[name], `${at}/citizen/${name}`);
  return {
    ...order.citizen,
    portrait: image('portrait'),
    leftIndexFinger: image('leftIndexFinger'),
    rightIndexFinger: image('rightIndexFinger'),
  };
}

/** RFC 4648 §4 with padding, no white space, no unused bits. Error IMAGE_NOT_BASE64. */
function strictBase64(text: string, where: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  // Node skips what it does not know; encoding back shows every deviation.
  if (text.length === 0 || bytes.toString('base64') !== text)
    throw new OrdersError('IMAGE_NOT_BASE64', { where, detail: `${text.length} characters` });
  return Uint8Array.from(bytes);
}

/** `YYYY-MM-DD` of a day that exists; never by `Date`, which rolls 30 February over. */
export function isCalendarDay(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return year > 0 && day >= 1 && day <= (days[month - 1] ?? 0);
}
