import type { ConsignmentState, StoreDeps } from '#production/store';

export interface ConsignmentView {
  readonly consignmentId: string;
  readonly batchId: string;
  readonly provinceCode: string;
  readonly state: ConsignmentState;
  readonly manifestSha256: string;
  readonly createdAt: Date;
  readonly shippedAt: Date | null;
  readonly receivedAt: Date | null;
  readonly boxes: readonly { readonly number: number; readonly office: string; readonly seal: string; readonly cards: number }[];
}

/** In the order of making; only one province's when asked (invariant D4: the caller passes the asker's province). */
export async function listConsignments(
  deps: Pick<StoreDeps, 'db'>,
  query: { readonly provinceCode?: string; readonly consignmentId?: string } = {},
): Promise<readonly ConsignmentView[]> {
  const { db } = deps;
  let select = db
    .selectFrom('consignments')
    .select(['consignment_id', 'batch_id', 'province_code', 'state', 'manifest_hash', 'created_at', 'shipped_at', 'received_at'])
    .orderBy('consignment_id')
    .limit(1000);
  if (query.provinceCode !== undefined) select = select.where('province_code', '=', query.provinceCode);
  if (query.consignmentId !== undefined) select = select.where('consignment_id', '=', query.consignmentId);
  const rows = await select.execute();
  if (rows.length === 0) return [];
  const boxes = await db
    .selectFrom('boxes as b')
    .innerJoin('consignment_cards as k', 'k.box_id', 'b.box_id')
    .select((eb) => ['b.consignment_id', 'b.number', 'b.office_code', 'b.seal_number', eb.fn.countAll<number>().as('cards')])
    .where(
      'b.consignment_id',
      'in',
      rows.map((row) => row.consignment_id),
    )
    .groupBy(['b.consignment_id', 'b.number', 'b.office_code', 'b.seal_number'])
    .orderBy('b.number')
    .execute();
  return rows.map((row) => ({
    consignmentId: row.consignment_id,
    batchId: row.batch_id,
    provinceCode: row.province_code,
    state: row.state,
    manifestSha256: Buffer.from(row.manifest_hash).toString('hex'),
    createdAt: row.created_at,
    shippedAt: row.shipped_at,
    receivedAt: row.received_at,
    boxes: boxes
      .filter((box) => box.consignment_id === row.consignment_id)
      .map((box) => ({ number: box.number, office: box.office_code, seal: box.seal_number, cards: box.cards })),
  }));
}

export interface ManifestFiles {
  readonly provinceCode: string;
  readonly json: Uint8Array;
  /** Detached CMS over `json`, DER. */
  readonly signature: Uint8Array;
  readonly csv: Uint8Array;
  readonly pdf: Uint8Array;
  /** Once received. */
  readonly receipt: { readonly json: Uint8Array; readonly signature: Uint8Array } | null;
}

/** The stored bytes; null when there is no such consignment or it is not packed yet. */
export async function manifestFiles(deps: Pick<StoreDeps, 'db'>, consignmentId: string): Promise<ManifestFiles | null> {
  const row = await deps.db
    .selectFrom('consignments as c')
    .leftJoin('receipts as r', 'r.consignment_id', 'c.consignment_id')
    .select(['c.province_code', 'c.manifest', 'c.signature', 'c.csv', 'c.pdf', 'r.receipt', 'r.signature as receipt_signature'])
    .where('c.consignment_id', '=', consignmentId)
    .executeTakeFirst();
  if (row === undefined || row.signature === null || row.csv === null || row.pdf === null) return null;
  return {
    provinceCode: row.province_code,
    json: row.manifest,
    signature: row.signature,
    csv: row.csv,
    pdf: row.pdf,
    receipt: row.receipt === null || row.receipt_signature === null ? null : { json: row.receipt, signature: row.receipt_signature },
  };
}

export interface Case {
  readonly caseId: string;
  readonly consignmentId: string;
  readonly kind: 'SHORT' | 'DAMAGED' | 'OVER';
  readonly cardId: string | null;
  readonly serial: string;
  readonly state: 'OPEN' | 'CLOSED';
  readonly openedAt: Date;
}

export async function listCases(deps: Pick<StoreDeps, 'db'>, query: { readonly consignmentId?: string } = {}): Promise<readonly Case[]> {
  let select = deps.db
    .selectFrom('cases')
    .select([
      'case_id as caseId',
      'consignment_id as consignmentId',
      'kind',
      'card_id as cardId',
      'serial',
      'state',
      'opened_at as openedAt',
    ])
    .orderBy('case_id')
    .limit(1000);
  if (query.consignmentId !== undefined) select = select.where('consignment_id', '=', query.consignmentId);
  return await select.execute();
}
