import { randomBytes, randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { fromHex, toHex } from '#encoder/bytes';
import { DRIVER_NAMES, type DriverName } from '#encoder/drivers';
import { diversify } from '#encoder/globalplatform';
import { blankSerial, createImage, VirtualCard, VirtualSlot } from '#encoder/virtual-card';
import { CliError, EXIT, type CliIo } from '#production/cli';
import { LAB_MAKER, LAB_MASTER, transportMasterIn } from './lab-maker.ts';

interface VirtualCardOptions {
  readonly image?: string;
  readonly make?: string;
  readonly family: DriverName;
  readonly transportMaster?: string;
  readonly port?: number;
}

export function registerVirtualCard(program: Command, io: CliIo): void {
  program
    .command('virtual-card')
    .option('--image <file>', "a virtual chip's memory, e.g. var/demo/cards/crd-…/virtual-card.image")
    .option('--make <file>', 'make a blank chip there first')
    .addOption(new Option('--family <name>', 'of the blank').choices(DRIVER_NAMES).default('reference'))
    .option('--transport-master <file>', "the maker's master key of the blank, 32 hex digits; the published one of the lab unless told")
    .option('--port <n>', 'where vpcd waits for a card (35963 is its first slot); a blank need not be put in at once', port)
    .description(
      'put a virtual card into a reader of a vpcd on this host, until Ctrl-C; make blank ones / đặt thẻ ảo vào đầu đọc, tạo phôi ảo',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (options: VirtualCardOptions) => {
      const { image, make, port: at } = options;
      if ((image === undefined) === (make === undefined) || (image !== undefined && at === undefined)) throw unclear();
      if (make !== undefined) makeBlank(io, make, options);
      if (at !== undefined) await serve(io, resolve(io.cwd, image ?? make ?? ''), at);
    });
}

const EXAMPLES = `
Examples:
  cardmint virtual-card --image var/demo/cards/crd-…/virtual-card.image --port 35963
  cardmint virtual-card --make blank.image --family passport-applet --port 35963
`;

function makeBlank(io: CliIo, path: string, { family, transportMaster }: VirtualCardOptions): void {
  const master = transportMaster === undefined ? LAB_MASTER : transportMasterIn(resolve(io.cwd, transportMaster));
  const serial = blankSerial('26A', randomInt(1, 10_000_000));
  const chipId = Uint8Array.of(...fromHex(LAB_MAKER), ...randomBytes(7));
  const transportKeys = diversify(master, chipId);
  createImage(resolve(io.cwd, path), { serial, chipId, transportKeys, personality: { program: family } });
  for (const key of Object.values(transportKeys)) key.destroy();
  io.out(`✓ ${serial}  ${family}  ${toHex(chipId)}  → ${path}\n`);
}

async function serve(io: CliIo, path: string, at: number): Promise<void> {
  const card = VirtualCard.open(path);
  const slot = new VirtualSlot({ port: at });
  await slot.insert(card);
  io.out(`✓ ${card.serial} → 127.0.0.1:${at}   (Ctrl-C)\n`);
  await new Promise<void>((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
  });
  await slot.remove();
  await card.close();
}

function unclear(): CliError {
  return new CliError(
    {
      code: 'USAGE',
      what: { vi: 'Cần --image với --port, hoặc --make', en: '--image with --port is needed, or --make' },
      todo: { vi: 'Xem cardmint virtual-card --help', en: 'see cardmint virtual-card --help' },
    },
    EXIT.usage,
  );
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new InvalidArgumentError('a port from 1 to 65535');
  return value;
}
