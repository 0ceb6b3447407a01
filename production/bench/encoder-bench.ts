import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { withJfifHeader } from '#encoder/lds';
import type { CitizenRecord } from '#encoder/profiles';
import { makeRsaKey, type Timing } from '#encoder/virtual-card';
import { runCard, STEPS, type CardBench, type CardRun, type Step } from './encoder-card.ts';
import type { SeatsOrder } from './encoder-worker.ts';
import { leastCommands, type LeastCommands } from './least-commands.ts';

/** Contactless at 424 kbit/s, and what a chip takes to answer. */
const CHIP: Timing = { bytesPerSecond: 53_000, msPerCommand: 1.5 };
const SEATS = 16;
const THREADS = 4;
/** One after the other in each seat, so that the seats drift apart as they do in a plant. */
const CARDS_A_SEAT = 3;
const ROUNDS = 5;
const PORTRAIT_BYTES = 28_000;

export interface EncoderFigures {
  readonly card: CardRun;
  readonly least: LeastCommands;
  /** Medians: one seat with a chip of that speed, and the time that its own bytes take on the wire. */
  readonly oneSeat: { readonly wallMs: number; readonly wireMs: number };
  readonly seats: number;
  /** All seats at once, each with its own chips: until the last is done, by card of a seat. */
  readonly allSeatsMs: number;
  readonly chip: Timing;
  /** Terminal side, median over the rounds. */
  readonly cpuMs: ReadonlyMap<Step, number>;
}

/** Measures the encoder with chips in this process: no plant, no PC/SC, no journal on disk. */
export async function benchEncoder(input: {
  readonly record: CitizenRecord;
  readonly profile: string;
  readonly chain: CardBench['chain'];
}): Promise<EncoderFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'cardmint-bench-'));
  try {
    const record = { ...input.record, portrait: await largePortrait() };
    const bench: CardBench = { ...input, record, folder, rsaKey: await makeRsaKey() };
    const slow: CardBench = { ...bench, timing: CHIP };
    await runCard(bench, 'warm');
    const fast: CardRun[] = [];
    for (let round = 0; round < ROUNDS; round += 1) fast.push(await runCard(bench, `fast-${round}`));
    const alone: CardRun[] = [];
    for (let round = 0; round < ROUNDS; round += 1) alone.push(await runCard(slow, `alone-${round}`));
    const allSeatsMs = (await timeSeats(slow)) / CARDS_A_SEAT;
    const [card] = fast;
    if (card === undefined) throw new Error('no card was made');
    return {
      card,
      least: leastCommands(card),
      oneSeat: { wallMs: median(alone.map(({ wallMs }) => wallMs)), wireMs: median(alone.map((run) => wireMs(run))) },
      seats: SEATS,
      allSeatsMs,
      chip: CHIP,
      cpuMs: new Map(STEPS.map((step) => [step, median(fast.map(({ cpuMs }) => cpuMs.get(step) ?? 0))])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All seats at once, over a few threads, from the moment that every thread is warm. Milliseconds until the last card. */
async function timeSeats({ chain: _chain, ...bench }: CardBench): Promise<number> {
  const orders = Array.from({ length: THREADS }, (_, thread): SeatsOrder => {
    return { ...bench, name: `thread-${thread}`, seats: SEATS / THREADS, cardsASeat: CARDS_A_SEAT };
  });
  const threads = orders.map((workerData) => new Worker(new URL('./encoder-worker.js', import.meta.url), { workerData }));
  try {
    await Promise.all(threads.map((thread) => once(thread, 'message')));
    const began = performance.now();
    for (const thread of threads) thread.postMessage('go', []);
    await Promise.all(threads.map((thread) => once(thread, 'message')));
    return performance.now() - began;
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

/** All command and response bytes at the chip's speed, and its time for each command. */
function wireMs({ exchanges }: CardRun): number {
  const bytes = exchanges.reduce((sum, { commandBytes, responseBytes }) => sum + commandBytes + responseBytes, 0);
  return (bytes * 1000) / CHIP.bytesPerSecond + exchanges.length * CHIP.msPerCommand;
}

/** Noise that no codec makes small, at the quality that brings the whole card to about 50 KB. */
async function largePortrait(): Promise<Uint8Array> {
  const noise = { type: 'gaussian', mean: 128, sigma: 12 } as const;
  const pixels = await sharp({ create: { width: 480, height: 640, channels: 3, background: '#888', noise } })
    .png()
    .toBuffer();
  for (let quality = 10; ; quality += 1) {
    const jpeg = Uint8Array.from(await sharp(pixels).jpeg({ quality }).toBuffer());
    if (jpeg.length >= PORTRAIT_BYTES || quality >= 95) return withJfifHeader(jpeg);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
