import { Secret } from '#encoder/bytes';
import { HsmError, REMEDY, type HsmErrorCode } from './hsm-error.ts';
import type { Hsm, HsmKind } from './hsm.ts';

/** What may be asked of the other process: the methods of the port and nothing else. */
const METHODS = {
  open: true,
  close: true,
  generateEcKey: true,
  findEcKey: true,
  generateRsaKey: true,
  findRsaKey: true,
  sign: true,
  verify: true,
  signaturesOf: true,
  ecdhDerive: true,
  generateAesKey: true,
  unwrapAesKey: true,
  findAesKey: true,
  cmac: true,
  random: true,
  list: true,
  destroy: true,
} as const satisfies Record<Exclude<keyof Hsm, 'kind'>, true>;

export type HsmMethod = keyof typeof METHODS;

/** The kind of a token that is there, not of one that stands for another. */
export type ServedKind = Exclude<HsmKind, 'hosted'>;

export interface Call {
  readonly id: number;
  readonly method: HsmMethod;
  readonly args: readonly unknown[];
}

/** The first message of the process that holds the token. */
export interface Greeting {
  readonly serves: ServedKind;
}

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: { readonly code: HsmErrorCode; readonly where?: string; readonly detail?: string } };

export function isCall(message: unknown): message is Call {
  return isObject(message) && isId(message['id']) && Array.isArray(message['args']) && isOneOf(METHODS, message['method']);
}

export function isGreeting(message: unknown): message is Greeting {
  return isObject(message) && (message['serves'] === 'pkcs11' || message['serves'] === 'software');
}

export function isAnswer(message: unknown): message is Answer {
  if (!isObject(message) || !isId(message['id'])) return false;
  const { failure } = message as { failure?: unknown };
  return failure === undefined ? 'value' in message : isObject(failure) && isOneOf(REMEDY, failure['code']);
}

/** An error as its code, place and detail; its cause stays behind, with the library's own objects in it. */
export function failureOf(error: unknown, method: HsmMethod): Extract<Answer, { failure: unknown }>['failure'] {
  const { code, where, detail } =
    error instanceof HsmError
      ? error
      : new HsmError('HSM_LIBRARY_FAILED', { where: method, detail: error instanceof Error ? error.name : 'no error' });
  return { code, ...(where === undefined ? {} : { where }), ...(detail === undefined ? {} : { detail }) };
}

/**
 * Secrets cross as their bytes, marked; nobody else's object has this one property. `cross` runs `send` and wipes the copies that were made
 * for it, `land` makes secrets again and wipes what they came as.
 */
export function cross(values: readonly unknown[], send: (wire: readonly unknown[]) => void): void {
  const copies: Uint8Array[] = [];
  try {
    send(
      values.map((value) => {
        if (!(value instanceof Secret)) return value;
        const copy = Uint8Array.from(value.reveal());
        copies.push(copy);
        return { secret: copy };
      }),
    );
  } finally {
    for (const copy of copies) copy.fill(0);
  }
}

export function land(value: unknown): unknown {
  return isObject(value) && value['secret'] instanceof Uint8Array ? Secret.takeOver(value['secret']) : value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isOneOf(table: object, value: unknown): boolean {
  return typeof value === 'string' && Object.hasOwn(table, value);
}
