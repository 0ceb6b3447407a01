import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret, toHex, utf8 } from '#encoder/bytes';
import { checkValueOf, wrapForToken, type Hsm } from '#pki/hsm';
import { approve, type Approvable, type Approval } from './approval.ts';
import { CeremonyError } from './ceremony-error.ts';
import { resultOf, type CeremonyResult, type LineTokenKeys } from './ceremony-result.ts';
import { newCustodian, openCustodian, readCustodianFile, withShare, type PresentCustodian } from './custodian.ts';
import type { AnyKey } from './entries.ts';
import { fileCeremonyJournal, type Minute } from './minutes.ts';
import { findKey, type TokenSource } from './proceedings.ts';
import { ceremonyApprovable } from './file-approval.ts';
import { runCeremony } from './run-ceremony.ts';
import { dealShares, recombine } from './shares.ts';
import { specimenCeremony } from './specimen-file.ts';
import { kcvApprovable } from './steps/import-shared-keys.ts';
import { verifyMinutes } from './verify-minutes.ts';

/** The demo's custodians: invented, like everybody in the demo. Two of the three are needed. */
const PEOPLE = [
  { id: 'custodian-an', name: 'Người giữ khóa An (SPECIMEN)' },
  { id: 'custodian-binh', name: 'Người giữ khóa Bình (SPECIMEN)' },
  { id: 'custodian-chi', name: 'Người giữ khóa Chi (SPECIMEN)' },
] as const;
export const SPECIMEN_NEEDED = 2;

export interface SpecimenCustodians {
  /** All three, opened. */
  readonly present: readonly PresentCustodian[];
  /** The PIN for the authority's token, from the shares of two: needed to make that token, and kept nowhere. */
  readonly pin: () => Promise<Secret>;
}

export interface SpecimenDeps {
  /** Of the plant: `custodians/` and the minutes go there. 0700. */
  readonly folder: string;
  readonly random: (length: number) => Uint8Array;
  /** scrypt's N of the custodians' files; the demo's passphrases are random and lie beside them. */
  readonly cost?: number;
}

/**
 * Makes the demo's custodians at the first call: files as `cardmint custodian new` makes them, with generated passphrases beside them, and in
 * each a share of a PIN that nobody has seen. Call it before the authority's token is made: that token's PIN is `pin()`.
 */
export async function specimenCustodians(deps: SpecimenDeps): Promise<SpecimenCustodians> {
  const folder = join(deps.folder, 'custodians');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const dealt = join(folder, 'dealt');
  if (!existsSync(dealt)) {
    await makeCustodians(folder, deps);
    await writeWhole(dealt, utf8(`${SPECIMEN_NEEDED} of ${PEOPLE.length}\n`));
  }
  const present = PEOPLE.map(({ id }) => {
    const passphrase = Secret.takeOver(Uint8Array.from(readFileSync(passphraseFile(folder, id))));
    const path = custodianFile(folder, id);
    return openCustodian(readCustodianFile(readFileSync(path, 'utf8'), path), passphrase);
  });
  const shares = present.flatMap(({ share }) => (share === undefined ? [] : [share]));
  return { present, pin: () => recombine(shares.slice(0, SPECIMEN_NEEDED)) };
}

export interface SpecimenCeremonyDeps extends SpecimenDeps {
  readonly clock: () => Date;
  /** The chip maker's transport master: in the demo the same process plays the maker, and wraps it for each token. Wiped by whoever owns it. */
  readonly transportMaster: Secret;
  readonly documentSigners?: number;
  /** Called for each minute once it is durable: progress for a person. */
  readonly onMinute?: (minute: Minute) => void;
}

/** Where the minutes of all ceremonies of this plant are. */
export function minutesFile(folder: string): string {
  return join(folder, 'ceremonies.minutes.jsonl');
}

/**
 * The demo's keys, by its ceremony. At the first start it runs it, or finishes what an interrupted start began; at every later one it
 * verifies the minutes and asks those line tokens that are given whether they have each key: the authority's token is not touched then, and a
 * line token may be missing. `authority` is called at most once, and gives a token that is not open.
 * Errors: as `runCeremony`; `CEREMONY_KEY_MISSING`.
 */
