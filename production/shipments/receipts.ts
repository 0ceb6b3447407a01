import { createHash } from 'node:crypto';
import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { isCodedError } from '#encoder/bytes';
import { verifyDetached } from '#pki/cms';
import { appendAudit } from '#production/audit';
import { changeState, lockCard } from '#production/cards';
import { JsonError, parseStrictJson } from '#production/http';
import { provinceCertificate } from '#production/provinces';
import { newId, withTransaction, type StoreDeps, type Trx } from '#production/store';
import { decodeManifest } from './manifest.ts';
import { lockConsignment } from './pack.ts';
import { ShipmentError } from './shipment-error.ts';

const Serials = Type.Array(Type.String({ pattern: '^[A-Z0-9][A-Z0-9-]{3,31}$' }), { maxItems: 100_000 });

/** `cardmint-receipt/1`: every serial of the manifest is received, short or damaged; what was not on it is over. */
export const Receipt = Type.Object(
  {
    format: Type.Literal('cardmint-receipt/1'),
    consignment: Type.String({ pattern: '^shp-[0-9a-z]{26}$' }),
    /** SHA-256 of the manifest's bytes, 64 hex digits. */
    manifestHash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** ISO 8601, UTC. */
    receivedAt: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,3})?Z$' }),
    received: Serials,
    short: Serials,
    damaged: Serials,
    over: Serials,
  },
  { additionalProperties: false },
);
export type Receipt = Static<typeof Receipt>;

export interface Acknowledged {
  readonly consignmentId: string;
  readonly state: 'RECEIVED' | 'RECEIVED_WITH_CASE';
  readonly received: number;
  readonly short: number;
  readonly damaged: number;
  readonly over: number;
  /** Case ids, opened now or when this receipt was first accepted. */
  readonly cases: readonly string[];
  readonly replayed: boolean;
}

const check = Compile(Receipt);
const BYTES_MAX = 4 * 1024 * 1024;
/** How far a province's clock may be ahead of ours. */
const CLOCK_AHEAD_MS = 60 * 60_000;

/**
 * Takes a province's signed receipt in, once (invariant D6): signed by the certificate that is registered for the addressed
 * province, for this consignment and this manifest's hash, after dispatch. What is received becomes RECEIVED; what is short, damaged or
 * over opens a case each, and the cards concerned are marked with it. The identical receipt again is answered again.
 * @param request.provinceCode the province of the person who brings it; another one's consignment does not exist for him
 * Errors: CONSIGNMENT_UNKNOWN, RECEIPT_MALFORMED, RECEIPT_SIGNATURE, RECEIPT_CONTENT, RECEIPT_STATE, RECEIPT_REPLAYED, PROVINCE_CERTIFICATE_MISSING.
 */
export async function receiveReceipt(
  deps: StoreDeps,
  request: {
    readonly consignmentId: string;
    readonly receipt: Uint8Array;
    readonly signature: Uint8Array;
    readonly who: string;
    readonly provinceCode: string;
  },
): Promise<Acknowledged> {
  const { consignmentId, who } = request;
  const row = await deps.db
    .selectFrom('consignments')
    .select('province_code')
    .where('consignment_id', '=', consignmentId)
    .executeTakeFirst();
  if (row === undefined || row.province_code !== request.provinceCode)
    throw new ShipmentError('CONSIGNMENT_UNKNOWN', { where: consignmentId });
  const certificate = await provinceCertificate(deps, row.province_code);
  if (certificate === null) throw new ShipmentError('PROVINCE_CERTIFICATE_MISSING', { where: row.province_code });
  verifySignature(request, certificate);
  const receipt = readReceipt(request.receipt);
  const receiptHash = createHash('sha256').update(request.receipt).digest();
  return await withTransaction(deps.db, async (trx) => {
    const consignment = await lockConsignment(trx, consignmentId);
    const before = await trx.selectFrom('receipts').select('receipt_hash').where('consignment_id', '=', consignmentId).executeTakeFirst();
    if (before !== undefined) {
      if (!receiptHash.equals(before.receipt_hash)) throw new ShipmentError('RECEIPT_REPLAYED', { where: consignmentId });
      return await acknowledged(trx, consignmentId, receipt, true);
    }
    if (consignment.state !== 'SHIPPED' || consignment.shipped_at === null) {
      throw new ShipmentError('RECEIPT_STATE', { where: consignmentId, detail: consignment.state });
    }
    if (receipt.consignment !== consignmentId || receipt.manifestHash !== Buffer.from(consignment.manifest_hash).toString('hex')) {
      throw new ShipmentError('RECEIPT_CONTENT', { where: receipt.consignment === consignmentId ? '/manifestHash' : '/consignment' });
    }
    const at = Date.parse(receipt.receivedAt);
    const now = deps.ids.now();
    // Whole seconds: the province's clock may write no more.
    if (Number.isNaN(at) || at + 1000 <= consignment.shipped_at.getTime() || at > now.getTime() + CLOCK_AHEAD_MS) {
      throw new ShipmentError('RECEIPT_STATE', { where: '/receivedAt' });
    }
    const sent = decodeManifest(consignment.manifest).boxes.flatMap((box) => box.cards);
    refuseOtherSerials(receipt, new Set(sent.map((card) => card.serial)));
    await trx
      .insertInto('receipts')
      .values({
        consignment_id: consignmentId,
        receipt: request.receipt,
        signature: request.signature,
        receipt_hash: receiptHash,
        received_by: who,
        received_at: now,
      })
      .execute();
    const cardOf = new Map(sent.map((card) => [card.serial, card.cardId]));
    await receiveCards(trx, deps, receipt, { consignmentId, who, cardOf });
    const clean = receipt.short.length + receipt.damaged.length + receipt.over.length === 0;
    await trx
      .updateTable('consignments')
      .set({ state: clean ? 'RECEIVED' : 'RECEIVED_WITH_CASE', received_at: now })
      .where('consignment_id', '=', consignmentId)
      .execute();
    await trx.updateTable('batches').set({ state: 'RECEIVED', changed_at: now }).where('batch_id', '=', consignment.batch_id).execute();
    await appendAudit(trx, deps.ids, {
      who,
      what: clean ? 'consignment.RECEIVED' : 'consignment.RECEIVED_WITH_CASE',
      subject: consignmentId,
      evidence: {
        receiptSha256: receiptHash.toString('hex'),
        received: receipt.received.length,
        short: receipt.short.length,
        damaged: receipt.damaged.length,
        over: receipt.over.length,
      },
    });
    return await acknowledged(trx, consignmentId, receipt, false);
  });
}

