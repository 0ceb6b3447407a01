import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DriverName } from '#encoder/drivers';
import { openPcscReader } from '#encoder/readers';
import { blankImage, startTestPcscd, type TestPcscd } from '#encoder/testing';
import { VirtualCard, VirtualSlot, type Fault } from '#encoder/virtual-card';
import { runCommandLine, type CliIo } from '#production/cli';
import { demoOrders, drawImages, orderJson } from '#production/demo';
import type { Order } from '#production/orders';
import { registerEncode } from './encode-command.ts';
import { LAB_MARKER } from './lab-folder.ts';
import { registerSpecimenOrder } from './specimen-order-command.ts';
import { registerVirtualCard } from './virtual-card-command.ts';

const NOW = new Date();

let pcscd: TestPcscd;
let home: string;
let people: readonly Order[];
let slot: VirtualSlot;
beforeAll(async () => {
  pcscd = await startTestPcscd();
  slot = new VirtualSlot({ port: pcscd.slots[0]?.port ?? 0 });
  home = mkdtempSync(join(tmpdir(), 'cardmint-lab-'));
  people = await Promise.all(
    demoOrders(4, NOW)
      .filter(({ traits }) => !traits.some((trait) => trait.startsWith('faulty')))
      .map(async (person) => orderJson(person, await drawImages(person.citizen.personalNumber))),
  );
  writeOrders('orders.json', people.slice(0, 3));
  writeOrders('more.json', people.slice(3));
});
afterAll(async () => {
  await pcscd?.stop();
  if (home !== undefined) rmSync(home, { recursive: true, force: true });
});

