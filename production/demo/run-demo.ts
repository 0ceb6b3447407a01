import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { utf8 } from '#encoder/bytes';
import { CliError, EXIT, type ApiClient } from '#production/cli';
import type { Report } from '#production/console';
import type { Manifest } from '#production/shipments';
import { demoOrderFile } from './order-file.ts';
import type { DemoProvinceKey } from './province-keys.ts';
import { layDownResults, type DemoCard, type DemoMaterial, type DemoOrderRow, type DemoShipment } from './results.ts';

/** Everything that the demo asks of the plant goes through the API and the chip maker's counter, as it would for a stranger. */
export interface DemoDeps {
  readonly api: (person: string) => Promise<ApiClient>;
  /** The chip maker: `{ deliveryNote, count, defects }` → a delivery note, and the blanks on the stack. */
  readonly manufacture: (order: {
    readonly deliveryNote: string;
    readonly count: number;
    readonly defects: Readonly<Record<number, unknown>>;
  }) => Promise<unknown>;
  readonly provinceKeys: ReadonlyMap<string, DemoProvinceKey>;
  readonly material: () => Promise<DemoMaterial>;
  /** Path of the virtual chip's memory. */
  readonly imageOf: (serial: string) => string;
  readonly resultDir: string;
  readonly show: DemoShow;
  readonly now: () => Date;
}

/** How the run is shown; a stage has a bar when `total` is known. */
export interface DemoShow {
  stage(vi: string, en: string, total?: number): void;
  progress(done: number, note?: string): void;
  done(note?: string): void;
}

export interface DemoBooks {
  readonly after: string;
  readonly received: number;
  readonly vault: number;
  readonly line: number;
  readonly good: number;
  readonly spoiled: number;
  readonly destroyed: number;
  readonly balanced: boolean;
}

/** Blanks beyond the people to be served: two are faulty, four stay in the vault. */
const SPARE_BLANKS = 6;
/** The fifth blank gives no sign of life; the ninth (or the last that is needed) is torn out at its fourth file and never comes back. */
function defects(people: number): Readonly<Record<number, unknown>> {
  return { 4: { kind: 'dead' }, [Math.min(8, people)]: { kind: 'tornAtUpdate', update: 4 } };
}

const OPERATORS = ['operator-an', 'operator-binh'] as const;
const POLL_MS = 250;
/** The report is shared between all who look at it; after so long it is made anew. */
const REPORT_FRESH_MS = 700;

/** One real batch, from an order file to signed manifests and receipts. Every step can be repeated: a resumed run does what is left. */
export async function runDemo(deps: DemoDeps, people: number): Promise<{ readonly report: Report; readonly books: readonly DemoBooks[] }> {
  const { show } = deps;
  const operator = await deps.api(OPERATORS[0]);
  const books: DemoBooks[] = [];
  const balance = async (after: string): Promise<void> => {
    const stock = await patiently(() => operator.get<Report['stock']>('/v1/stock/balance'));
    const { received, vault, line, good, spoiled, destroyed, balanced } = stock;
    books.push({ after, received, vault, line, good, spoiled, destroyed, balanced });
  };

  show.stage('Vẽ người mẫu và lập tệp đơn', 'drawing invented people, writing the order file', people + 3);
  const orders = await demoOrderFile(deps.resultDir, { people, now: deps.now(), onDrawn: (drawn) => show.progress(drawn) });
  show.done(`${orders.file.orders.length}`);

  show.stage('Nhận phôi theo phiếu giao', 'receiving blanks by their delivery note');
  const count = people + SPARE_BLANKS;
  const note = await deps.manufacture({ deliveryNote: 'DN-2026-0001', count, defects: defects(people) });
  await patiently(() => operator.post('/v1/stock/deliveries', note));
  await balance('delivery');
  show.done(`${count}`);

  show.stage('Nhận đơn và kiểm tra trước', 'taking orders in, linting them', orders.file.orders.length);
  const registry = await deps.api('registry');
  await patiently(() => registry.postBytes('/v1/orders', orders.bytes));
  const linted = await untilLinted(registry, orders.file.orders.length, show);
  await balance('lint');
  const refused = linted.filter((order) => order.state === 'REFUSED');
  show.done(`${linted.length - refused.length} ✓, ${refused.length} ✗`);
  if (linted.length - refused.length < people) throw refusedTooMany(refused, people);

  show.stage('Lập lô, hai người duyệt', 'making batches, released by two persons');
  await releaseBatches(deps, operator);
  await balance('release');
  show.done();

  show.stage('Ghi chip, in, kiểm tra', 'encoding, printing, inspecting', people);
  await patiently(() => operator.post('/v1/line/start'));
  await untilPacked(operator, people, show);
  await balance('production');
  show.done();

  show.stage('Đóng gói, ký bảng kê, gửi đi', 'packing, signing manifests, shipping');
  const shipments = await ship(operator);
  await balance('shipping');
  show.done(`${shipments.length}`);

  show.stage('Tỉnh xác nhận', 'provinces answer with signed receipts');
  await acknowledge(deps, shipments);
  await balance('receipts');
  show.done();

  show.stage('Xếp kết quả vào var/demo', 'laying the results down', people);
  await sleep(REPORT_FRESH_MS);
  const report = await patiently(() => operator.get<Report>('/v1/report'));
  // Asked anew: a remake was not there when the orders were linted.
  const ordered = await patiently(() => registry.get<{ orders: DemoOrderRow[] }>('/v1/orders', { limit: '1000' }));
  const cards = await cardsOf(operator, ordered.orders);
  const sent = await Promise.all(shipments.map((shipment) => withFiles(operator, shipment.consignmentId)));
  const auditor = await deps.api('auditor');
  await layDownResults(deps.resultDir, {
    orders: orders.file.orders,
    cards,
    shipments: sent,
    material: await deps.material(),
    imageOf: deps.imageOf,
    birthCertificate: (cardId) => patiently(() => auditor.bytes(`/v1/cards/${cardId}/birth-certificate`)),
    onCard: (done) => show.progress(done),
  });
  show.done(deps.resultDir);
  return { report, books };
}

