/**
 * The inspector: readers of its own, no key that writes. It opens each finished card with what is printed on it and compares
 * everything with the order. One who checks is not the one who made.
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cvCertificate } from '#encoder/cv-certificate';
import { terminalAuthenticator, type TerminalAuthenticator } from '#encoder/inspection';
import { openChildReader } from '#encoder/readers';
import { verifySod } from '#pki/sod';
import { chipKeysOf, createLineControl, leasedTo } from '#production/cards';
import { createInspectionLedger } from '#production/quality';
import { createCardRecords } from '#production/records';
import type { SignerClient } from '#production/signer';
import { connectFeeder } from '#queues/feeders';
import { clearStation, forgetLosses, inspectCard, isSuspect, type InspectDeps, type InspectionEvidence } from '#queues/steps';
import { answerDoorbell } from '#queues/workers';
import { faultFields } from './fault.ts';
import { runProcess } from './process.ts';
import { readerAnswers } from './reader-answers.ts';
import { openPlantDatabase, openQueue, openSigner, stationLedger, storeDeps } from './running-plant.ts';
import { stepLog } from './step-log.ts';

/** The signer renews the chain days before it ends. */
const CHAIN_MS = 600_000;
/** How soon a CRL or CSCA that was taken in is known here. */
const MATERIAL_MS = 60_000;

await runProcess('inspector', async (plant, log) => {
  const db = await openPlantDatabase(plant, 'inspector', 4);
  const store = storeDeps(db);
  const signer = openSigner(plant, 'inspector');
  const control = createLineControl(store, { line: plant.line });
  const material = keptFor(MATERIAL_MS, () => signer.publicMaterial());
  const { cvca } = await material();
  const evidenceFolder = plant.insecureDemoEvidence;
  const deps: InspectDeps = {
    ledger: stationLedger(store, plant),
    records: createCardRecords({ ...store, signer }),
    inspections: createInspectionLedger(store),
    chipKeys: (claim) => chipKeysOf(db, claim.cardId),
    passiveAuthenticator: {
      async verify(efSod, dataGroups) {
        const { cscas, crl } = await material();
        return verifySod(efSod, dataGroups, { csca: cscas, crl, at: new Date() });
      },
    },
    terminalAuthenticator: plantTerminal(signer),
    cvcaReferences: [cvCertificate.decode(cvca).body.certificateHolderReference],
    feeder: connectFeeder(plant.feederSocket),
    ...(evidenceFolder === null ? {} : { insecureDemoEvidence: (cardId, evidence) => layDown(evidenceFolder, cardId, evidence) }),
    log: stepLog(log),
  };
  const places = plant.seats.filter((seat) => seat.place.startsWith('inspect:'));
  const stations = await Promise.all(
    places.map(async ({ place, readerName }) => {
      const reader = await openChildReader(readerName);
      const seat = { place, reader };
      await control.report({ place, doing: 'idle', cardId: null, serial: null });
      const inspectOne = async (cardId: string): Promise<void> => {
        await control.report({ place, doing: 'inspecting', cardId, serial: null });
        const result = await inspectCard(deps, seat, cardId);
        await control.report({ place, doing: 'idle', cardId: null, serial: null });
        log.info(
          { event: `inspect_${result.result}`, cardId, seat: place, ...('why' in result ? { code: result.why } : {}) },
          'a doorbell was answered',
        );
      };
      // After a start or a fault the seat first sees to what it may still have in hand; not before an operator has resumed.
      let settled = false;
      const answerer = answerDoorbell({
        queue: 'inspect',
        connection: openQueue(plant, true),
        mayPull: async () => {
          if (!(await control.seatInService(place))) {
            // People are looking at it: what it lost before counts no more.
            forgetLosses(seat);
            return false;
          }
          if (isSuspect(seat) || (await control.mode()) === 'held' || !(await readerAnswers(reader))) return false;
          if (settled) return true;
          for (const cardId of await leasedTo(store, { station: 'inspect', owner: place })) await inspectOne(cardId);
          await clearStation(deps, place);
          settled = true;
          return true;
        },
        handle: ({ cardId }) => inspectOne(cardId),
        onFault: (fault) => {
          settled = false;
          log.error({ event: 'inspect_fault', ...faultFields(fault), seat: place }, 'a card could not be inspected');
        },
      });
      return { reader, answerer };
    }),
  );
  return {
    async stop() {
      await Promise.all(stations.map(({ answerer }) => answerer.stop()));
      await Promise.all(stations.map(({ reader }) => reader.close()));
      await db.destroy();
    },
  };
});

/** The demo's citizens do not exist: their files may lie in the open, for anyone to check with other tools. Whole or not at all. */
async function layDown(folder: string, cardId: string, evidence: InspectionEvidence): Promise<void> {
  const target = join(folder, cardId);
  const draft = `${target}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(join(draft, 'chip'), { recursive: true });
  for (const [name, bytes] of evidence.files) await writeFile(join(draft, 'chip', name), bytes);
  await writeFile(join(draft, 'front.png'), evidence.front);
  await writeFile(join(draft, 'back.png'), evidence.back);
  await writeFile(join(draft, 'inspection.json'), `${JSON.stringify(evidence.report, null, 2)}\n`);
  await writeFile(join(draft, 'blank.json'), `${JSON.stringify({ serial: evidence.serial, chipId: evidence.chipId }, null, 2)}\n`);
  await rm(target, { recursive: true, force: true });
  await rename(draft, target);
}

/** The plant's terminal: a chain and its key are one token's. When that token dies, the next card is shown the chain of another. */
function plantTerminal(signer: SignerClient): TerminalAuthenticator {
  const fresh = () => keptFor(CHAIN_MS, () => signer.terminalChain());
  let chain = fresh();
  return terminalAuthenticator({
    certificates: () => chain(),
    async sign(data) {
      const terminal = (await chain()).at(-1) ?? new Uint8Array();
      const holder = cvCertificate.decode(terminal).body.certificateHolderReference;
      try {
        return await signer.signAsTerminal({ data, holder });
      } catch (error) {
        chain = fresh();
        throw error;
      }
    },
  });
}

/** Asks once, and again after a while or after a failure. */
function keptFor<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let kept: { readonly value: T; readonly until: number } | undefined;
  return async () => {
    if (kept === undefined || performance.now() > kept.until) kept = { value: await ask(), until: performance.now() + ms };
    return kept.value;
  };
}
