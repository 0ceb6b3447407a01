/** For tests only: the real API on a real PostgreSQL, and a way to move cards through their lives by the ledgers themselves. */
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';

import { furnishTestPlant, testChipId } from '#production/batches';
import { createCardLedger, createPrintLedger } from '#production/cards';
import { silentLogger, type Logger } from '#production/logging';
import { ensurePeople } from '#production/people';
import { createInspectionLedger } from '#production/quality';
import { startTestStore, type TestStore } from '#production/store';
import type { CardState, Claim, Station } from '#queues/ports';

import { createApi, sealToTokens, type ApiDeps, type RunningApi } from './api-server.ts';

export interface TestApi {
  readonly store: TestStore;
  readonly url: string;
  /** Bearer token by person id: operator-an, operator-binh, quality-chi, auditor-dung, registry, hanoi, bacninh. */
  readonly token: (person: string) => string;
  readonly running: RunningApi;
  stop(): Promise<void>;
}

/** Everything is real but the token: records are sealed to a P-256 key that nobody keeps, references are an HMAC. */
export async function startTestApi(
  options: { readonly blanks?: number; readonly log?: Logger; readonly checks?: ApiDeps['checks'] } = {},
): Promise<TestApi> {
  const store = await startTestStore();
  try {
    const tokens = new Map(await furnishTestPlant(store, options.blanks ?? 20));
    const more = await ensurePeople(store, [
      { id: 'operator-an', name: 'An', roles: ['operator'] },
      { id: 'operator-binh', name: 'Bình', roles: ['operator'] },
      { id: 'registry', name: 'Đăng ký', roles: ['registry'] },
      { id: 'hanoi', name: 'Hà Nội', roles: ['province'], province: '01' },
      { id: 'bacninh', name: 'Bắc Ninh', roles: ['province'], province: '24' },
      { id: 'quality-chi', name: 'Chi', roles: ['quality'] },
      { id: 'auditor-dung', name: 'Dung', roles: ['auditor'] },
    ]);
    for (const [person, token] of more) tokens.set(person, token);
    const macKey = randomBytes(32);
    const recordKey = Uint8Array.from(
      generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({ type: 'spki', format: 'der' }),
    );
    const none = new Uint8Array();
    const running = await createApi({
      db: store.db,
      ids: store.ids,
      log: options.log ?? silentLogger,
      line: 'line-1',
      profile: 'cccd-2021',
      sealBox: sealToTokens,
      signer: {
        citizenReference: async (number) => Promise.resolve(createHmac('sha256', macKey).update(number).digest('hex').slice(0, 32)),
        publicMaterial: async () =>
          Promise.resolve({
            csca: none,
            cscas: [],
            links: [],
            documentSigners: [],
            crl: none,
            cvca: none,
            cvcaLinks: [],
            plantSigners: [],
            birthCertificateSigners: [],
            recordKeys: [{ token: 'a', publicKey: recordKey }],
          }),
      },
      queueDepths: async () => Promise.resolve({}),
      checks: options.checks ?? {},
    });
    await running.api.listen({ host: '127.0.0.1', port: 0 });
    const { port } = running.api.server.address() as AddressInfo;
    return {
      store,
      url: `http://127.0.0.1:${port}`,
      token: (person) => tokens.get(person) ?? 'nobody',
      running,
      async stop() {
        await running.stop();
        await store.stop();
      },
    };
  } catch (error) {
    await store.stop();
    throw error;
  }
}

const ENCODING = ['CHIP_OPENED', 'SOD_INTENT', 'SOD_SIGNED', 'WRITTEN', 'LOCKED', 'LOCK_VERIFIED'] as const satisfies readonly CardState[];

/** Moves a released card to `to` the way the stations do, on blank number `blank` of the test note. */
export async function driveTestCard(
  store: TestStore,
  cardId: string,
  blank: { readonly number: number; readonly serial: string },
  to: CardState,
): Promise<void> {
  const ledger = createCardLedger(store, { line: 'line-1' });
  const claimed = async (station: Station): Promise<Claim> => {
    const claim = await ledger.claim({ cardId, station, owner: `${station}:1` });
    if (typeof claim === 'string') throw new Error(`${cardId}: ${claim}`);
    return claim.claim;
  };
  const encode = await claimed('encode');
  await ledger.reserveBlank(encode, { serial: blank.serial, seat: 'encode:1' });
  await ledger.bindBlank(encode, { serial: blank.serial, chipId: testChipId(blank.number) });
  if (to === 'BLANK_BOUND') return;
  for (const state of ENCODING) {
    await ledger.advance(
      encode,
      state,
      state === 'SOD_SIGNED' ? { sodSha256: createHmac('sha256', cardId).update('sod').digest('hex') } : undefined,
    );
    if (state === to) return;
  }
  await ledger.release(encode);
  const print = await claimed('print');
  const prints = createPrintLedger(store);
  const { jobId } = await prints.intend(print, { frontHash: `${cardId}-front`, backHash: `${cardId}-back` });
  await prints.outcome(print, jobId, 'printed');
  await ledger.advance(print, 'PRINTED');
  await ledger.release(print);
  if (to === 'PRINTED') return;
  const inspect = await claimed('inspect');
  await createInspectionLedger(store).file(inspect, { passed: true, reasons: [], report: {} });
  await ledger.release(inspect);
}

/** Blank `number` is torn out while it is written: its card is spoiled, a remake follows. */
export async function tearTestCard(
  store: TestStore,
  cardId: string,
  blank: { readonly number: number; readonly serial: string },
): Promise<string> {
  await driveTestCard(store, cardId, blank, 'SOD_SIGNED');
  const ledger = createCardLedger(store, { line: 'line-1' });
  const claim = await ledger.claim({ cardId, station: 'encode', owner: 'encode:1' });
  if (typeof claim === 'string') throw new Error(claim);
  return (await ledger.spoilCard(claim.claim, 'CHIP_TORN')).remake;
}
