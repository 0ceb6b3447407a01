import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { concat, equalBytes, fromHex, toHex, utf8, type Secret } from '#encoder/bytes';
import { CeremonyError } from './ceremony-error.ts';

/** A person who approves: the two of them are told apart by identifier and by key. */
export interface Custodian {
  /** Lower-case letters, digits and hyphens; the name of their file and of their line in the minutes. */
  readonly id: string;
  readonly name: string;
  /** Ed25519 SubjectPublicKeyInfo (RFC 8410), DER. */
  readonly publicKey: Uint8Array;
}

/** What is approved: the bytes, and as what. A signature over one kind is worth nothing for another. */
export interface Approvable {
  /** Lower-case letters and hyphens: `ceremony`, `kcv`, `admit-document-signer`, `destroy-key` … */
  readonly kind: string;
  readonly content: Uint8Array;
}

export interface Approval {
  /** Identifier of the custodian. */
  readonly person: string;
  /** Ed25519, 64 bytes, over `approvalDigest`. */
  readonly signature: Uint8Array;
}

/** Whose approval counts, and of how many of them. */
export interface Quorum {
  readonly custodians: readonly Custodian[];
  /** Two or more. */
  readonly needed: number;
}

/** `privateKey` is the person's own Ed25519 key: PKCS#8 DER (RFC 8410 §7). */
export function approve(person: { readonly id: string; readonly privateKey: Secret }, approvable: Approvable): Approval {
  const key = createPrivateKey({ key: Buffer.from(person.privateKey.reveal()), format: 'der', type: 'pkcs8' });
  return { person: person.id, signature: Uint8Array.from(sign(null, approvalDigest(approvable), key)) };
}

/**
 * Returns the people who approved exactly these bytes. Every approval that is given must be good: one that is not is a sign that
 * something was changed or somebody was impersonated, whatever the others say.
 * Errors: APPROVAL_PERSON_UNKNOWN, APPROVAL_SAME_PERSON_TWICE, APPROVAL_SIGNATURE_INVALID (also when the content was changed
 * after the approval), APPROVAL_TOO_FEW.
 */
export function assertApproved(approvable: Approvable, approvals: readonly Approval[], quorum: Quorum): readonly Custodian[] {
  const digest = approvalDigest(approvable);
  const people: Custodian[] = [];
  for (const { person, signature } of approvals) {
    const where = `${approvable.kind} ${person}`;
    const custodian = quorum.custodians.find(({ id }) => id === person);
    if (custodian === undefined) throw new CeremonyError('APPROVAL_PERSON_UNKNOWN', { where });
    if (people.some((other) => samePerson(other, custodian))) throw new CeremonyError('APPROVAL_SAME_PERSON_TWICE', { where });
    if (!verified(custodian.publicKey, digest, signature)) throw new CeremonyError('APPROVAL_SIGNATURE_INVALID', { where });
    people.push(custodian);
  }
  // A quorum of one would be nobody's second pair of eyes.
  const needed = Math.max(quorum.needed, 2);
  if (!(people.length >= needed))
    throw new CeremonyError('APPROVAL_TOO_FEW', { where: approvable.kind, detail: `${people.length} of ${needed}` });
  return people;
}

/** One person with two identifiers, or one key handed to two people, is one person. */
export function samePerson(one: Custodian, other: Custodian): boolean {
  return one.id === other.id || equalBytes(one.publicKey, other.publicKey);
}

/** SHA-256("cardmint/approval/1" || 00 || kind || 00 || SHA-256(content)). */
export function approvalDigest({ kind, content }: Approvable): Uint8Array {
  if (!/^[a-z][a-z-]*$/.test(kind)) throw new Error('the kind of an approval is lower-case letters and hyphens');
  const zero = Uint8Array.of(0);
  return sha256(concat(utf8('cardmint/approval/1'), zero, utf8(kind), zero, sha256(content)));
}

/** An approval as a file or a request body holds it. */
export interface ApprovalText {
  readonly person: string;
  /** Hexadecimal. */
  readonly signature: string;
}

export function approvalText({ person, signature }: Approval): ApprovalText {
  return { person, signature: toHex(signature) };
}

/** Throws `APPROVAL_MALFORMED`. */
export function readApproval(value: unknown): Approval {
  if (typeof value === 'object' && value !== null && 'person' in value && 'signature' in value) {
    const { person, signature } = value;
    const formed = typeof person === 'string' && typeof signature === 'string' && /^[0-9A-Fa-f]{128}$/.test(signature);
    if (formed && CUSTODIAN_ID.test(person)) return { person, signature: fromHex(signature) };
  }
  throw new CeremonyError('APPROVAL_MALFORMED');
}

export const CUSTODIAN_ID: RegExp = /^[a-z][a-z0-9-]{0,31}$/;

function verified(spki: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' && verify(null, digest, key, signature);
  } catch {
    return false;
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest());
}
