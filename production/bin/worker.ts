/**
 * The worker: lints orders, packs batches, relays the outbox and sweeps what stands still. No reader, no token.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { lineStatus } from '#production/cards';
import { prepareOrder } from '#production/orders';
import { listenOutbox, purgeOutbox, relayOutbox, sweep } from '#production/outbox';
import { packBatch, ShipmentError } from '#production/shipments';
import type { StoreDeps } from '#production/store';
import { answerDoorbell, createRinger } from '#queues/workers';
import { lintOrder } from './lint-order.ts';
import { faultFields } from './fault.ts';
import { runProcess } from './process.ts';
import { openPlantDatabase, openQueue, openSigner, plantConnection, storeDeps } from './running-plant.ts';

/** A doorbell that nobody answered for so long is rung again. */
const SWEEP_IDLE_SECONDS = 10;
const SWEEP_EVERY_MS = 3000;
const RELAY_POLL_MS = 500;
/** The longest pause between two tries while Redis or PostgreSQL is away. */
const RELAY_PAUSE_MS_MAX = 8000;
const PURGE_EVERY_MS = 3_600_000;

await runProcess('worker', async (plant, log) => {
  const db = await openPlantDatabase(plant, 'worker', 6);
  const store = storeDeps(db);
  const signer = openSigner(plant, 'worker');
  // Told at once that Redis is away: a relay that waited would hold its transaction open for as long.
  const ringer = createRinger(openQueue(plant, false));
  const stopping = new AbortController();
  const quiet = (event: string) => (error: unknown) =>
    log.error({ event, ...faultFields({ code: 'UNEXPECTED', error }) }, 'a round of the worker failed; the next one tries again');

  let wake: () => void = () => undefined;
  const bell = listenOutbox(await plantConnection(plant), () => wake(), quiet('outbox_listener_broken'));
  let failures = 0;
  const relay = forever(stopping.signal, async () => {
    try {
      while ((await relayOutbox(db, ringer.ring)) > 0 && !stopping.signal.aborted);
      failures = 0;
    } catch (error) {
      quiet('relay_failed')(error);
      const pauseMs = Math.min(RELAY_PAUSE_MS_MAX, RELAY_POLL_MS * 2 ** failures++);
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await Promise.race([sleep(RELAY_POLL_MS), new Promise<void>((resolve) => (wake = resolve))]);
  });
  const sweeper = forever(stopping.signal, async () => {
    await sleep(SWEEP_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    if (stopping.signal.aborted) return;
    try {
      const swept = await sweep(db, { idleSeconds: SWEEP_IDLE_SECONDS, stillQueued: ringer.stillQueued });
      const count = swept.orders + swept.cards + swept.batches;
      if (count > 0) log.info({ event: 'swept', count }, 'doorbells were rung again');
    } catch (error) {
      quiet('sweep_failed')(error);
    }
  });
  const purge = setInterval(() => void purgeOutbox(db, plant.outboxHours * 3600).catch(quiet('purge_failed')), PURGE_EVERY_MS);

  const preparing = [1, 2].map(() =>
    answerDoorbell({
      queue: 'prepare',
      connection: openQueue(plant, true),
      mayPull: () => Promise.resolve(true),
      handle: async ({ orderKey }) => {
        const prepared = await prepareOrder({ ...store, signer, ...lintOrder }, orderKey);
        log.info({ event: `order_${prepared.outcome.toLowerCase()}`, orderKey }, 'an order was linted');
      },
      onFault: (fault) => log.error({ event: 'prepare_fault', ...faultFields(fault) }, 'an order could not be linted'),
    }),
  );
  const packing = answerDoorbell({
    queue: 'pack',
    connection: openQueue(plant, true),
    // A signed manifest is an effect: after a restart of the whole plant it waits for the operator as well (invariant R1).
    mayPull: async () => !(await awaitsOperator(store, plant.line)),
    handle: async ({ batchId }) => {
      try {
        await packBatch({ ...store, signer, plantName: plant.name, boxCardsMax: plant.boxCardsMax }, batchId);
        log.info({ event: 'batch_packed', batchId }, 'a batch was packed');
      } catch (error) {
        // A card of the batch was doubted or spoiled after the doorbell rang: its remake rings again.
        if (!(error instanceof ShipmentError) || error.code !== 'BATCH_NOT_INSPECTED') throw error;
        log.info({ event: 'pack_too_early', batchId }, 'the batch is not inspected to the end');
      }
    },
    onFault: (fault) => log.error({ event: 'pack_fault', ...faultFields(fault) }, 'a batch could not be packed'),
  });
  return {
    async stop() {
      stopping.abort();
      wake();
      clearInterval(purge);
      await Promise.all([relay, sweeper, packing.stop(), ...preparing.map((one) => one.stop())]);
      await bell();
      await ringer.close();
      await db.destroy();
    },
  };
});

async function awaitsOperator(store: StoreDeps, lineId: string): Promise<boolean> {
  const line = await lineStatus(store, lineId);
  return line === null || (line.mode === 'held' && line.reason === 'recovery');
}

async function forever(signal: AbortSignal, round: () => Promise<void>): Promise<void> {
  while (!signal.aborted) await round();
}
