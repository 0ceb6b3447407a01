/**
 * The hardware that the embedded plant does not have: virtual chips, the machine that carries them, and the chip maker who
 * delivers blanks. It knows nothing of orders, batches or keys of the plant; killing line, seat or inspector leaves every
 * card powered where it lies, and killing this process is a power cut to the cards and nothing more.
 *
 * Usage: node virtual-cards.js HARDWARE_FILE   (JSON, `Hardware` below)
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '#encoder/bytes';
import { CardRack, makeBlanks, RsaKeyPool, type Defect } from '#encoder/virtual-card';
import { FeederError, serveFeeder, VirtualFeeder } from '#queues/feeders';

export interface Hardware {
  /** `images/` (the chips' memories), `feeder/` (where the pieces lie, and what was printed on them). */
  readonly folder: string;
  readonly socket: string;
  /** Which reader's port is under which place. */
  readonly seats: readonly { readonly place: string; readonly port: number }[];
  /** The chip maker's master key, 32 hex digits: from it every chip's transport keys are diversified. */
  readonly makerMasterFile: string;
  readonly readyFile: string;
}

/** Chips whose RSA key is ready before it is asked for. */
const KEYS_READY = 6;

async function main(): Promise<void> {
  const hardware = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Hardware;
  const images = join(hardware.folder, 'images');
  mkdirSync(images, { recursive: true, mode: 0o700 });
  const keys = new RsaKeyPool(KEYS_READY);
  const rack = new CardRack({
    folder: images,
    places: Object.fromEntries(hardware.seats.map(({ place, port }) => [place, { port }])),
    takeRsaKey: keys.take,
  });
  const feeder = await VirtualFeeder.open(join(hardware.folder, 'feeder'), rack);
  const server = await serveFeeder(hardware.socket, feeder, {
    manufacture: async (request) => manufacture(hardware, images, feeder, request),
    image: async (request) => Promise.resolve(join(images, imageName(String(request['serial'])))),
  });
  writeFileSync(hardware.readyFile, String(process.pid));
  const stop = (): void => {
    rmSync(hardware.readyFile, { force: true });
    keys.close();
    server.close();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/**
 * The chip maker: blanks on the stack and their delivery note. The same delivery asked for twice is the same delivery.
 * Request: `{ deliveryNote, count, defects: { "<position from 0>": Defect } }`.
 */
async function manufacture(
  hardware: Hardware,
  images: string,
  feeder: VirtualFeeder,
  request: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const name = String(request['deliveryNote']);
  if (!/^[A-Z0-9-]{1,40}$/.test(name)) throw new FeederError('FEEDER_REQUEST_INVALID', { where: 'deliveryNote' });
  const noteFile = join(hardware.folder, `${name}.delivery-note.json`);
  let note: ReturnType<typeof makeBlanks>;
  try {
    note = JSON.parse(readFileSync(noteFile, 'utf8')) as ReturnType<typeof makeBlanks>;
  } catch {
    // A delivery that was interrupted is made anew: nobody has seen its note.
    const made = readdirSync(images);
    for (const file of made) if ((await feeder.find(file.replace(/\.image$/, ''))) === null) rmSync(join(images, file));
    const master = new Secret(Buffer.from(readFileSync(hardware.makerMasterFile, 'utf8').trim(), 'hex'));
    note = makeBlanks({
      deliveryNote: name,
      lot: '26A',
      firstNumber: readdirSync(images).length + 1,
      count: Number(request['count']),
      folder: images,
      masterKey: master,
      random: (length) => Uint8Array.from(randomBytes(length)),
      defects: (request['defects'] ?? {}) as Readonly<Record<number, Defect>>,
    });
    master.destroy();
    writeFileSync(noteFile, JSON.stringify(note), { mode: 0o600 });
  }
  await feeder.load(note.blanks.map((blank) => blank.serial));
  return note;
}

function imageName(serial: string): string {
  if (!/^[A-Z0-9]{1,40}$/.test(serial)) throw new FeederError('FEEDER_REQUEST_INVALID', { where: 'serial' });
  return `${serial}.image`;
}

main().catch((error: unknown) => {
  process.stderr.write(`virtual-cards: ${String(error)}\n`);
  process.exit(1);
});
