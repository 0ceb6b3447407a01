import { createHash } from 'node:crypto';
import { equalBytes, fromHex, type Secret } from '#encoder/bytes';
import {
  capabilitiesByName,
  destroyKeySets,
  driverByName,
  keySetsFrom,
  missingFor,
  sameFile,
  type CardDriver,
  type CardRequirements,
  type ChipIdentity,
  type DriverCapabilities,
  type FamilyOptions,
  type FileId,
  type TransportKeySets,
} from '#encoder/drivers';
import { KEY_VERSIONS, keySetName, ScpError } from '#encoder/globalplatform';
import { readCard, terminalAuthenticator, type CardReadingResult } from '#encoder/inspection';
import { directoryOf, fileByName, type FileName } from '#encoder/lds';
import {
  fileDigests,
  openChip,
  personalise,
  PersonalisationError,
  planPersonalisation,
  prepareChip,
  type FileDigest,
} from '#encoder/personalisation';
import { accessSecretsFor, chipKeyAlgorithms, zoneFor, type CardProfile, type CitizenRecord } from '#encoder/profiles';
import type { CardConnection, Reader } from '#encoder/readers';
import { issueSod, prepareSod, verifyCardSecurity, verifySod } from '#pki/sod';
import { bindingTagOf, cardFilesOf } from '#queues/steps';
import type { LabAuthority } from './lab-authority.ts';
import { LabError } from './lab-error.ts';
import type { LabJournal } from './lab-journal.ts';
import { destroyLabKeyPairs, labKeyPairs, type LabKeyPairs } from './lab-key-pairs.ts';
import { LAB_MAKER, LAB_MASTER } from './lab-maker.ts';

/** One card to make. */
export interface LabCard {
  readonly orderId: string;
  readonly record: CitizenRecord;
  readonly profile: CardProfile;
  /** By name, as of `driverByName`. */
  readonly driver: string;
  readonly family: FamilyOptions;
  /** Of the chips' maker; null: that of virtual blanks, for virtual blanks alone. */
  readonly transportMaster: Secret | null;
  /** The chip that is meant, 16 upper-case hex characters; null: any. */
  readonly chipId: string | null;
}

export interface LabDeps {
  readonly reader: Reader;
  readonly authority: LabAuthority;
  readonly journal: LabJournal;
  /** From which a chip's own keys come that take the place of its maker's. */
  readonly plantMaster: Secret;
  /** Where the card's key pairs are kept until the lock. */
  readonly folder: string;
  readonly now: () => Date;
  readonly random: (length: number) => Uint8Array;
  /** What is going on, for people; `total` where the end is known. */
  readonly stage: (vi: string, en: string, total?: number) => void;
  readonly progress: (done: number) => void;
}

export interface LabResult {
  /** `confirmed`: the chip was locked before this run began. */
  readonly outcome: 'made' | 'confirmed';
  readonly chipId: string | null;
  readonly reading: CardReadingResult;
}

/** For somebody to put the card in. */
const WAIT_MS = 30_000;

/**
 * Personalises one card outside any plant: from a blank, from wherever an earlier run was torn, or, on a chip that is locked already, by
 * reading back what it holds. Afterwards the finished chip is read and inspected as anyone's would be.
 *
 * Errors: `LabError`, those of the driver and of `personalise`. A bad verdict is a result.
 */
export async function encodeInLab(deps: LabDeps, card: LabCard): Promise<LabResult> {
  const { journal, reader } = deps;
  assertSameAsBegun(journal, card);
  deps.stage('Chờ thẻ trong đầu đọc', 'a card in the reader');
  await reader.waitFor(true, WAIT_MS);
  const connection = await reader.connect();
  let outcome: LabResult['outcome'];
  let chipId: string | null;
  let planned = journal.state.files;
  try {
    const driver = driverFor(card, connection);
    const identity = await driver.identify();
    chipId = identity.chipId ?? card.chipId;
    outcome = identity.lifeCycle === 'locked' ? 'confirmed' : 'made';
    // Two orders may be for one person: without what was planned, nothing tells whose card this is.
    if (outcome === 'confirmed' && planned === null) throw new PersonalisationError('ALREADY_LOCKED', { detail: 'not by this order' });
    if (outcome === 'confirmed') await driver.proveLock();
    else planned = await make(deps, card, { connection, driver, identity });
  } finally {
    await connection.disconnect('unpower').catch(() => undefined);
  }
  const reading = await readBack(deps, card);
  assertContent(reading, planned ?? []);
  // A chip that does not show what this order's card was given may be anybody's.
  if (outcome === 'confirmed' && !reading.files.has('EF.SOD')) {
    throw new PersonalisationError('ALREADY_LOCKED', { detail: reading.report.reasons.join(' ') });
  }
  if (reading.report.verdict === 'good') {
    journal.locked();
    destroyLabKeyPairs(deps.folder);
  }
  journal.inspected(reading.report.verdict);
  return { outcome, chipId, reading };
}