async function untilLinted(registry: ApiClient, total: number, show: DemoShow): Promise<readonly DemoOrderRow[]> {
  for (;;) {
    const { orders } = await patiently(() => registry.get<{ orders: DemoOrderRow[] }>('/v1/orders', { limit: '1000' }));
    const done = orders.filter((order) => order.state !== 'ORDERED');
    show.progress(done.length);
    if (orders.length >= total && done.length === orders.length) return orders;
    await sleep(POLL_MS);
  }
}

/** Cards that were never ordered would be waited for without end. */
function refusedTooMany(refused: readonly DemoOrderRow[], people: number): CliError {
  const codes = new Set(refused.flatMap(({ findings }) => findings.filter(({ refuses }) => refuses).map(({ code }) => code)));
  return new CliError(
    {
      code: 'DEMO_ORDERS_REFUSED',
      what: { vi: 'Nhiều đơn thử bị từ chối hơn dự kiến', en: "more of the demo's orders were refused than were made to be" },
      todo: { vi: 'So hồ sơ thẻ với người mẫu', en: "compare the card profile with the demo's people" },
      where: `${people} people`,
      detail: [...codes].join(', '),
    },
    EXIT.failed,
  );
}

interface BatchRow {
  readonly batchId: string;
  readonly state: string;
  readonly contentHash: string;
}

async function releaseBatches(deps: DemoDeps, operator: ApiClient): Promise<void> {
  await tolerating(['BATCH_EMPTY'], () => operator.post('/v1/batches', {}));
  const { batches } = await patiently(() => operator.get<{ batches: BatchRow[] }>('/v1/batches'));
  for (const batch of batches.filter(({ state }) => state === 'OPEN')) {
    for (const person of OPERATORS) {
      const api = await deps.api(person);
      await tolerating(['BATCH_STATE'], () => api.post(`/v1/batches/${batch.batchId}/release`, { contentHash: batch.contentHash }));
    }
  }
}

/** The batches are packed when nothing of them is on the line any more; the bar counts cards that passed inspection. */
async function untilPacked(operator: ApiClient, people: number, show: DemoShow): Promise<void> {
  const GOOD = ['INSPECTED', 'PACKED', 'SHIPPED', 'RECEIVED', 'HANDED_OVER'];
  for (;;) {
    const report = await patiently(() => operator.get<Report>('/v1/report'));
    const count = (state: string): number => report.cards[state] ?? 0;
    const good = GOOD.reduce((sum, state) => sum + count(state), 0);
    const packed = good - count('INSPECTED');
    const notes = (['RELEASED', 'LOCK_VERIFIED', 'PRINTED', 'IN_DOUBT', 'SPOILED'] as const).filter((state) => count(state) > 0);
    show.progress(good, notes.map((state) => `${state} ${count(state)}`).join(', '));
    if (packed >= people) return;
    await sleep(POLL_MS);
  }
}

