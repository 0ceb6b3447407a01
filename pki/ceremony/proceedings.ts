import { fromHex, toHex } from '#encoder/bytes';
import type { EcCurveName } from '#pki/ec';
import {
  HsmError,
  type AesKey,
  type EcKey,
  type EcKeyPurpose,
  type Hsm,
  type HsmObject,
  type RsaBits,
  type RsaKey,
  type RsaKeyPurpose,
  type SigningKey,
} from '#pki/hsm';
import type { DigestSigner, SignatureAlgorithm } from '#pki/x509';
import type { Approval } from './approval.ts';
import { CeremonyError } from './ceremony-error.ts';
import type { PresentCustodian } from './custodian.ts';
import { bytesOf, keyFacts, keyOf, recorded, sha256Hex, standingMinutes, type AnyKey, type Facts } from './entries.ts';
import type { Ceremony } from './file.ts';
import { appended, formatMinutes, type CeremonyJournal, type Minute, type MinutesMode } from './minutes.ts';
import { AUTHORITY } from './parts.ts';
import { recombine, type Share } from './shares.ts';

/** A token, or how to get at it: the authority's is started only when a step needs it. Line tokens are open; the authority's is not. */
export type TokenSource = Hsm | (() => Promise<Hsm>);

/** A key that somebody outside wrapped for a token's unwrapping key; undefined while it has not come back. */
export type WrappedKeys = (request: {
  readonly name: string;
  readonly token: string;
  /** RSAPublicKey, DER. */
  readonly publicKey: Uint8Array;
}) => Promise<Uint8Array | undefined>;

export interface ProceedingsDeps {
  readonly clock: () => Date;
  readonly journal: CeremonyJournal;
  readonly mode: MinutesMode;
  readonly tokens: Readonly<Record<string, TokenSource>>;
  /** Who is in the room, with their secrets. */
  readonly present: readonly PresentCustodian[];
  /** Of `kcvApprovable`. */
  readonly kcvApprovals: readonly Approval[];
  /** In a rehearsal only: the check value of the key that stands in for the chip maker's. */
  readonly standInKcv?: string | undefined;
  readonly wrappedKeys: WrappedKeys;
  readonly onMinute: (minute: Minute) => void;
}

/** Whose private key signs, where it is, and how. */
export interface Signer {
  readonly token: string;
  readonly key: SigningKey;
  readonly algorithm: SignatureAlgorithm;
}

/** Something that is signed once: the bytes are prepared or taken from the intent, and become what is issued. */
export interface SignedWork<T extends { readonly tbs: Uint8Array }> {
  /** Unique in the ceremony: `csca`, `signers-a/2`. */
  readonly subject: string;
  readonly role: string;
  readonly facts?: Facts;
  readonly signer: Signer;
  readonly prepare: () => Promise<T>;
  /** The same from recorded bytes; it passes the same lint again. */
  readonly again: (tbs: Uint8Array) => T;
  readonly issue: (prepared: T, sign: DigestSigner) => Promise<Uint8Array>;
  /** Whether a library that shares no code with ours accepts it too. */
  readonly secondOpinion?: (issued: Uint8Array) => Promise<boolean>;
}

/**
 * One ceremony against its tokens: each act looks into the minutes first, is done, and is written down before the next begins. An act
 * that was interrupted is found half written, and done again over the same bytes or not at all.
 */
export class Proceedings {
  readonly ceremony: Ceremony;
  readonly deps: ProceedingsDeps;
  #minutes: readonly Minute[];
  readonly #open = new Map<string, Hsm>();

  constructor(ceremony: Ceremony, minutes: readonly Minute[], deps: ProceedingsDeps) {
    this.ceremony = ceremony;
    this.deps = deps;
    this.#minutes = minutes;
  }

  get minutes(): readonly Minute[] {
    return this.#minutes;
  }

