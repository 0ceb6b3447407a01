import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { fromHex, Secret, utf8 } from '#encoder/bytes';
import { cvCertificate, cvDomainParameters } from '#encoder/cv-certificate';
import { byFile, keySetsFrom, referenceDriver } from '#encoder/drivers';
import { withJfifHeader } from '#encoder/lds';
import { cccd2021Specimen, type CitizenRecord } from '#encoder/profiles';
import { terminalAuthenticator } from '#encoder/inspection';
import { inProcessReader, type InProcessReader, type Reader } from '#encoder/readers';
import { ecPair, issue, signBy, TEST_MASTER, testKeySets } from '#encoder/testing';
import { imagePath, makeBlanks, makeRsaKey, VirtualCard, type Defect, type DeliveredBlank } from '#encoder/virtual-card';
import { SoftwareHsm } from '#hsm-mocks';
import { issueSod, prepareSod, verifySod } from '#pki/sod';
import { NOW, specimenPki, type SpecimenPki } from '#pki/testing';
import { VirtualFeeder, type Feeder, type Place } from '#queues/feeders';
import type { CardId, CardRecords, Claim, LineControl, SigningAuthority } from '#queues/ports';
import { spoolFolder } from '#queues/printers';
import type { Seat } from '../bind-blank.ts';
import { cardFiles } from '../card-files.ts';
import type { EncodeDeps } from '../encode-card.ts';
import type { InspectDeps, InspectionEvidence } from '../inspect-card.ts';
import type { PrintDeps } from '../print-card.ts';
import { BooksError, createBooks, type Books } from './books.ts';
import { Gate } from './gate.ts';

export const PROFILE = cccd2021Specimen.id;

export interface WorldOptions {
  readonly blanks?: number;
  /** By position in the stack, from 0. */
  readonly defects?: Readonly<Record<number, Defect>>;
  readonly citizens?: readonly CitizenRecord[];
}

export interface World {
  readonly books: Books;
  readonly gate: Gate;
  /** Not through the gate: what a test asks and moves by itself. */
  readonly feeder: VirtualFeeder;
  readonly folder: string;
  readonly blanks: readonly DeliveredBlank[];
  /** `card-0` … in the order of the citizens, RELEASED. */
  readonly cardIds: readonly CardId[];
  readonly control: LineControl;
  readonly outOfService: Set<string>;
  /** One entry a signature made. */
  readonly signatures: { readonly cardId: CardId; readonly content: string }[];
  /** Serials, one entry each time that the head came down. */
  readonly impressions: string[];
  readonly evidence: { readonly cardId: CardId; readonly evidence: InspectionEvidence }[];
  readonly logged: { readonly event: string; readonly facts: Readonly<Record<string, unknown>> }[];
  readonly encoding: EncodeDeps;
  readonly printing: PrintDeps;
  readonly inspecting: InspectDeps;
  seat(place: Place): Seat & { readonly chips: InProcessReader };
  /** A process is started in the place of the dead one. */
  revive(): Promise<void>;
  /** Takes the print off a piece again, one face or both. */
  wipe(serial: string, face?: 'front' | 'back'): Promise<void>;
  /** Keys as another master key would give them. */
  wrongTransportKeys(): ReturnType<SigningAuthority['transportKeys']>;
  /** A chip that the test has used outside the books is no longer looked at. */
  forgetChip(serial: string): void;
  readonly forgotten: ReadonlySet<string>;
  /** The chip's files by identifier, size and hash, and the life of the chip. */
  chip(serial: string): Promise<{ readonly lifeCycle: string; readonly files: string }>;
  /** Versions of the transport keys that the chip has: 1 its maker's, 2 the plant's. */
  keyVersions(serial: string): Promise<readonly number[]>;
  /** What the chip of this card must hold, from the order, the books and the signer's answer. */
  planned(cardId: CardId): string;
  remove(): Promise<void>;
}

/** Shared by all worlds, in each of them given to the chips in this order: making one takes long, and in one world no two chips have the same. */
const RSA_KEYS = Array.from({ length: 4 }, () => makeRsaKey());

