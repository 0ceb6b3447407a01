import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FeederError } from './feeder-error.ts';
import type { Feeder, Place } from './feeder.ts';

/**
 * The machine of the embedded plant: it holds the virtual cards and carries them. Where each piece is, and what was printed
 * on it, is on disk before a move is answered, so that the machine's own death is no more than a power cut to a real one:
 * the pieces lie where they lay.
 */
export interface ContactPlates {
  /** The piece now touches the contacts of this reader. */
  insert(serial: string, seat: Place): Promise<void>;
  remove(seat: Place): Promise<void>;
}

interface Piece {
  readonly serial: string;
  readonly place: Place;
}

interface Impression {
  readonly front: Uint8Array;
  readonly back: Uint8Array;
}

const TRAYS: ReadonlySet<Place> = new Set(['stack', 'buffer', 'good', 'reject']);
const hasContacts = (place: Place): boolean => place.startsWith('encode:') || place.startsWith('inspect:');

export class VirtualFeeder implements Feeder {
  readonly #folder: string;
  readonly #plates: ContactPlates;
  /** In the order in which they were loaded: the stack gives the first one first. */
  readonly #pieces = new Map<string, Place>();
  /** One move at a time, as a gripper does. */
  #gripper: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, plates: ContactPlates) {
    this.#folder = folder;
    this.#plates = plates;
  }

  /** `folder` keeps `places.json` and the printed faces. Pieces that lay in a reader are put back on its contacts. */
  static async open(folder: string, plates: ContactPlates): Promise<VirtualFeeder> {
    await mkdir(join(folder, 'faces'), { recursive: true });
    const feeder = new VirtualFeeder(folder, plates);
    for (const piece of await readPlaces(join(folder, 'places.json'))) {
      feeder.#pieces.set(piece.serial, piece.place);
      if (hasContacts(piece.place)) await plates.insert(piece.serial, piece.place);
    }
    return feeder;
  }

  /** Puts new blanks on the stack; pieces that the feeder has already stay where they are. */
  load(serials: readonly string[]): Promise<void> {
    return this.#move(async () => {
      for (const serial of serials) if (!this.#pieces.has(serial)) this.#pieces.set(serial, 'stack');
      await this.#save();
    });
  }

  async at(place: Place): Promise<string | null> {
    await this.#gripper;
    return this.#occupant(place);
  }

  async find(serial: string): Promise<Place | null> {
    await this.#gripper;
    return this.#pieces.get(serial) ?? null;
  }

  presentBlank(seat: Place): Promise<{ readonly serial: string; readonly fresh: boolean } | null> {
    return this.#move(async () => {
      const occupant = this.#occupant(seat);
      if (occupant !== null) return { serial: occupant, fresh: false };
      const serial = this.#occupant('stack');
      if (serial === null) return null;
      await this.#put(serial, seat);
      return { serial, fresh: true };
    });
  }

  carry(serial: string, to: Place): Promise<void> {
    return this.#move(async () => {
      const from = this.#pieces.get(serial);
      if (from === undefined) throw new FeederError('FEEDER_PIECE_UNKNOWN', { where: to });
      if (from === to) return;
      if (!TRAYS.has(to) && this.#occupant(to) !== null) throw new FeederError('FEEDER_PLACE_OCCUPIED', { where: to });
      if (hasContacts(from)) await this.#plates.remove(from);
      await this.#put(serial, to);
    });
  }

  reseat(seat: Place): Promise<void> {
    return this.#move(async () => {
      const serial = this.#occupant(seat);
      if (serial === null) throw new FeederError('FEEDER_PLACE_EMPTY', { where: seat });
      await this.#plates.remove(seat);
      await this.#plates.insert(serial, seat);
    });
  }

  async photograph(place: Place): Promise<{ readonly front: Uint8Array | null; readonly back: Uint8Array | null }> {
    const serial = await this.at(place);
    if (serial === null) throw new FeederError('FEEDER_PLACE_EMPTY', { where: place });
    return { front: await this.#face(serial, 'front'), back: await this.#face(serial, 'back') };
  }

  /** The print head: puts both faces on the piece that lies in the printer. Front first, as a real one does; never over a print. */
  impress(serial: string, faces: Impression): Promise<void> {
    return this.#move(async () => {
      if (this.#occupant('printer') !== serial) throw new FeederError('FEEDER_PLACE_EMPTY', { where: 'printer' });
      for (const side of ['front', 'back'] as const) {
        if ((await this.#face(serial, side)) !== null) throw new FeederError('FEEDER_FACE_PRINTED', { where: side });
      }
      await writeDurably(this.#facePath(serial, 'front'), faces.front);
      await writeDurably(this.#facePath(serial, 'back'), faces.back);
    });
  }

  #occupant(place: Place): string | null {
    for (const [serial, at] of this.#pieces) if (at === place) return serial;
    return null;
  }

  async #put(serial: string, to: Place): Promise<void> {
    this.#pieces.set(serial, to);
    await this.#save();
    if (hasContacts(to)) await this.#plates.insert(serial, to);
  }

  async #save(): Promise<void> {
    const places: Piece[] = [...this.#pieces].map(([serial, place]) => ({ serial, place }));
    await writeDurably(join(this.#folder, 'places.json'), Buffer.from(JSON.stringify(places)));
  }

  #facePath(serial: string, face: 'front' | 'back'): string {
    return join(this.#folder, 'faces', `${serial}-${face}.png`);
  }

  #face(serial: string, face: 'front' | 'back'): Promise<Uint8Array | null> {
    return readIfThere(this.#facePath(serial, face));
  }

  #move<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#gripper.then(work);
    this.#gripper = turn.catch(() => undefined);
    return turn;
  }
}

async function readPlaces(path: string): Promise<readonly Piece[]> {
  const bytes = await readIfThere(path);
  return bytes === null ? [] : (JSON.parse(Buffer.from(bytes).toString('utf8')) as Piece[]);
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Whole or absent, also after a power cut: written beside, synced, renamed, and the rename synced. */
async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(`${path}.tmp`, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