  /** Without those of ceremonies that were abandoned: what a step builds on. */
  get standing(): readonly Minute[] {
    return standingMinutes(this.#minutes);
  }

  /** When this ceremony was begun, however often it was interrupted since. */
  get begunAt(): Date {
    return new Date(this.recorded('started', '')?.at ?? this.now());
  }

  now(): Date {
    return this.deps.clock();
  }

  /** Minute of this ceremony about this subject. */
  recorded(step: Minute['step'], subject: string): Minute | undefined {
    return recorded(this.#minutes, step, this.#full(subject));
  }

  /** Durable when it returns; several minutes become durable together or not at all. */
  async record(...entries: readonly Entry[]): Promise<void> {
    const before = this.#minutes.length;
    let minutes = this.#minutes;
    for (const { step, subject, facts, at = this.deps.clock() } of entries)
      minutes = appended(minutes, { step, subject: this.#full(subject), facts }, at, this.deps.mode);
    await this.deps.journal.save(formatMinutes(minutes));
    this.#minutes = minutes;
    for (const minute of minutes.slice(before)) this.deps.onMinute(minute);
  }

  async ecKey(make: KeyRole & { readonly curve: EcCurveName; readonly purpose: EcKeyPurpose }): Promise<EcKey> {
    const { curve, purpose } = make;
    return this.#key(make, 'ec', (hsm, label) => hsm.generateEcKey({ label, curve, purpose }));
  }

  async rsaKey(make: KeyRole & { readonly bits: RsaBits; readonly purpose: RsaKeyPurpose }): Promise<RsaKey> {
    const { bits, purpose } = make;
    return this.#key(make, 'rsa', (hsm, label) => hsm.generateRsaKey({ label, bits, purpose }));
  }

  /** One AES key in several tokens: it is written down when all of them have it, so that no run believes half of it. */
  async sharedKey(
    make: Omit<KeyRole, 'token'> & { readonly tokens: readonly string[] },
    bring: (label: string) => Promise<ReadonlyMap<string, AesKey>>,
    facts: (keys: ReadonlyMap<string, AesKey>) => Facts,
  ): Promise<void> {
    const subjectIn = (token: string) => `${make.subject}/${token}`;
    const done = make.tokens.map((token) => [token, this.recorded('key', subjectIn(token))] as const);
    if (done.every(([, minute]) => minute !== undefined)) {
      for (const [token, minute] of done) await findKey(await this.token(token), keyOf(minute?.facts ?? {}));
      return;
    }
    for (const token of make.tokens) await this.token(token);
    const keys = await bring(this.#label(make.subject));
    const confirmed = facts(keys);
    await this.record(
      ...[...keys].map(([token, key]) => ({
        step: 'key' as const,
        subject: subjectIn(token),
        facts: { role: make.role, token, ...keyFacts(key), ...confirmed },
      })),
    );
  }

  /** Intent (the very bytes) before the signature, what was issued after it; an interrupted one is signed again over identical bytes. */
  async signed<T extends { readonly tbs: Uint8Array }>(work: SignedWork<T>): Promise<Uint8Array> {
    const { subject, role, signer } = work;
    const issued = this.recorded('issued', subject);
    if (issued !== undefined) return bytesOf(issued.facts, 'der');
    const intent = this.recorded('signature-intent', subject);
    if (intent !== undefined && intent.facts['signer'] !== toHex(signer.key.keyId))
      throw new CeremonyError('CEREMONY_MINUTES_BROKEN', { where: subject, detail: 'another key was to sign' });
    const prepared = intent === undefined ? await work.prepare() : work.again(bytesOf(intent.facts, 'tbs'));
    if (intent === undefined) {
      const facts = { role, tbs: toHex(prepared.tbs), token: signer.token, signer: toHex(signer.key.keyId) };
      await this.record({ step: 'signature-intent', subject, facts });
    }
    const der = await work.issue(prepared, (digest) => this.#sign(signer, digest));
    if (work.secondOpinion !== undefined && !(await work.secondOpinion(der)))
      throw new CeremonyError('CEREMONY_SECOND_OPINION', { where: subject });
    await this.record({ step: 'issued', subject, facts: { role, ...work.facts, sha256: sha256Hex(der), der: toHex(der) } });
    return der;
  }

  /** 16 octets from the authority's token, positive and of full length (Doc 9303-12 Table 5: at most 20). */
  async serialNumber(token: string): Promise<Uint8Array> {
    const hsm = await this.token(token);
    const serialNumber = Uint8Array.from(await hsm.random(16));
    serialNumber[0] = ((serialNumber[0] ?? 0) & 0x7f) | 0x40;
    return serialNumber;
  }

  /** The token, opened by the quorum when it is the authority's; its first use in this ceremony is written down. */
  async token(name: string): Promise<Hsm> {
    const open = this.#open.get(name);
    if (open !== undefined) return open;
    const source = this.deps.tokens[name];
    if (source === undefined) throw new CeremonyError('CEREMONY_TOKEN_ABSENT', { where: name });
    const hsm = typeof source === 'function' ? await source() : source;
    this.#assertKind(name, hsm);
    if (name === AUTHORITY) await openByQuorum(hsm, this.ceremony.quorum.needed, this.deps.present);
    // What is behind a hosted token is known once it is open.
    this.#assertKind(name, hsm);
    this.#open.set(name, hsm);
    await this.#admit(name, hsm);
    return hsm;
  }

  /** Nothing of the ceremony leaves the authority's token open. */
  async close(): Promise<void> {
    await this.#open.get(AUTHORITY)?.close();
    this.#open.clear();
  }

  /** A plant's keys live in a device; a rehearsal's leave no trace in one. */
  #assertKind(name: string, hsm: Hsm): void {
    const behind = 'behind' in hsm ? hsm.behind : hsm.kind;
    if (behind !== undefined && (behind === 'software') !== (this.deps.mode === 'rehearsal'))
      throw new CeremonyError('CEREMONY_TOKEN_REFUSED', { where: name });
  }

  async #key<K extends AnyKey>(make: KeyRole, kind: K['kind'], generate: (hsm: Hsm, label: string) => Promise<K>): Promise<K> {
    const { token, subject, role } = make;
    const hsm = await this.token(token);
    const done = this.recorded('key', subject);
    if (done !== undefined) {
      const key = keyOf(done.facts);
      if (!isKind<K>(key, kind)) throw new CeremonyError('CEREMONY_MINUTES_BROKEN', { where: subject });
      await findKey(hsm, key);
      return key;
    }
    const key = await generate(hsm, this.#label(subject));
    await this.record({ step: 'key', subject, facts: { role, token, ...keyFacts(key) } });
    return key;
  }

  /**
   * A run that was killed between making a key and writing it down leaves that one key behind: it has signed nothing and is destroyed, so
   * that no two keys ever answer to one role. Anything else that the minutes do not explain stops the ceremony; and keys of this ceremony in a
   * token that it has not used yet are those of a ceremony whose minutes are missing, as are keys of any other in the authority's.
   */
  async #admit(name: string, hsm: Hsm): Promise<void> {
    const known = new Set(this.#minutes.flatMap(({ step, facts }) => (step === 'key' && facts['token'] === name ? [facts['keyId']] : [])));
    const objects = await hsm.list();
    const orphans = objects.filter(({ label, keyId }) => label.startsWith(this.#label('')) && !known.has(toHex(keyId)));
    const where = `${name} ${this.ceremony.id}`;
    if (this.recorded('token', name) === undefined) {
      const unexplained = name === AUTHORITY ? this.#unexplained(objects, known) : orphans;
      if (unexplained.length > 0) throw new CeremonyError('CEREMONY_MINUTES_MISSING', { where, detail: unexplained[0]?.label ?? '' });
      await this.record({ step: 'token', subject: name, facts: { token: name, objects: String(objects.length) } });
      return;
    }
    if (orphans.length === 0) return;
    const labels = new Set(orphans.map(({ label }) => label));
    const kept = objects.some(({ label, keyId }) => labels.has(label) && known.has(toHex(keyId)));
    if (labels.size > 1 || kept) throw new CeremonyError('CEREMONY_TOKEN_UNEXPECTED', { where, detail: `${orphans.length} objects` });
    for (const keyId of new Set(orphans.map((orphan) => toHex(orphan.keyId)))) {
      await hsm.destroy(fromHex(keyId));
      await this.record({ step: 'orphan-destroyed', subject: name, facts: { token: name, keyId } });
    }
  }

  /**
   * Nothing but ceremonies makes keys in the authority's token: one that the minutes do not know is of a ceremony that was cut off their end. What
   * an abandoned one left there is known to be left.
   */
  #unexplained(objects: readonly HsmObject[], known: ReadonlySet<string | undefined>): readonly HsmObject[] {
    const abandoned = new Set(this.#minutes.flatMap(({ step, facts }) => (step === 'started' ? [facts['abandons']] : [])));
    const [ours] = this.#label('').split('/');
    return objects.filter(({ label, keyId }) => {
      const [owner, ceremony] = label.split('/');
      return owner === ours && !abandoned.has(ceremony) && !known.has(toHex(keyId));
    });
  }

  /** A session that was lost is a reason to ask again, once, over the same digest; everything else stops the ceremony. */
  async #sign({ token, key, algorithm }: Signer, digest: Uint8Array): Promise<Uint8Array> {
    const hsm = await this.token(token);
    const sign = () => (key.kind === 'rsa' ? hsm.sign(key, digest, schemeOf(algorithm)) : hsm.sign(key, digest));
    try {
      return await sign();
    } catch (error) {
      if (error instanceof HsmError && error.remedy === 'retry') return sign();
      throw error;
    }
  }

  #full(subject: string): string {
    return subject === '' ? this.ceremony.id : `${this.ceremony.id}/${subject}`;
  }

  #label(subject: string): string {
    return `${this.deps.mode === 'rehearsal' ? 'REHEARSAL' : 'cardmint'}/${this.ceremony.id}/${subject}`;
  }
}

interface Entry {
  readonly step: Minute['step'];
  /** Within the ceremony; empty for the ceremony itself. */
  readonly subject: string;
  readonly facts: Facts;
  readonly at?: Date;
}

interface KeyRole {
  readonly token: string;
  readonly subject: string;
  readonly role: string;
}

/** The key as the token has it; throws `HsmError` when it is not there, or another. */
export async function findKey(hsm: Hsm, key: AnyKey): Promise<void> {
  if (key.kind === 'ec') await hsm.findEcKey(key);
  else if (key.kind === 'rsa') await hsm.findRsaKey(key);
  else await hsm.findAesKey(key);
}

/** The PIN exists here only, between the shares and the token. */
async function openByQuorum(hsm: Hsm, needed: number, present: readonly PresentCustodian[]): Promise<void> {
  if (!(await isClosed(hsm)))
    throw new CeremonyError('CEREMONY_AUTHORITY_UNGUARDED', { where: AUTHORITY, detail: 'open before the quorum' });
  const shares = present.flatMap(({ share }): readonly Share[] => (share === undefined ? [] : [share]));
  const fewest = shares.find((share) => share.needed < needed);
  if (fewest !== undefined)
    throw new CeremonyError('CEREMONY_AUTHORITY_UNGUARDED', { where: AUTHORITY, detail: `${fewest.needed} shares, quorum ${needed}` });
  const pin = await recombine(shares);
  try {
    await hsm.open(pin);
  } finally {
    pin.destroy();
  }
}

async function isClosed(hsm: Hsm): Promise<boolean> {
  try {
    await hsm.list();
    return false;
  } catch (error) {
    if (error instanceof HsmError && error.code === 'HSM_NOT_OPEN') return true;
    throw error;
  }
}

function schemeOf({ key, hash }: SignatureAlgorithm): { readonly padding: 'pkcs1' | 'pss'; readonly hash: 'sha256' | 'sha384' | 'sha512' } {
  if (hash === 'sha224' || key === 'ec') throw new Error('an RSA key signs with PKCS#1 v1.5 or PSS over SHA-256 to 512');
  return { padding: key === 'rsa-pss' ? 'pss' : 'pkcs1', hash };
}

function isKind<K extends AnyKey>(key: AnyKey, kind: K['kind']): key is K {
  return key.kind === kind;
}
