/**
 * One seat of the line: one reader, one process, one card at a time. It pulls a card when its seat is free, and a piece that
 * lies in its seat after a restart comes before anything new. The reader is held by a process of its own, which `openChildReader`
 * ends and starts again: an abort or a stall of `pcsclite` costs a reconnection, and this process never waits for it.
 *
 * Usage: node seat.js PLACE   (`encode:1` …)
 */
import { openChildReader } from '#encoder/readers';
import { referenceDriver } from '#encoder/drivers';
import { createChipJournal, createLineControl, leasedTo } from '#production/cards';
import { createCardRecords } from '#production/records';
import { connectFeeder, type Place } from '#queues/feeders';
import { encodeCard, seatTender, type EncodeDeps } from '#queues/steps';
import { answerDoorbell } from '#queues/workers';
import { faultFields } from './fault.ts';
import { runProcess } from './process.ts';
import { readerAnswers } from './reader-answers.ts';
import { openPlantDatabase, openQueue, openSigner, stationLedger, storeDeps } from './running-plant.ts';
import { stepLog } from './step-log.ts';

const place = process.argv[2] as Place;

await runProcess(`seat-${place.replace(':', '-')}`, async (plant, log) => {
  const name = plant.seats.find((candidate) => candidate.place === place)?.readerName;
  if (name === undefined) throw new Error(`the plant has no seat ${place}`);
  const db = await openPlantDatabase(plant, `seat-${place}`, 2);
  const store = storeDeps(db);
  const signer = openSigner(plant, 'line');
  const reader = await openChildReader(name);
  const control = createLineControl(store, { line: plant.line });
  const deps: EncodeDeps = {
    ledger: stationLedger(store, plant),
    records: createCardRecords({ ...store, signer }),
    signer: {
      transportKeys: (claim, chipId) => signer.transportKeys({ cardId: claim.cardId, fence: claim.fence, chipId }),
      securityObject: (claim, files) => signer.securityObject({ cardId: claim.cardId, fence: claim.fence, ...files }),
      trustPoint: async () => ({ certificate: (await signer.publicMaterial()).cvca, date: shortDate(new Date()) }),
    },
    journal: createChipJournal(store),
    feeder: connectFeeder(plant.feederSocket),
    driver: referenceDriver,
    log: stepLog(log),
  };
  const seat = { place, reader };
  const tender = seatTender({ deps, seat, control });
  const encodeOne = async (cardId: string): Promise<void> => {
    await control.report({ place, doing: 'encoding', cardId, serial: null });
    const result = await encodeCard(deps, seat, cardId);
    await control.report({ place, doing: 'idle', cardId: null, serial: null });
    log.info(
      { event: `encode_${result.result}`, cardId, seat: place, ...('why' in result ? { code: result.why } : {}) },
      'a doorbell was answered',
    );
  };
  // The tender sees to the piece in the seat; a card that was claimed and had no piece yet is known by its lease alone.
  let settled = false;
  const answerer = answerDoorbell({
    queue: 'encode',
    connection: openQueue(plant, true),
    mayPull: async () => {
      if (!(await readerAnswers(reader)) || !(await tender.free())) return false;
      if (settled) return true;
      for (const cardId of await leasedTo(store, { station: 'encode', owner: place })) await encodeOne(cardId);
      settled = true;
      return true;
    },
    handle: ({ cardId }) => encodeOne(cardId),
    onFault: (fault) => {
      settled = false;
      log.error({ event: 'encode_fault', ...faultFields(fault), seat: place }, 'a card could not be worked on');
    },
  });
  await control.report({ place, doing: 'idle', cardId: null, serial: null });
  return {
    async stop() {
      await answerer.stop();
      await reader.close();
      await db.destroy();
    },
  };
});

/** `YYMMDD`, in UTC: what a chip is told about today. */
function shortDate(now: Date): string {
  return now.toISOString().slice(2, 10).replaceAll('-', '');
}
