/**
 * The line: keeps one child process a seat, and answers the printer's doorbells. It holds no reader itself.
 */
import { createLineControl, createPrintLedger, leasedTo } from '#production/cards';
import { supervise } from '#production/plant';
import { createCardRecords } from '#production/records';
import { connectFeeder } from '#queues/feeders';
import { emptySpool, spoolFolder } from '#queues/printers';
import { clearStation, printCard } from '#queues/steps';
import { answerDoorbell } from '#queues/workers';
import { processSpec } from './process-spec.ts';
import { faultFields } from './fault.ts';
import { runProcess } from './process.ts';
import { openPlantDatabase, openQueue, openSigner, stationLedger, storeDeps } from './running-plant.ts';
import { stepLog } from './step-log.ts';

await runProcess('line', async (plant, log) => {
  const db = await openPlantDatabase(plant, 'line', 3);
  const store = storeDeps(db);
  const control = createLineControl(store, { line: plant.line });
  const feeder = connectFeeder(plant.feederSocket);
  const printer = spoolFolder(plant.spoolDir, (serial, faces) => feeder.impress(serial, faces));
  const records = createCardRecords({ ...store, signer: openSigner(plant, 'line') });

  const places = plant.seats.map((seat) => seat.place).filter((place) => place.startsWith('encode:'));
  const seats = await Promise.all(
    places.map((place) =>
      supervise(
        {
          plantDir: plant.plantDir,
          onEvent: (event) => {
            if (event.kind === 'exited')
              log.warn({ event: 'seat_exited', seat: place, childPid: event.pid, signal: event.signal }, 'a seat ended');
            if (event.kind === 'silent') log.error({ event: 'seat_silent', seat: place, childPid: event.pid }, 'a seat hangs and is ended');
            if (event.kind === 'ready') log.info({ event: 'seat_ready', seat: place, childPid: event.pid }, 'a seat is ready');
          },
        },
        processSpec(plant, { name: `seat-${place.replace(':', '-')}`, script: 'seat.js', args: [place], beats: true }),
      ),
    ),
  );

  const deps = {
    ledger: stationLedger(store, plant),
    records,
    prints: createPrintLedger(store),
    feeder,
    printer,
    log: stepLog(log),
  };
  await emptySpool(plant.spoolDir);
  const printOne = async (cardId: string): Promise<void> => {
    await control.report({ place: 'printer', doing: 'printing', cardId, serial: null });
    const result = await printCard(deps, cardId, 'printer');
    await control.report({ place: 'printer', doing: 'idle', cardId: null, serial: null });
    log.info({ event: `print_${result.result}`, cardId }, 'a doorbell was answered');
  };
  // After a start or a fault the printer first sees to what it may still have in hand; not before an operator has resumed.
  let settled = false;
  const printing = answerDoorbell({
    queue: 'print',
    connection: openQueue(plant, true),
    mayPull: async () => {
      if ((await control.mode()) === 'held') return false;
      if (settled) return true;
      for (const cardId of await leasedTo(store, { station: 'print', owner: 'printer' })) await printOne(cardId);
      await clearStation(deps, 'printer');
      settled = true;
      return true;
    },
    handle: ({ cardId }) => printOne(cardId),
    onFault: (fault) => {
      settled = false;
      log.error({ event: 'print_fault', ...faultFields(fault) }, 'a card could not be printed');
    },
  });
  await control.report({ place: 'printer', doing: 'idle', cardId: null, serial: null });
  return {
    async stop() {
      await Promise.all([printing.stop(), ...seats.map((seat) => seat.stop())]);
      await db.destroy();
    },
  };
});