interface ShipmentRow {
  readonly consignmentId: string;
  readonly provinceCode: string;
  readonly state: string;
}

async function ship(operator: ApiClient): Promise<readonly ShipmentRow[]> {
  const list = (): Promise<{ shipments: ShipmentRow[] }> => patiently(() => operator.get<{ shipments: ShipmentRow[] }>('/v1/shipments'));
  for (;;) {
    const { shipments } = await list();
    if (shipments.every(({ state }) => state !== 'PACKING')) break;
    await sleep(POLL_MS);
  }
  for (const { consignmentId, state } of (await list()).shipments) {
    if (state === 'PACKED') await tolerating(['CONSIGNMENT_STATE'], () => operator.post(`/v1/shipments/${consignmentId}/dispatch`));
  }
  return (await list()).shipments.toSorted((a, b) => a.provinceCode.localeCompare(b.provinceCode));
}

/** The first province has everything; the second one misses a card; the third is still on its way. */
async function acknowledge(deps: DemoDeps, shipments: readonly ShipmentRow[]): Promise<void> {
  for (const [position, shipment] of shipments.slice(0, 2).entries()) {
    if (shipment.state !== 'SHIPPED') continue;
    const key = deps.provinceKeys.get(shipment.provinceCode);
    if (key === undefined) throw new Error(`no receipt key for province ${shipment.provinceCode}`);
    const api = await deps.api(`province-${shipment.provinceCode}`);
    const manifest = await patiently(() => api.bytes(`/v1/shipments/${shipment.consignmentId}/manifest.json`));
    const serials = (JSON.parse(Buffer.from(manifest).toString('utf8')) as Manifest).boxes.flatMap((box) =>
      box.cards.map((card) => card.serial),
    );
    const short = position === 1 ? serials.slice(-1) : [];
    const now = deps.now();
    const receipt = utf8(
      JSON.stringify({
        format: 'cardmint-receipt/1',
        consignment: shipment.consignmentId,
        manifestHash: createHash('sha256').update(manifest).digest('hex'),
        receivedAt: now.toISOString(),
        received: serials.filter((serial) => !short.includes(serial)),
        short,
        damaged: [],
        over: [],
      }),
    );
    const signature = await key.sign(receipt, now);
    const body = { receipt: Buffer.from(receipt).toString('base64'), signature: Buffer.from(signature).toString('base64') };
    await tolerating(['RECEIPT_REPLAYED', 'RECEIPT_STATE'], () => api.post(`/v1/shipments/${shipment.consignmentId}/receipt`, body));
  }
}

async function cardsOf(operator: ApiClient, orders: readonly DemoOrderRow[]): Promise<readonly DemoCard[]> {
  const cards: DemoCard[] = [];
  const fresh = await patiently(() => operator.get<{ cards: { cardId: string }[] }>('/v1/cards', { limit: '1000' }));
  for (const { cardId } of fresh.cards) {
    const trace = await patiently(() => operator.get<Omit<DemoCard, 'orderId'>>(`/v1/cards/${cardId}`));
    cards.push({ ...trace, orderId: orders.find((order) => order.cards.some((card) => card.cardId === cardId))?.orderId ?? '' });
  }
  return cards;
}

async function withFiles(operator: ApiClient, consignmentId: string): Promise<DemoShipment> {
  const names = ['manifest.json', 'manifest.p7s', 'manifest.csv', 'manifest.pdf', 'receipt.json', 'receipt.p7s'] as const;
  const files = new Map<string, Uint8Array>();
  for (const name of names) {
    const bytes = await tolerating(['NOT_FOUND'], () => operator.bytes(`/v1/shipments/${consignmentId}/${name}`));
    if (bytes !== null) files.set(name, bytes);
  }
  return { consignmentId, files };
}

/** The API may be starting again: what it did not answer is asked again. Every request of the demo can be repeated. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof CliError) || error.exitCode !== EXIT.away) throw error;
      await sleep(POLL_MS);
    }
  }
}

/** Null when the plant refuses with one of these codes: it is done already. */
async function tolerating<T>(codes: readonly string[], ask: () => Promise<T>): Promise<T | null> {
  try {
    return await patiently(ask);
  } catch (error) {
    if (error instanceof CliError && codes.includes(error.failure.code)) return null;
    throw error;
  }
}