function writeOrders(name: string, orders: readonly Order[]): void {
  writeFileSync(join(home, name), JSON.stringify({ format: 'cardmint-orders/1', orders }));
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function cardmint(args: readonly string[], env: CliIo['env'] = {}): Promise<Outcome> {
  let out = '';
  let err = '';
  const io: CliIo = { out: (text) => void (out += text), err: (text) => void (err += text), interactive: false, env, cwd: home };
  const program = new Command('cardmint');
  registerVirtualCard(program, io);
  registerSpecimenOrder(program, io);
  registerEncode(program, io, { openReader: (name) => openPcscReader(name), now: () => new Date() });
  return { code: await runCommandLine(program, args, io), out, err };
}

const readerName = (): string => pcscd.slots[0]?.name ?? '';

/** `cardmint encode` as an operator types it, into the first reader. */
function encode(family: DriverName, order: string, ...more: readonly string[]): Promise<Outcome> {
  return cardmint(['encode', '--reader', readerName(), '--driver', family, '--order', order, '--lab-keys', 'lab', ...more]);
}

let chips = 0;
async function blank(family: DriverName): Promise<string> {
  chips += 1;
  const image = `${family}-${chips}.image`;
  const made = await cardmint(['virtual-card', '--make', image, '--family', family]);
  expect(made).toMatchObject({ code: 0, err: '' });
  return image;
}

async function inReader<T>(image: string, faults: readonly Fault[], body: () => Promise<T>): Promise<T> {
  const card = VirtualCard.open(join(home, image), { durable: false, faults });
  await slot.insert(card);
  try {
    return await body();
  } finally {
    await slot.remove();
    await card.close();
  }
}

interface Answer {
  readonly verdict: string;
  readonly outcome: string;
  readonly orderId: string;
  readonly chipId: string | null;
  readonly checks: readonly { readonly check: string; readonly passed: boolean }[];
  readonly files: readonly { readonly name: string }[];
  readonly material: Readonly<Record<string, string>>;
}

function answer({ out, err }: Outcome): Answer {
  expect(out, err).not.toBe('');
  return JSON.parse(out) as Answer;
}

function eventsOf(orderId: string): readonly Readonly<Record<string, unknown>>[] {
  const lines = readFileSync(join(home, 'lab', 'cards', orderId, 'journal.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

const idOf = (index: number): string => people[index]?.orderId ?? '';

const torn = (occurrence: number): readonly Fault[] => [{ at: { ins: 0xd6, occurrence }, effect: { kind: 'torn', bytes: 100 } }];

/** Names and modes of what is in a folder, files alone. */
function filesOf(folder: string): Readonly<Record<string, string>> {
  const at = join(home, folder);
  return Object.fromEntries(readdirSync(at).map((name) => [name, (statSync(join(at, name)).mode & 0o777).toString(8)]));
}

function refused(outcome: Outcome, code: string): void {
  expect(outcome.code, outcome.out + outcome.err).not.toBe(0);
  expect(outcome.err).toContain(code);
}

describe('a chip of the reference profile', () => {
  test('torn in the middle, resumed by the same command, confirmed by a third one; another order is refused', async () => {
    const image = await blank('reference');
    const first = await inReader(image, torn(4), () => encode('reference', 'orders.json', '--json'));
    expect(first.code).toBe(1);
    expect(first.err).toContain('the same command again carries on');
    expect(eventsOf(idOf(0)).at(-1)).toMatchObject({ event: 'outcome', result: 'unknown' });
    expect(eventsOf(idOf(0)).at(-2)).toMatchObject({ event: 'intent', operation: 'writeFile' });

    refused(await inReader(image, [], () => encode('reference', 'orders.json', '--order-id', idOf(1))), 'CHIP_BOUND_TO_ANOTHER');
    refused(await inReader(await blank('reference'), [], () => encode('reference', 'orders.json')), 'LAB_CHIP_EXCHANGED');

    const before = eventsOf(idOf(0)).length;
    const resumed = await inReader(image, [], () =>
      encode('reference', 'orders.json', '--json', '--trace', 'trace.jsonl', '--out', 'card'),
    );
    expect(resumed, resumed.err).toMatchObject({ code: 0 });
    const made = answer(resumed);
    expect(made).toMatchObject({ verdict: 'good', outcome: 'made', orderId: idOf(0) });
    expect(made.chipId).toMatch(/^FE[0-9A-F]{14}$/);
    expect(made.checks.filter(({ passed }) => !passed)).toEqual([]);
    const repeated = eventsOf(idOf(0)).slice(before);
    expect(repeated.filter(({ operation }) => operation === 'writeBindingTag' || operation === 'generateKeys')).toEqual([]);
    expect(filesOf('card')).toMatchObject({ 'EF.SOD': '600', 'mrz.txt': '600' });
    expect(readFileSync(join(home, 'trace.jsonl'), 'utf8')).not.toContain(people[0]?.citizen.personalNumber);

    const again = await inReader(image, [], () => encode('reference', 'orders.json', '--json'));
    expect(again, again.err).toMatchObject({ code: 0 });
    expect(answer(again)).toMatchObject({ verdict: 'good', outcome: 'confirmed' });

    // A second order for the same person: the chip opens to it, and is not its card.
    writeOrders(
      'second.json',
      people.slice(0, 1).map((order) => ({ ...order, orderId: 'second' })),
    );
    refused(await inReader(image, [], () => encode('reference', 'second.json')), 'ALREADY_LOCKED');
    refused(await inReader(await blank('reference'), [], () => encode('reference', 'orders.json')), 'LAB_CHIP_EXCHANGED');
  });

  test('what lies in the folder is a lab’s by name and mode, and another lab finds its card foreign', async () => {
    const image = await blank('reference');
    const made = await inReader(image, [], () => encode('reference', 'orders.json', '--order-id', idOf(1), '--json'));
    expect(made, made.err).toMatchObject({ code: 0 });
    const files = filesOf(join('lab', 'VNM'));
    const keys = Object.entries(files).filter(([name]) => name.endsWith('.key.pem'));
    expect(keys.length).toBe(5);
    expect(keys.every(([, mode]) => mode === '600')).toBe(true);
    expect(existsSync(join(home, 'lab', LAB_MARKER))).toBe(true);
    for (const name of ['csca.cer', 'ds.cer']) {
      const { subject, issuer } = new X509Certificate(readFileSync(join(home, 'lab', 'VNM', name)));
      expect(`${subject}\n${issuer}`.match(/LAB - NOT A STATE AUTHORITY/g)?.length).toBeGreaterThanOrEqual(4);
    }
    const written = readFileSync(join(home, 'lab', 'cards', idOf(1), 'journal.jsonl'), 'utf8') + made.err;
    const { personalNumber, fullName } = people[1]?.citizen ?? { personalNumber: '?', fullName: '?' };
    expect(written).not.toContain(personalNumber);
    expect(written).not.toContain(fullName);

    const elsewhere = await inReader(image, [], () =>
      cardmint([
        'encode',
        '--reader',
        readerName(),
        '--driver',
        'reference',
        '--order',
        'orders.json',
        '--order-id',
        idOf(1),
        '--lab-keys',
        'lab-2',
      ]),
    );
    refused(elsewhere, 'ALREADY_LOCKED');
  });

  test('the maker’s master key comes from a file; a chip that is not virtual is tried with no other', async () => {
    writeFileSync(join(home, 'master.hex'), '00112233445566778899aabbccddeeff\n', { mode: 0o600 });
    writeFileSync(join(home, 'short.hex'), '0011');
    expect(await cardmint(['virtual-card', '--make', 'other-maker.image', '--transport-master', 'master.hex'])).toMatchObject({ code: 0 });
    refused(await encode('reference', 'orders.json', '--transport-master', 'short.hex'), 'LAB_MASTER_UNUSABLE');
    refused(
      await inReader('other-maker.image', [], () => encode('reference', 'orders.json', '--order-id', idOf(2))),
      'SCP_CARD_CRYPTOGRAM',
    );
    const made = await inReader('other-maker.image', [], () =>
      encode('reference', 'orders.json', '--order-id', idOf(2), '--transport-master', 'master.hex', '--json'),
    );
    expect(made, made.err).toMatchObject({ code: 0 });

    blankImage(join(home, 'real.image'));
    refused(await inReader('real.image', [], () => encode('reference', 'more.json')), 'LAB_MASTER_NEEDED');
  });
});

describe('the keys of the chip itself', () => {
  const PUT_KEY = 0xd8;
  /** An order of its own for each chip. */
  function orderOf(orderId: string): string {
    writeOrders(
      `${orderId}.json`,
      people.slice(0, 1).map((order) => ({ ...order, orderId })),
    );
    return `${orderId}.json`;
  }
  const keyVersions = (image: string): readonly number[] => {
    const card = VirtualCard.open(join(home, image), { durable: false });
    const versions = card.keyVersions();
    void card.close();
    return versions;
  };

  test.each(['reference', 'cps'] as const)(
    '%s: the maker’s are replaced first; torn there, the chip says how far it came',
    async (family) => {
      for (const [kind, versions] of [
        ['before', [1]],
        ['after', [2]],
      ] as const) {
        const image = await blank(family);
        const orderId = `ord-keys-${family}-${kind}`;
        const order = orderOf(orderId);
        const torn = await inReader(image, [{ at: { ins: PUT_KEY }, effect: { kind } }], () => encode(family, order, '--json'));
        expect(torn.code).toBe(1);
        expect(keyVersions(image)).toEqual(versions);
        expect(eventsOf(orderId).filter(({ event }) => event === 'intent')).toMatchObject([{ sequence: 0, operation: 'replaceKeys' }]);
        const made = await inReader(image, [], () => encode(family, order, '--json'));
        expect(made, made.err).toMatchObject({ code: 0 });
        expect(keyVersions(image)).toEqual([2]);
      }
      expect(filesOf('lab')).toMatchObject({ 'plant-master.hex': '600' });
    },
  );

  test('threat: a chip that has the keys of another lab folder is refused by its reason, and carried on in its own', async () => {
    const image = await blank('reference');
    const order = orderOf('ord-keys-folder');
    expect((await inReader(image, torn(4), () => encode('reference', order))).code).toBe(1);
    const elsewhere = ['encode', '--reader', readerName(), '--driver', 'reference', '--order', order, '--lab-keys', 'lab-elsewhere'];
    refused(await inReader(image, [], () => cardmint(elsewhere)), 'LAB_CHIP_OF_ANOTHER');
    const made = await inReader(image, [], () => encode('reference', order, '--json'));
    expect(made, made.err).toMatchObject({ code: 0 });
  });

  test('threat: a plant master that is cut short is not used, and no other is made in its place', async () => {
    mkdirSync(join(home, 'lab-cut'));
    writeFileSync(join(home, 'lab-cut', LAB_MARKER), '');
    writeFileSync(join(home, 'lab-cut', 'plant-master.hex'), '0011');
    const order = orderOf('ord-keys-cut');
    refused(
      await cardmint(['encode', '--reader', readerName(), '--driver', 'reference', '--order', order, '--lab-keys', 'lab-cut']),
      'LAB_KEYS_DAMAGED',
    );
    expect(readFileSync(join(home, 'lab-cut', 'plant-master.hex'), 'utf8')).toBe('0011');
  });
});

describe('a chip that takes its keys', () => {
  /** As an operator without a plant gets it: dates as the profile wants them. */
  async function specimenOrder(profile: string, file: string): Promise<Order> {
    expect(await cardmint(['specimen-order', '--profile', profile, '--out', file])).toMatchObject({ code: 0 });
    const [order] = (JSON.parse(readFileSync(join(home, file), 'utf8')) as { readonly orders: readonly Order[] }).orders;
    if (order === undefined) throw new Error('no order');
    return order;
  }

  const FAMILIES: readonly (readonly [DriverName, string, readonly Fault[]])[] = [
    ['passport-applet', 'icao-td3-bac', torn(4)],
    ['passport-applet-pace', 'icao-td3', torn(4)],
    ['cps', 'cccd-2021-specimen', [{ at: { ins: 0xe2, occurrence: 30 }, effect: { kind: 'before' } }]],
  ];
  test.each(FAMILIES)('%s with %s: torn, resumed with the same keys, locked, and the keys are gone', async (family, profile, faults) => {
    const orderId = `ord-${family}`;
    const order = await specimenOrder(profile, `${family}-specimen.json`);
    writeOrders(`${family}.json`, [
      { ...order, orderId },
      { ...order, orderId: `${orderId}-other` },
    ]);
    const card = join('lab', 'cards', orderId);
    const image = await blank(family);
    const first = await inReader(image, faults, () => encode(family, `${family}.json`, '--profile', profile));
    expect(first.err).toContain('the same command again carries on');
    expect(filesOf(card)).toMatchObject({ 'key-pairs.json': '600', 'journal.jsonl': '600' });
    const pairs = readFileSync(join(home, card, 'key-pairs.json'), 'utf8');

    refused(await inReader(await blank(family), [], () => encode(family, `${family}.json`, '--profile', profile)), 'LAB_CHIP_EXCHANGED');
    const other = await inReader(image, [], () => encode(family, `${family}.json`, '--profile', profile, '--order-id', `${orderId}-other`));
    refused(other, family === 'cps' ? 'CHIP_BOUND_TO_ANOTHER' : 'CHIP_');
    expect(readFileSync(join(home, card, 'key-pairs.json'), 'utf8')).toBe(pairs);

    const resumed = await inReader(image, [], () => encode(family, `${family}.json`, '--profile', profile, '--json'));
    expect(resumed, resumed.out + resumed.err).toMatchObject({ code: 0 });
    expect(answer(resumed)).toMatchObject({ verdict: 'good', outcome: 'made' });
    expect(Object.keys(filesOf(card))).toEqual(['journal.jsonl']);

    const again = await inReader(image, [], () => encode(family, `${family}.json`, '--profile', profile, '--json'));
    expect(again, again.out + again.err).toMatchObject({ code: 0 });
    expect(answer(again)).toMatchObject({ verdict: 'good', outcome: 'confirmed' });
  });
});

describe('refused before any chip is asked', () => {
  const untouched = (args: readonly string[], env: CliIo['env'] = {}): Promise<Outcome> =>
    cardmint(['encode', '--reader', 'no such reader', '--driver', 'reference', '--order', 'orders.json', ...args], env);

  test('in a plant, and where other things lie', async () => {
    mkdirSync(join(home, 'plant', 'secrets'), { recursive: true });
    writeFileSync(join(home, 'plant', 'ceremony.minutes.jsonl'), '');
    mkdirSync(join(home, 'token'));
    writeFileSync(join(home, 'token', 'token.object'), '');
    refused(await untouched(['--lab-keys', 'lab'], { CARDMINT_CONFIG: 'plant.json' }), 'LAB_NOT_IN_PLANT');
    refused(await untouched(['--lab-keys', 'lab'], { NODE_ENV: 'production' }), 'LAB_NOT_IN_PLANT');
    refused(await untouched(['--lab-keys', 'lab'], { PCSCLITE_CSOCK_NAME: join(home, 'plant', 'run', 'pcscd.comm') }), 'LAB_NOT_IN_PLANT');
    for (const folder of ['plant', join('plant', 'secrets', 'lab'), 'token']) {
      refused(await untouched(['--lab-keys', folder]), 'LAB_NOT_IN_PLANT');
    }
    mkdirSync(join(home, 'papers'));
    writeFileSync(join(home, 'papers', 'letter.txt'), '');
    refused(await untouched(['--lab-keys', 'papers']), 'LAB_FOLDER_FOREIGN');
    expect(readdirSync(join(home, 'papers'))).toEqual(['letter.txt']);
  });

  test('an order that the lint of the plant refuses, by name and without a value', async () => {
    const [good] = people;
    if (good === undefined) throw new Error('nobody');
    writeOrders('bad.json', [{ ...good, orderId: 'bad', citizen: { ...good.citizen, nationality: 'XXX', placeOfResidence: '' } }]);
    const outcome = await cardmint([
      'encode',
      '--reader',
      'no such reader',
      '--driver',
      'reference',
      '--order',
      'bad.json',
      '--lab-keys',
      'lab',
    ]);
    refused(outcome, 'LAB_ORDER_REFUSED');
    expect(outcome.err).toContain('NATIONALITY_UNDETERMINED nationality');
    expect(outcome.err).not.toContain(good.citizen.personalNumber);
    expect(existsSync(join(home, 'lab', 'cards', 'bad'))).toBe(false);
  });

  test('an order that the file does not have, a real profile, a profile that the family cannot carry', async () => {
    refused(await untouched(['--lab-keys', 'lab', '--order-id', 'nobody']), 'LAB_ORDER_UNKNOWN');
    refused(await untouched(['--lab-keys', 'lab', '--profile', 'cccd-2021']), 'CONFIG_PROFILE_WITHOUT_AUTHORITY');
    refused(await untouched(['--lab-keys', 'lab', '--profile', 'no-such']), 'PROFILE_UNKNOWN');
    const unfit = ['encode', '--reader', 'no such reader', '--driver', 'passport-applet', '--order', 'orders.json', '--lab-keys', 'lab'];
    refused(await cardmint(unfit), 'LAB_PROFILE_BEYOND_DRIVER');
    refused(await untouched(['--lab-keys', 'lab', '--chip-id', 'nonsense']), '16 hexadecimal digits');
  });
});