let pki: Promise<{ readonly hsm: SoftwareHsm; readonly specimen: SpecimenPki }> | undefined;
async function openPki(): Promise<{ readonly hsm: SoftwareHsm; readonly specimen: SpecimenPki }> {
  const pin = Secret.takeOver(utf8('1'));
  const hsm = new SoftwareHsm({ pin });
  await hsm.open(pin);
  return { hsm, specimen: await specimenPki(hsm) };
}

/** Invented people, all different; nobody has these numbers. */
export async function citizen(number = 0): Promise<CitizenRecord> {
  const tone = { r: 90 + 20 * number, g: 160, b: 190 };
  const picture = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: tone } });
  const finger = Uint8Array.from(await picture(300, 400).toColourspace('b-w').png().toBuffer());
  const person = [
    { personalNumber: '001190000123', fullName: 'Nguyễn Thị Đào', sex: 'female', dateOfBirth: '1990-02-15', dateOfExpiry: '2030-02-15' },
    { personalNumber: '079085004321', fullName: 'Trần Văn Bình', sex: 'male', dateOfBirth: '1985-07-01', dateOfExpiry: null },
  ] as const;
  return {
    ...(person[number % 2] ?? person[0]),
    nationality: 'VNM',
    ethnicity: 'Kinh',
    religion: 'Không',
    placeOfOrigin: 'Phúc Xá, Ba Đình, Hà Nội',
    placeOfResidence: 'Số 1 Phố Mẫu, Phúc Xá, Ba Đình, Hà Nội',
    personalMarks: 'Nốt ruồi c:1cm dưới mắt trái',
    father: 'Nguyễn Văn Anh',
    mother: 'Trần Thị Bình',
    spouses: [],
    oldIdentityNumber: null,
    dateOfIssue: '2021-05-10',
    portrait: withJfifHeader(Uint8Array.from(await picture(480, 640).jpeg().toBuffer())),
    leftIndexFinger: finger,
    rightIndexFinger: finger,
  };
}

/** A CVCA that lasts as long as the tests, and an inspection system under it. */
const CVCA = ecPair('brainpoolP256r1', cvDomainParameters('brainpoolP256r1'));
const VERIFIER = ecPair('brainpoolP256r1');
const TRUST_POINT = {
  certificate: cvCertificate.encode(issue(CVCA, CVCA, { chr: 'VNTESTCVCA00001', car: 'VNTESTCVCA00001', rights: 0xc3 })),
  date: '261122',
};

