import { createHash } from 'node:crypto';
import { fromHex, toHex } from '#encoder/bytes';
import { isEcCurveName } from '#pki/ec';
import type { AesKey, EcKey, RsaKey } from '#pki/hsm';
import { CeremonyError } from './ceremony-error.ts';
import type { Minute } from './minutes.ts';

/** How keys and certificates stand in the minutes. */
export type Facts = Readonly<Record<string, string>>;
export type AnyKey = EcKey | RsaKey | AesKey;

export function keyFacts(key: AnyKey): Facts {
  const common = { kind: key.kind, keyId: toHex(key.keyId), label: key.label };
  switch (key.kind) {
    case 'ec':
      return { ...common, curve: key.curve, point: toHex(key.point), purpose: key.purpose };
    case 'rsa':
      return { ...common, bits: String(key.bits), publicKey: toHex(key.publicKey), purpose: key.purpose };
    case 'aes':
      return { ...common, bits: String(key.bits), checkValue: toHex(key.checkValue) };
  }
}

/** Throws `CEREMONY_MINUTES_BROKEN` for facts that are no key's. */
export function keyOf(facts: Facts): AnyKey {
  const common = { keyId: bytesOf(facts, 'keyId'), label: textOf(facts, 'label') };
  const { kind, curve = '', bits, purpose } = facts;
  if (kind === 'ec' && isEcCurveName(curve) && (purpose === 'sign' || purpose === 'derive'))
    return Object.freeze({ kind, ...common, curve, point: bytesOf(facts, 'point'), purpose });
  const rsa = { 2048: 2048, 3072: 3072, 4096: 4096 } as const;
  if (kind === 'rsa' && (bits === '2048' || bits === '3072' || bits === '4096') && (purpose === 'sign' || purpose === 'unwrap'))
    return Object.freeze({ kind, ...common, bits: rsa[bits], publicKey: bytesOf(facts, 'publicKey'), purpose });
  if (kind === 'aes' && (bits === '128' || bits === '256'))
    return Object.freeze({ kind, ...common, bits: bits === '128' ? 128 : 256, checkValue: bytesOf(facts, 'checkValue') });
  throw unreadable('a key');
}

export function ecKeyOfFacts(facts: Facts): EcKey {
  const key = keyOf(facts);
  if (key.kind !== 'ec') throw unreadable('an EC key');
  return key;
}

export function rsaKeyOfFacts(facts: Facts): RsaKey {
  const key = keyOf(facts);
  if (key.kind !== 'rsa') throw unreadable('an RSA key');
  return key;
}

export function aesKeyOfFacts(facts: Facts): AesKey {
  const key = keyOf(facts);
  if (key.kind !== 'aes') throw unreadable('an AES key');
  return key;
}

export function bytesOf(facts: Facts, name: string): Uint8Array {
  const text = facts[name];
  if (text === undefined || !/^([0-9A-Fa-f]{2})+$/.test(text)) throw unreadable(name);
  return fromHex(text);
}

export function textOf(facts: Facts, name: string): string {
  const text = facts[name];
  if (text === undefined) throw unreadable(name);
  return text;
}

export function recorded(minutes: readonly Minute[], step: Minute['step'], subject: string): Minute | undefined {
  return minutes.find((minute) => minute.step === step && minute.subject === subject);
}

/** The minutes of the ceremonies that still count: one that a later ceremony abandoned made nothing that stands. */
export function standingMinutes(minutes: readonly Minute[]): readonly Minute[] {
  const abandoned = new Set(minutes.flatMap(({ step, facts }) => (step === 'started' ? [facts['abandons']] : [])));
  return minutes.filter(({ subject }) => !abandoned.has(subject.split('/')[0]));
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').toUpperCase();
}

function unreadable(where: string): CeremonyError {
  return new CeremonyError('CEREMONY_MINUTES_BROKEN', { where });
}