/** Passes a profile that chips of this driver can carry; throws LAB_PROFILE_BEYOND_DRIVER naming what is missing. Nothing is sent. */
export function assertCarried(profile: CardProfile, driver: string, family: FamilyOptions): DriverCapabilities {
  const capabilities = capabilitiesByName(driver, family);
  const missing = missingFor(requirementsOf(profile), capabilities);
  if (missing.length > 0)
    throw new LabError('LAB_PROFILE_BEYOND_DRIVER', { where: `${profile.id}, ${driver}`, detail: missing.join('; ') });
  return capabilities;
}

function requirementsOf(profile: CardProfile): CardRequirements {
  const { bac, announces, underTerminalAuthentication } = profile.access;
  const pace = announces.flatMap((info) => (info.kind === 'PACEInfo' ? [info.protocol.replace(/-(3DES|AES)-.*$/, '')] : []));
  return {
    keys: chipKeyAlgorithms(profile),
    accessControl: [...(bac ? ['BAC'] : []), ...new Set(pace)],
    terminalAuthentication: underTerminalAuthentication.length > 0,
    files: profile.files.map(placeOf),
  };
}

function assertSameAsBegun({ state: { begun } }: LabJournal, { driver, profile }: LabCard): void {
  if (begun !== null && (begun.driver !== driver || begun.profile !== profile.id)) {
    throw new LabError('LAB_BEGUN_OTHERWISE', { detail: `${begun.profile}, ${begun.driver}` });
  }
}

function driverFor({ driver, family, profile, record }: LabCard, connection: CardConnection, keyPairs?: LabKeyPairs): CardDriver {
  const secrets = accessSecretsFor(profile, record);
  return driverByName(driver, connection, { ...family, secrets, ...(keyPairs === undefined ? {} : { keyPairs }) });
}

interface AwakeChip {
  readonly connection: CardConnection;
  readonly driver: CardDriver;
  readonly identity: ChipIdentity;
}

async function make(deps: LabDeps, card: LabCard, chip: AwakeChip): Promise<readonly FileDigest[]> {
  assertThisChip(deps.journal, card, chip.identity);
  if (chip.driver.capabilities.onChipKeyGeneration) return write(deps, card, chip);
  deps.stage('Tạo khoá cho chip', 'key pairs for the chip');
  const pairs = labKeyPairs(deps.folder, chipKeyAlgorithms(card.profile));
  try {
    const files = await write(deps, card, { ...chip, driver: driverFor(card, chip.connection, pairs) });
    pairs.destroy();
    return files;
  } finally {
    pairs.forget();
  }
}

/** One order, one chip: the one that was asked for, and the one that it was begun on. */
function assertThisChip({ state }: LabJournal, { chipId: wanted }: LabCard, { chipId }: ChipIdentity): void {
  const begunOn = state.begun?.chipId ?? null;
  const other = (one: string | null): boolean => one !== null && chipId !== null && one !== chipId;
  if (state.locked || other(wanted) || other(begunOn)) throw new LabError('LAB_CHIP_EXCHANGED');
}

async function write(deps: LabDeps, card: LabCard, { driver, identity }: AwakeChip): Promise<readonly FileDigest[]> {
  const { journal, authority } = deps;
  const { profile, record } = card;
  const chipId = identity.chipId ?? card.chipId ?? idForFiles(profile);
  deps.stage('Mở chip, thay khoá của nhà sản xuất', "opening the chip, its maker's keys replaced");
  journal.begin({ driver: card.driver, profile: profile.id, chipId: identity.chipId });
  await open(deps, card, { driver, identity });
  const bindingTag = bindingTagOf(`lab/${card.orderId}`);
  const held = await driver.readBindingTag();
  // Whoever confirmed the tag once still has it: a chip without one is another chip, and gets no key pair of the first.
  if (held === null && journal.state.bound) throw new LabError('LAB_CHIP_EXCHANGED');
  deps.stage('Gắn chip với đơn, tạo khoá', 'binding the chip to the order, its keys');
  if (held !== null && equalBytes(held, bindingTag)) journal.bound();
  const publicKeys = await prepareChip({ driver, journal, bindingTag, keys: chipKeyAlgorithms(profile) });

  const trustPoint = { certificate: authority.cvca, date: deps.now().toISOString().slice(2, 10).replaceAll('-', '') };
  const files = cardFilesOf(profile, { record, chipId, publicKeys, trustPoint });
  const efSod = await signed(deps, files);
  const plan = planPersonalisation({ bindingTag, publicKeys, ...files.planned(efSod) }, driver.capabilities);
  const digests = fileDigests(plan);
  journal.plan(digests);
  deps.stage('Ghi, khoá và thử khoá', 'writing, locking, proving the lock', plan.steps.length);
  await personalise({ driver, journal, plan, beforeEach: ({ sequence }) => deps.progress(sequence) });
  return digests;
}

