/** A few seats in a thread of their own, as a plant has them in processes of their own; started by `encoder-bench`. */
import { parentPort, workerData } from 'node:worker_threads';
import { runCard, type CardBench } from './encoder-card.ts';
import { throwawayChain } from './throwaway-cvca.ts';

/** What a thread is given: everything but keys that sign. */
export interface SeatsOrder extends Omit<CardBench, 'chain'> {
  readonly name: string;
  readonly seats: number;
  readonly cardsASeat: number;
}

const order = workerData as SeatsOrder;
const bench: CardBench = { ...order, chain: throwawayChain(new Date()) };
const seats = Array.from({ length: order.seats }, (_, seat) => `${order.name}-${seat}`);

// Compiled code and warm caches are no part of a card.
await runCard(withoutTiming(bench), `${order.name}-warm`);
parentPort?.once('message', () => {
  void Promise.all(seats.map(makeCards)).then(() => parentPort?.postMessage('done', []));
});
parentPort?.postMessage('ready', []);

async function makeCards(seat: string): Promise<void> {
  for (let card = 0; card < order.cardsASeat; card += 1) await runCard(bench, `${seat}-${card}`);
}

function withoutTiming({ timing: _timing, ...untimed }: CardBench): CardBench {
  return untimed;
}