const TERMINAL = ecPair('brainpoolP256r1');
const TERMINAL_CHAIN = [
  issue(CVCA, VERIFIER, { chr: 'VNTESTDV00001', car: 'VNTESTCVCA00001', rights: 0x83 }),
  issue(VERIFIER, TERMINAL, { chr: 'VNTESTIS00001', car: 'VNTESTDV00001', rights: 0x01 }),
].map((certificate) => cvCertificate.encode(certificate));

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { hsm, specimen } = await (pki ??= openPki());
  const folder = await mkdtemp(join(tmpdir(), 'cardmint-steps-'));
  const chips = join(folder, 'chips');
  const { blanks } = makeBlanks({
    folder: chips,
    masterKey: TEST_MASTER,
    count: options.blanks ?? 2,
    deliveryNote: 'DN-1',
    lot: '26A',
    ...(options.defects === undefined ? {} : { defects: options.defects }),
    random: (length) => Uint8Array.from(randomBytes(length)),
  });
  const books = createBooks();
  books.receive(blanks);
  const citizens = new Map<CardId, CitizenRecord>();
  for (const record of options.citizens ?? [await citizen()]) {
    const cardId = `card-${citizens.size}`;
    citizens.set(cardId, record);
    books.order(cardId, 'batch-1', PROFILE);
  }
  const recordOf = (cardId: CardId): CitizenRecord => {
    const record = citizens.get(cardId.replace(/r+$/, ''));
    if (record === undefined) throw new BooksError('REFUSED', 'no record');
    return record;
  };

  const gate = new Gate();
  const readers = new Map<Place, InProcessReader>();
  const readerAt = (place: Place): InProcessReader => {
    const reader = readers.get(place) ?? inProcessReader(place);
    readers.set(place, reader);
    return reader;
  };
  const inserted = new Map<Place, VirtualCard>();
  let keysTaken = 0;
  const takeRsaKey = () => RSA_KEYS[keysTaken++ % RSA_KEYS.length] ?? makeRsaKey();
  const open = (serial: string): VirtualCard => VirtualCard.open(imagePath(chips, serial), { takeRsaKey, durable: false });
  const feeder = await VirtualFeeder.open(join(folder, 'feeder'), {
    async insert(serial, place) {
      await Promise.resolve();
      const card = open(serial);
      inserted.set(place, card);
      readerAt(place).insert(card);
    },
    async remove(place) {
      readerAt(place).remove();
      await inserted.get(place)?.close();
      inserted.delete(place);
    },
  });
  await feeder.load(blanks.map(({ serial }) => serial));

  /** Looks into a chip's memory, wherever it lies. */
  const look = async <T>(serial: string, at: (card: VirtualCard) => T): Promise<T> => {
    const place = await feeder.find(serial);
    const held = place === null ? undefined : inserted.get(place);
    const card = held ?? open(serial);
    const seen = at(card);
    if (held === undefined) await card.close();
    return seen;
  };

  const signatures: { cardId: CardId; content: string }[] = [];
  const handedOut = new Map<string, Uint8Array>();
  const signer: SigningAuthority = {
    async transportKeys(claim, chipId) {
      await Promise.resolve();
      if (books.claimed(claim).chipId !== chipId) throw new BooksError('REFUSED', 'CHIP_NOT_BOUND');
      return testKeySets(fromHex(chipId));
    },
    async securityObject(claim, files) {
      const content = hashOf([files.efCom, ...files.dataGroups.values()]);
      const before = handedOut.get(`${claim.cardId} ${content}`);
      if (before !== undefined) {
        books.signed(claim, before);
        return before;
      }
      books.claimed(claim);
      const token = prepareSod({ ...files, signer: specimen.signer, at: NOW });
      const efSod = issueSod(token, await hsm.sign(specimen.signerKey, token.digestToSign));
      signatures.push({ cardId: claim.cardId, content });
      handedOut.set(`${claim.cardId} ${content}`, efSod);
      books.signed(claim, efSod);
      return efSod;
    },
    trustPoint: () => Promise.resolve(TRUST_POINT),
  };
  const records: CardRecords = {
    async open(claim) {
      await Promise.resolve();
      books.claimed(claim);
      return recordOf(claim.cardId);
    },
  };
  const chipKeys = (cardId: CardId) => {
    const entries = [...books.data.chipKeys.values()].filter((entry) => entry.cardId === cardId);
    const spki = (purpose: string): Uint8Array => {
      const found = entries.findLast((entry) => entry.purpose === purpose)?.spki;
      if (found === undefined) throw new BooksError('REFUSED', 'no chip keys');
      return found;
    };
    return { activeAuthentication: spki('activeAuthentication'), chipAuthentication: spki('chipAuthentication') };
  };

  const impressions: string[] = [];
  const evidence: World['evidence'] = [];
  const logged: World['logged'] = [];
  const outOfService = new Set<string>();
  const forgotten = new Set<string>();
  const control: LineControl = {
    mode: () => Promise.resolve(books.data.mode),
    seatInService: (place) => Promise.resolve(!outOfService.has(place)),
    report: () => Promise.resolve(),
  };
  const head = gate.watch('head', {
    async down(serial: string, faces: { readonly front: Uint8Array; readonly back: Uint8Array }): Promise<void> {
      impressions.push(serial);
      await feeder.impress(serial, faces);
    },
  });
  const moves: Feeder = {
    at: (place) => feeder.at(place),
    find: (serial) => feeder.find(serial),
    presentBlank: (place) => feeder.presentBlank(place),
    carry: (serial, to) => feeder.carry(serial, to),
    reseat: (place) => feeder.reseat(place),
    photograph: (place) => feeder.photograph(place),
  };
  const log = (event: string, facts: Readonly<Record<string, unknown>>): void => void logged.push({ event, facts });
  const shared = { records: gate.watch('records', records), feeder: gate.watch('feeder', moves), log };
  const ledger = gate.watch('ledger', books.ledger);

  return {
    books,
    gate,
    feeder,
    folder,
    blanks,
    cardIds: [...citizens.keys()],
    control,
    outOfService,
    signatures,
    impressions,
    evidence,
    logged,
    encoding: {
      ...shared,
      ledger,
      signer: gate.watch('signer', signer),
      journal: gate.watch('journal', books.journal),
      driver: (connection) => referenceDriver(connection),
    },
    printing: {
      ...shared,
      ledger,
      prints: gate.watch('prints', books.prints),
      printer: gate.watch(
        'printer',
        spoolFolder(join(folder, 'spool'), (serial, faces) => head.down(serial, faces)),
      ),
    },
    inspecting: {
      ...shared,
      ledger,
      inspections: gate.watch('inspections', books.inspections),
      chipKeys: async (claim: Claim) => {
        gate.pass('chipKeys before');
        await Promise.resolve();
        return chipKeys(claim.cardId);
      },
      passiveAuthenticator: {
        verify: (efSod, dataGroups) => Promise.resolve(verifySod(efSod, dataGroups, { csca: [specimen.csca], at: NOW })),
      },
      terminalAuthenticator: terminalAuthenticator({
        certificates: () => Promise.resolve(TERMINAL_CHAIN),
        sign: (data) => Promise.resolve(signBy(TERMINAL, data)),
      }),
      cvcaReferences: ['VNTESTCVCA00001'],
      insecureDemoEvidence: async (cardId, found) => {
        gate.pass('evidence before');
        await Promise.resolve();
        evidence.push({ cardId, evidence: found });
      },
    },
    seat: (place) => ({ place, reader: mortal(gate, readerAt(place)), chips: readerAt(place) }),
    async revive() {
      gate.revive();
      // What the dead process held open, the reader's service resets: the pieces lie where they lay.
      for (const [place, card] of inserted) {
        readerAt(place).remove();
        readerAt(place).insert(card);
      }
      await Promise.resolve();
    },
    wrongTransportKeys: () =>
      Promise.resolve(keySetsFrom({ maker: new Secret(randomBytes(16)), plant: new Secret(randomBytes(16)) }, new Uint8Array(8))),
    forgetChip: (serial) => void forgotten.add(serial),
    forgotten,
    async wipe(serial, face) {
      for (const name of face === undefined ? ['front', 'back'] : [face]) {
        await rm(join(folder, 'feeder', 'faces', `${serial}-${name}.png`), { force: true });
      }
    },
    chip: (serial) => look(serial, (card) => ({ lifeCycle: card.lifeCycle, files: JSON.stringify(card.fileDigests()) })),
    keyVersions: (serial) => look(serial, (card) => card.keyVersions()),
    planned(cardId) {
      const { chipId, profile } = books.card(cardId);
      const built = cardFiles({
        profile,
        record: recordOf(cardId),
        chipId: chipId ?? '',
        publicKeys: chipKeys(cardId),
        trustPoint: TRUST_POINT,
      });
      const efSod = handedOut.get(`${cardId} ${hashOf([built.efCom, ...built.dataGroups.values()])}`);
      if (efSod === undefined) throw new Error('EF.SOD was never handed out for this content');
      const files = built
        .planned(efSod)
        .files.map(({ directory, fid, bytes }) => ({ directory, fid, size: bytes.length, sha256: sha256(bytes) }));
      return JSON.stringify(files.sort(byFile));
    },
    async remove() {
      for (const card of inserted.values()) await card.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A reader as a process sees it: nothing reaches the chip once the process is dead. */
function mortal(gate: Gate, reader: InProcessReader): Reader {
  return {
    name: reader.name,
    waitFor: (present, timeoutMs) => reader.waitFor(present, timeoutMs),
    close: () => reader.close(),
    async connect() {
      gate.live();
      const connection = await reader.connect();
      return {
        atr: connection.atr,
        async transmit(command) {
          gate.live();
          return await connection.transmit(command);
        },
        async disconnect(disposition) {
          gate.live();
          await connection.disconnect(disposition);
        },
      };
    },
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A name for a set of files. */
function hashOf(parts: readonly Uint8Array[]): string {
  return sha256(utf8(parts.map(sha256).join()));
}