function verifySignature(
  request: { readonly receipt: Uint8Array; readonly signature: Uint8Array; readonly consignmentId: string },
  certificate: Uint8Array,
): void {
  if (request.receipt.length > BYTES_MAX || request.signature.length > BYTES_MAX) {
    throw new ShipmentError('RECEIPT_MALFORMED', { detail: `more than ${BYTES_MAX} bytes` });
  }
  try {
    verifyDetached(request.signature, request.receipt, { trusted: [certificate] });
  } catch (cause) {
    if (!isCodedError(cause)) throw cause;
    throw new ShipmentError('RECEIPT_SIGNATURE', { where: request.consignmentId, detail: cause.code, cause });
  }
}

function readReceipt(bytes: Uint8Array): Receipt {
  let value: unknown;
  try {
    value = parseStrictJson(bytes, { depthMax: 4, keysMax: 50, stringMax: 200 });
  } catch (cause) {
    if (cause instanceof JsonError) throw new ShipmentError('RECEIPT_MALFORMED', { detail: cause.code, cause });
    throw cause;
  }
  if (check.Check(value)) return value;
  const first = check.Errors(value)[0];
  throw new ShipmentError('RECEIPT_MALFORMED', { where: first?.instancePath ?? '/', detail: first?.keyword ?? 'schema' });
}

/** Received, short and damaged are exactly the serials that were sent, each once; what is over was not among them. */
function refuseOtherSerials(receipt: Receipt, sent: ReadonlySet<string>): void {
  const seen = new Set<string>();
  for (const list of ['received', 'short', 'damaged', 'over'] as const) {
    for (const [i, serial] of receipt[list].entries()) {
      const wrong = seen.has(serial) || sent.has(serial) === (list === 'over');
      if (wrong) throw new ShipmentError('RECEIPT_CONTENT', { where: `/${list}/${i}` });
      seen.add(serial);
    }
  }
  const told = receipt.received.length + receipt.short.length + receipt.damaged.length;
  if (told !== sent.size) throw new ShipmentError('RECEIPT_CONTENT', { where: '/', detail: `${told} of ${sent.size} serials` });
}

async function receiveCards(
  trx: Trx,
  deps: StoreDeps,
  receipt: Receipt,
  to: { readonly consignmentId: string; readonly who: string; readonly cardOf: ReadonlyMap<string, string> },
): Promise<void> {
  const { consignmentId, who, cardOf } = to;
  // A damaged card arrived: it is not lost, and not to be handed over either.
  for (const [serial, state] of [
    ...receipt.received.map((serial) => [serial, 'RECEIVED'] as const),
    ...receipt.damaged.map((serial) => [serial, 'DAMAGED'] as const),
    ...receipt.short.map((serial) => [serial, 'SHORT'] as const),
  ].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const cardId = cardOf.get(serial) ?? '';
    await trx.updateTable('consignment_cards').set({ state }).where('card_id', '=', cardId).execute();
    if (state === 'SHORT') continue;
    await changeState(trx, deps.ids, await lockCard(trx, cardId), {
      to: 'RECEIVED',
      who,
      evidence: { consignment: consignmentId, damaged: state === 'DAMAGED' },
    });
  }
  for (const [kind, serials] of [
    ['SHORT', receipt.short],
    ['DAMAGED', receipt.damaged],
    ['OVER', receipt.over],
  ] as const) {
    for (const serial of serials) {
      const caseId = newId('case', deps.ids);
      const cardId = cardOf.get(serial) ?? null;
      await trx
        .insertInto('cases')
        .values({ case_id: caseId, consignment_id: consignmentId, kind, card_id: cardId, serial, opened_at: deps.ids.now() })
        .execute();
      if (cardId !== null) await trx.updateTable('cards').set({ case_id: caseId }).where('card_id', '=', cardId).execute();
      await appendAudit(trx, deps.ids, {
        who,
        what: 'case.opened',
        subject: caseId,
        evidence: { kind, serial, cardId, consignment: consignmentId },
      });
    }
  }
}

async function acknowledged(trx: Trx, consignmentId: string, receipt: Receipt, replayed: boolean): Promise<Acknowledged> {
  const cases = await trx.selectFrom('cases').select('case_id').where('consignment_id', '=', consignmentId).orderBy('case_id').execute();
  return {
    consignmentId,
    state: cases.length === 0 ? 'RECEIVED' : 'RECEIVED_WITH_CASE',
    received: receipt.received.length,
    short: receipt.short.length,
    damaged: receipt.damaged.length,
    over: receipt.over.length,
    cases: cases.map((row) => row.case_id),
    replayed,
  };
}
