import { equalBytes } from '#encoder/bytes';
import { decodeOnly, DER, derBitString, derOctetString, derOid, derSequence, derSetOf } from '#encoder/tlv';
import { derMembers as members, editDer as edited, type SoftwareKey } from '#pki/testing';
import { subjectKeyIdentifierOf } from '../extensions.ts';
import { OID } from '../oid.ts';
import { signatureFromToken } from '../signature-algorithm.ts';

/** Changes to the DER of a tbsCertificate: for the bad fixtures of the rules. Everything that is not named stays byte for byte. */
export type Mutation = (tbs: Uint8Array) => Uint8Array;

export const FIELD = { version: 0, serialNumber: 1, signature: 2, issuer: 3, validity: 4, subject: 5, spki: 6, extensions: 7 } as const;

export function replaced(path: readonly number[], by: Uint8Array): Mutation {
  return (tbs) => edited(tbs, path, () => by);
}

export function all(...mutations: readonly Mutation[]): Mutation {
  return (tbs) => mutations.reduce((changed, mutation) => mutation(changed), tbs);
}

/** The extension replaced, or put at the end. `criticality` is the BOOLEAN as it shall stand there; undefined: as it stood, or absent. */
export function extension(oid: string, value: Uint8Array, criticality?: 'absent' | 'true' | 'false'): Mutation {
  return (tbs) =>
    edited(tbs, [FIELD.extensions, 0], (list) => {
      const known = members(list).find((candidate) => isExtension(candidate, oid));
      const boolean = criticality === undefined ? (known === undefined ? [] : members(known).slice(1, -1)) : BOOLEAN[criticality];
      const made = derSequence(derOid(oid), ...boolean, derOctetString(value));
      return known === undefined
        ? derSequence(...members(list), made)
        : derSequence(...members(list).map((candidate) => (candidate === known || equalBytes(candidate, known) ? made : candidate)));
    });
}

export function withoutExtension(oid: string): Mutation {
  return (tbs) =>
    edited(tbs, [FIELD.extensions, 0], (list) => derSequence(...members(list).filter((candidate) => !isExtension(candidate, oid))));
}

/** The value as it stands in the extension. */
export function valueOf(tbs: Uint8Array, oid: string): Uint8Array {
  const list = members(members(tbs)[FIELD.extensions] ?? new Uint8Array())[0] ?? new Uint8Array();
  const octets =
    members(members(list).find((candidate) => isExtension(candidate, oid)) ?? derSequence()).at(-1) ?? derOctetString(new Uint8Array());
  return decodeOnly(octets, DER.OCTET_STRING, 'fixture').rest();
}

/** An attribute's value in these names, tag and text, under its own type or another; none: the attribute is taken out. */
export function attribute(names: readonly ('issuer' | 'subject')[], type: string, value?: Uint8Array, as = type): Mutation {
  const inName = (name: Uint8Array) =>
    derSequence(
      ...members(name).flatMap((relative) => {
        const [pair = derSequence()] = members(relative);
        if (!equalBytes(members(pair)[0] ?? pair, derOid(type))) return [relative];
        return value === undefined ? [] : [derSetOf([derSequence(derOid(as), value)])];
      }),
    );
  return all(
    ...names.map(
      (name): Mutation =>
        (tbs) =>
          edited(tbs, [FIELD[name]], inName),
    ),
  );
}

/** Another key, with the identifier that goes with it. */
export function spki(key: Uint8Array): Mutation {
  return all(replaced([FIELD.spki], key), extension(OID.subjectKeyIdentifier, derOctetString(subjectKeyIdentifierOf(key))));
}

/** A member more, before the extensions. */
export function inserted(member: Uint8Array): Mutation {
  return (tbs) => derSequence(...members(tbs).slice(0, FIELD.extensions), member, ...members(tbs).slice(FIELD.extensions));
}

/** The mutated part, signed again by the key that signed the good one. */
export function signed(tbs: Uint8Array, key: SoftwareKey): Uint8Array {
  const algorithm = members(tbs)[FIELD.signature] ?? new Uint8Array();
  return derSequence(tbs, algorithm, derBitString(signatureFromToken(key.algorithm, key.sign(tbs))));
}

const BOOLEAN = {
  absent: [],
  true: [Uint8Array.of(0x01, 0x01, 0xff)],
  false: [Uint8Array.of(0x01, 0x01, 0x00)],
} as const;

function isExtension(candidate: Uint8Array, oid: string): boolean {
  return equalBytes(members(candidate)[0] ?? candidate, derOid(oid));
}