/** With the keys that the chip names; those of another lab are told by its cryptogram, before ours are shown to it. */
async function open({ journal, plantMaster }: LabDeps, card: LabCard, { driver, identity }: Omit<AwakeChip, 'connection'>): Promise<void> {
  const keys = keySetsOf(driver.capabilities, card, { identity, plantMaster });
  try {
    await openChip({ driver, journal, keys });
  } catch (cause) {
    const ofAnother = cause instanceof ScpError && cause.code === 'SCP_CARD_CRYPTOGRAM' && cause.where === keySetName(KEY_VERSIONS.plant);
    throw ofAnother ? new LabError('LAB_CHIP_OF_ANOTHER', { cause }) : cause;
  } finally {
    if (keys !== null) destroyKeySets(keys);
  }
}

/** EF.SOD by the code that the plant signs with; the same files give the same bytes, so that a resumed run writes what the first one wrote. */
async function signed(
  { authority, now }: LabDeps,
  files: Pick<ReturnType<typeof cardFilesOf>, 'dataGroups' | 'efCom'>,
): Promise<Uint8Array> {
  const { dataGroups, efCom } = files;
  const token = prepareSod({ dataGroups, efCom, signer: authority.documentSigner, at: now() });
  return issueSod(token, await authority.signAsDocumentSigner(token.digestToSign));
}

/** Tried once: chips count failures. A chip that is none of the lab's virtual ones is never tried with the lab's master. */
function keySetsOf(
  { transport, makerKeyVersion }: DriverCapabilities,
  card: LabCard,
  { identity: { chipId }, plantMaster }: { readonly identity: ChipIdentity; readonly plantMaster: Secret },
): TransportKeySets | null {
  if (makerKeyVersion === null) return null;
  if (chipId === null) throw new LabError('LAB_MASTER_NEEDED', { detail: 'a chip without an id' });
  if (card.transportMaster === null && !chipId.startsWith(LAB_MAKER)) throw new LabError('LAB_MASTER_NEEDED', { detail: transport });
  return keySetsFrom({ maker: card.transportMaster ?? LAB_MASTER, plant: plantMaster }, fromHex(chipId), makerKeyVersion);
}

/** For a chip that does not tell its id: files that have none do not ask for it. */
function idForFiles({ files }: CardProfile): string {
  if (files.includes('EF.DG13')) throw new LabError('LAB_CHIP_ID_NEEDED');
  return '0'.repeat(16);
}

/** What was read is what was written; what was not read has its own check in the report. */
function assertContent({ files }: CardReadingResult, planned: readonly FileDigest[]): void {
  for (const [name, bytes] of files) {
    const place = placeOf(name as FileName);
    const wanted = planned.find((file) => sameFile(file, place));
    if (wanted !== undefined && (wanted.size !== bytes.length || wanted.sha256 !== sha256Hex(bytes))) {
      throw new PersonalisationError('CHIP_CONTENT_DIFFERS', { where: name });
    }
  }
}

function placeOf(name: FileName): FileId {
  const file = fileByName(name);
  return { directory: directoryOf(file), fid: file.fileId };
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What anybody would do who has the card, the lab's CSCA, and the lab's terminal. */
async function readBack(deps: LabDeps, { profile, record, driver, family }: LabCard): Promise<CardReadingResult> {
  const { authority, reader, random, now } = deps;
  deps.stage('Đọc lại và kiểm tra', 'reading back and inspecting');
  const { pacePasswords } = profile.access;
  const { extendedLength, commandBytesMax } = capabilitiesByName(driver, family);
  const options = () => ({ csca: [authority.csca], crl: authority.crl, at: now() });
  const reading = await readCard({
    reader,
    secrets: {
      mrz: zoneFor(profile, record).lines,
      ...(pacePasswords.includes('CAN') ? { can: accessSecretsFor(profile, record).can } : {}),
    },
    lockProbes: true,
    passiveAuthenticator: {
      verify: (efSod, dataGroups) => Promise.resolve(verifySod(efSod, dataGroups, options())),
      verifyCardSecurity: (file) => Promise.resolve(verifyCardSecurity(file, options())),
    },
    terminalAuthenticator: terminalAuthenticator({
      certificates: () => Promise.resolve(authority.terminalChain),
      sign: (data) => authority.signAsTerminal(data),
    }),
    random,
    ...(extendedLength ? { read: { readMax: Math.min(commandBytesMax, READ_MAX), headerFirst: false } } : {}),
  });
  return reading;
}

const READ_MAX = 32_768;
