import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DriverName } from '#encoder/drivers';
import { expiryOf, profileById } from '#encoder/profiles';
import { openChildReader } from '#encoder/readers';
import { READER_PROGRAM, startTestPcscd, type TestPcscd } from '#encoder/testing';
import { VirtualCard, VirtualSlot, type Fault } from '#encoder/virtual-card';
import { runCommandLine, type CliIo } from '#production/cli';
import { demoOrders, drawImages, orderJson } from '#production/demo';
import type { Order } from '#production/orders';
import { registerEncode } from './encode-command.ts';
import { LAB_MARKER } from './lab-folder.ts';
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
    demoOrders(3, NOW)
      .filter(({ traits }) => !traits.some((trait) => trait.startsWith('faulty')))
      .map(async (person) => orderJson(person, await drawImages(person.citizen.personalNumber))),
  );
  writeOrders('orders.json', people);
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
  registerEncode(program, io, { openReader: (name) => openChildReader(name, { program: READER_PROGRAM }), now: () => new Date() });
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

describe('a chip of the reference profile', () => {
  test('torn in the middle, resumed by the same command, confirmed by a third one; another order is refused', async () => {
    const image = await blank('reference');
    const torn = await inReader(image, [{ at: { ins: 0xd6, occurrence: 4 }, effect: { kind: 'torn', bytes: 500 } }], () =>
      encode('reference', 'orders.json', '--json'),
    );
    expect(torn.code).toBe(1);
    expect(torn.err).toContain('the same command again carries on');
    expect(eventsOf(idOf(0)).at(-1)).toMatchObject({ event: 'outcome', result: 'unknown' });
    expect(eventsOf(idOf(0)).at(-2)).toMatchObject({ event: 'intent', operation: 'writeFile' });

    const resumed = await inReader(image, [], () => encode('reference', 'orders.json', '--json', '--trace', 'trace.jsonl'));
    expect(resumed, resumed.err).toMatchObject({ code: 0 });
    const made = answer(resumed);
    expect(made).toMatchObject({ verdict: 'good', outcome: 'made', orderId: idOf(0) });
    expect(made.chipId).toMatch(/^FE[0-9A-F]{14}$/);

    const again = await inReader(image, [], () => encode('reference', 'orders.json', '--json'));
    expect(again, again.err).toMatchObject({ code: 0 });
    expect(answer(again)).toMatchObject({ verdict: 'good', outcome: 'confirmed' });

    const other = await inReader(image, [], () => encode('reference', 'orders.json', '--order-id', idOf(1), '--json'));
    expect(other.code).toBe(1);
    expect(other.err).toContain('ALREADY_LOCKED');
  });
});

void [existsSync, readdirSync, readFileSync, statSync, expiryOf, profileById, LAB_MARKER];