export async function runSpecimenCeremony(
  tokens: { readonly authority: () => Promise<Hsm>; readonly line: Readonly<Record<string, Hsm>> },
  deps: SpecimenCeremonyDeps,
): Promise<CeremonyResult> {
  const journal = fileCeremonyJournal(minutesFile(deps.folder));
  const before = await journal.load();
  if (before === undefined || !isCeremonyFinished(before)) await firstRun(tokens, deps, journal);
  const text = await journal.load();
  const result = resultOf(verifyMinutes(text ?? '').minutes);
  for (const [name, hsm] of Object.entries(tokens.line)) {
    const keys = result.lineTokens[name];
    if (keys === undefined) throw new CeremonyError('CEREMONY_TOKEN_UNEXPECTED', { where: name });
    await assertLineKeys(name, keys, hsm);
  }
  return result;
}

/**
 * Asks a line token for every key of the ceremony but the Document Signers, whose ends are the signer's business. Throws
 * `CEREMONY_KEY_MISSING`.
 */
export async function assertLineKeys(name: string, keys: LineTokenKeys, hsm: Hsm): Promise<void> {
  const wanted: Readonly<Record<string, AnyKey>> = {
    'record-key': keys.recordKey.key,
    'plant-signer': keys.plantSigner.key,
    'birth-certificate-signer': keys.birthCertificateSigner.key,
    'document-verifier': keys.documentVerifier.key,
    'inspection-system': keys.inspectionSystem.key,
    'unwrapping-key': keys.unwrappingKey,
    'citizen-reference': keys.citizenReferenceKey,
    'transport-master': keys.transportMasterKey,
    'plant-master': keys.plantMasterKey,
  };
  for (const [role, key] of Object.entries(wanted)) {
    try {
      await findKey(hsm, key);
    } catch (cause) {
      throw new CeremonyError('CEREMONY_KEY_MISSING', { where: `${name} ${role}`, cause });
    }
  }
}

async function firstRun(
  tokens: Parameters<typeof runSpecimenCeremony>[0],
  deps: SpecimenCeremonyDeps,
  journal: ReturnType<typeof fileCeremonyJournal>,
): Promise<void> {
  const { present } = await specimenCustodians(deps);
  const kcv = toHex(checkValueOf(deps.transportMaster));
  const file = utf8(
    specimenCeremony({
      custodians: present,
      needed: SPECIMEN_NEEDED,
      tokens: Object.keys(tokens.line),
      transportMasterKcv: kcv,
      ...(deps.documentSigners === undefined ? {} : { documentSigners: deps.documentSigners }),
    }),
  );
  await writeWhole(join(deps.folder, 'specimen.ceremony.json'), file);
  const room = present.slice(0, SPECIMEN_NEEDED);
  const all: Readonly<Record<string, TokenSource>> = { authority: tokens.authority, ...tokens.line };
  const by = (what: Approvable): readonly Approval[] => room.map((person) => approve(person, what));
  await runCeremony(file, by(ceremonyApprovable(file)), all, {
    clock: deps.clock,
    journal,
    mode: 'production',
    present: room,
    kcvApprovals: by(kcvApprovable('transport-master', kcv)),
    ...(deps.onMinute === undefined ? {} : { onMinute: deps.onMinute }),
    wrappedKeys: ({ publicKey }) => Promise.resolve(wrapForToken(publicKey, deps.transportMaster)),
  });
}

async function makeCustodians(folder: string, { random, cost }: SpecimenDeps): Promise<void> {
  const pin = Secret.takeOver(utf8(toHex(random(16))));
  const shares = await dealShares(pin, { needed: SPECIMEN_NEEDED, of: PEOPLE.length, set: random(16) });
  pin.destroy();
  for (const [index, who] of PEOPLE.entries()) {
    const share = shares[index];
    if (share === undefined) throw new CeremonyError('SHARES_UNDEALABLE');
    const text = toHex(random(16));
    const passphrase = new Secret(utf8(text));
    const file = withShare(newCustodian(who, passphrase, { random, ...(cost === undefined ? {} : { cost }) }), passphrase, share, random);
    await writeWhole(passphraseFile(folder, who.id), utf8(text));
    await writeWhole(custodianFile(folder, who.id), utf8(`${JSON.stringify(file, null, 2)}\n`));
  }
}

/** Whether these minutes hold one ceremony that came to its end. Throws `CEREMONY_MINUTES_BROKEN`. */
export function isCeremonyFinished(text: string): boolean {
  return verifyMinutes(text).ceremonies.some(({ finished }) => finished !== undefined);
}

function custodianFile(folder: string, id: string): string {
  return join(folder, `${id}.json`);
}

function passphraseFile(folder: string, id: string): string {
  return join(folder, `${id}.passphrase`);
}

/** Beside, flushed, renamed; readable by its owner only. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(`${path}.draft`, 'w', 0o600);
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  await rename(`${path}.draft`, path);
}
