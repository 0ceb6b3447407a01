import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import { appendAudit } from '#production/audit';
import { changeState, lockCard } from '#production/cards';
import type { SignerClient } from '#production/signer';
import { newId, withTransaction, type StoreDeps, type Tables, type Trx } from '#production/store';
import { birthCertificateClaims } from './birth-certificate.ts';
import { decodeManifest, encodeManifest, manifestCsv, type Manifest, type ManifestBox } from './manifest.ts';
import { manifestPdf } from './manifest-pdf.ts';
import { ShipmentError } from './shipment-error.ts';

export interface PackDeps extends StoreDeps {
  readonly signer: Pick<SignerClient, 'signManifest' | 'signBirthCertificate'>;
  /** The sender's name on the manifest. */
  readonly plantName: string;
  /** Cards in one box; 100 unless told. */
  readonly boxCardsMax?: number;
}

export interface Packed {
  readonly consignmentId: string;
  readonly cards: number;
  readonly boxes: number;
  readonly state: Tables['consignments']['state'];
}

type Consignment = Selectable<Tables['consignments']>;

const WHO = 'worker';

/**
 * Packs an inspected batch: boxes by office, one consignment, the manifest sealed as bytes, signed by the token, and one birth
 * certificate a card. Called again after a crash it goes on where it stopped: the manifest's bytes are stored before they are
 * signed and never made twice. Errors BATCH_UNKNOWN, BATCH_NOT_INSPECTED, those of the signer and the store.
 */
export async function packBatch(deps: PackDeps, batchId: string): Promise<Packed> {
  const consignment = await withTransaction(deps.db, async (trx) => await openConsignment(trx, deps, batchId));
  const manifest = decodeManifest(consignment.manifest);
  const answer = { consignmentId: consignment.consignment_id, cards: manifest.counts.cards, boxes: manifest.counts.boxes };
  if (consignment.state !== 'PACKING') return { ...answer, state: consignment.state };
  for (const card of manifest.boxes.flatMap((box) => box.cards)) await certify(deps, card.cardId);
  const signature = await deps.signer.signManifest({ consignmentId: consignment.consignment_id, manifest: consignment.manifest });
  const csv = manifestCsv(manifest);
  const pdf = await manifestPdf(manifest, Buffer.from(consignment.manifest_hash).toString('hex'));
  await withTransaction(deps.db, async (trx) => {
    const now = await lockConsignment(trx, consignment.consignment_id);
    if (now.state !== 'PACKING') return;
    const at = deps.ids.now();
    await trx
      .updateTable('consignments')
      .set({ state: 'PACKED', signature, csv, pdf, packed_at: at })
      .where('consignment_id', '=', consignment.consignment_id)
      .execute();
    await moveCards(trx, deps, manifest, 'PACKED', WHO);
    await trx.updateTable('batches').set({ state: 'PACKED', changed_at: at }).where('batch_id', '=', batchId).execute();
    await appendAudit(trx, deps.ids, {
      who: WHO,
      what: 'consignment.PACKED',
      subject: consignment.consignment_id,
      evidence: { batchId, cards: manifest.counts.cards, manifestSha256: Buffer.from(consignment.manifest_hash).toString('hex') },
    });
  });
  return { ...answer, state: 'PACKED' };
}

/** The consignment goes out of the door. Dispatched already: nothing. Errors CONSIGNMENT_UNKNOWN, CONSIGNMENT_STATE. */
export async function shipConsignment(deps: StoreDeps, request: { readonly consignmentId: string; readonly who: string }): Promise<void> {
  const { consignmentId, who } = request;
  await withTransaction(deps.db, async (trx) => {
    const consignment = await lockConsignment(trx, consignmentId);
    if (consignment.shipped_at !== null) return;
    if (consignment.state !== 'PACKED') throw new ShipmentError('CONSIGNMENT_STATE', { where: consignmentId, detail: consignment.state });
    const at = deps.ids.now();
    await trx.updateTable('consignments').set({ state: 'SHIPPED', shipped_at: at }).where('consignment_id', '=', consignmentId).execute();
    await moveCards(trx, deps, decodeManifest(consignment.manifest), 'SHIPPED', who);
    await trx.updateTable('batches').set({ state: 'SHIPPED', changed_at: at }).where('batch_id', '=', consignment.batch_id).execute();
    await appendAudit(trx, deps.ids, { who, what: 'consignment.SHIPPED', subject: consignmentId });
  });
}

/** Errors CONSIGNMENT_UNKNOWN. */
export async function lockConsignment(trx: Trx, consignmentId: string): Promise<Consignment> {
  const row = await trx.selectFrom('consignments').selectAll().where('consignment_id', '=', consignmentId).forUpdate().executeTakeFirst();
  if (row === undefined) throw new ShipmentError('CONSIGNMENT_UNKNOWN', { where: consignmentId });
  return row;
}

async function moveCards(trx: Trx, deps: StoreDeps, manifest: Manifest, to: 'PACKED' | 'SHIPPED', who: string): Promise<void> {
  for (const cardId of manifest.boxes.flatMap((box) => box.cards.map((card) => card.cardId)).sort()) {
    await changeState(trx, deps.ids, await lockCard(trx, cardId), { to, who, evidence: { consignment: manifest.consignment } });
  }
}

/** The consignment of the batch, made now or found: boxes, contents and the manifest's bytes, in one transaction. */
async function openConsignment(trx: Trx, deps: PackDeps, batchId: string): Promise<Consignment> {
  const batch = await trx.selectFrom('batches').selectAll().where('batch_id', '=', batchId).forUpdate().executeTakeFirst();
  if (batch === undefined) throw new ShipmentError('BATCH_UNKNOWN', { where: batchId });
  const before = await trx.selectFrom('consignments').selectAll().where('batch_id', '=', batchId).executeTakeFirst();
  if (before !== undefined) return before;
  const cards = await trx
    .selectFrom('cards as c')
    .innerJoin('delivery_offices as d', 'd.office_code', 'c.delivery_office')
    .select(['c.card_id', 'c.state', 'c.bound_serial', 'c.chip_id', 'c.sod_hash', 'c.delivery_office', 'd.name as office_name'])
    .where('c.batch_id', '=', batchId)
    .where('c.state', 'not in', ['SPOILED', 'DESTROYED', 'CANCELLED'])
    .orderBy('c.delivery_office')
    .orderBy('c.bound_serial')
    .execute();
  const open = cards.find((card) => card.state !== 'INSPECTED');
  if (cards.length === 0 || open !== undefined || batch.state !== 'RELEASED') {
    throw new ShipmentError('BATCH_NOT_INSPECTED', { where: batchId, detail: open?.state ?? batch.state });
  }
  const province = await trx
    .selectFrom('provinces')
    .select('name')
    .where('province_code', '=', batch.province_code)
    .executeTakeFirstOrThrow();
  const consignmentId = newId('shp', deps.ids);
  const boxes = intoBoxes(cards, deps.boxCardsMax ?? 100).map((content, i): ManifestBox => {
    const box = newId('box', deps.ids);
    return {
      box,
      number: i + 1,
      office: content[0]?.delivery_office ?? '',
      officeName: content[0]?.office_name ?? '',
      seal: `CM${box.slice(-10).toUpperCase()}`,
      cards: content.map((card) => {
        if (card.bound_serial === null || card.chip_id === null || card.sod_hash === null) {
          throw new ShipmentError('BATCH_NOT_INSPECTED', { where: card.card_id, detail: 'no blank or no EF.SOD' });
        }
        return {
          cardId: card.card_id,
          serial: card.bound_serial,
          chipId: card.chip_id,
          sodSha256: Buffer.from(card.sod_hash).toString('hex'),
        };
      }),
    };
  });
  const at = deps.ids.now();
  const manifest = encodeManifest({
    format: 'cardmint-manifest/1',
    consignment: consignmentId,
    batch: batchId,
    created: at.toISOString(),
    from: deps.plantName,
    to: { province: batch.province_code, name: province.name },
    counts: { boxes: boxes.length, cards: cards.length },
    boxes,
  });
  const made = await trx
    .insertInto('consignments')
    .values({
      consignment_id: consignmentId,
      batch_id: batchId,
      province_code: batch.province_code,
      state: 'PACKING',
      manifest,
      manifest_hash: createHash('sha256').update(manifest).digest(),
      created_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  for (const box of boxes) {
    await trx
      .insertInto('boxes')
      .values({ box_id: box.box, consignment_id: consignmentId, number: box.number, office_code: box.office, seal_number: box.seal })
      .execute();
    await trx
      .insertInto('consignment_cards')
      .values(box.cards.map((card) => ({ card_id: card.cardId, consignment_id: consignmentId, box_id: box.box, serial: card.serial })))
      .execute();
  }
  await appendAudit(trx, deps.ids, {
    who: WHO,
    what: 'consignment.PACKING',
    subject: consignmentId,
    evidence: { batchId, cards: cards.length },
  });
  return made;
}

/** Runs of one office, cut at the box's capacity; an office never shares a box. */
function intoBoxes<C extends { readonly delivery_office: string }>(cards: readonly C[], cardsMax: number): readonly (readonly C[])[] {
  const boxes: C[][] = [];
  for (const card of cards) {
    const last = boxes.at(-1);
    if (last !== undefined && last.length < cardsMax && last[0]?.delivery_office === card.delivery_office) last.push(card);
    else boxes.push([card]);
  }
  return boxes;
}

/** Signs and stores the birth certificate of a card that has none. */
async function certify(deps: PackDeps, cardId: string): Promise<void> {
  const before = await deps.db.selectFrom('birth_certificates').select('card_id').where('card_id', '=', cardId).executeTakeFirst();
  if (before !== undefined) return;
  const jws = await deps.signer.signBirthCertificate({ cardId, claims: await birthCertificateClaims(deps.db, cardId) });
  await withTransaction(deps.db, async (trx) => {
    const fresh = await trx
      .insertInto('birth_certificates')
      .values({ card_id: cardId, jws, created_at: deps.ids.now() })
      .onConflict((conflict) => conflict.column('card_id').doNothing())
      .returning('card_id')
      .executeTakeFirst();
    if (fresh === undefined) return;
    const sha256 = createHash('sha256').update(jws).digest('hex');
    await appendAudit(trx, deps.ids, { who: WHO, what: 'card.certified', subject: cardId, evidence: { jwsSha256: sha256 } });
  });
}

/** The card's birth certificate (compact JWS); null before it was packed. */
export async function birthCertificate(deps: Pick<StoreDeps, 'db'>, cardId: string): Promise<string | null> {
  const row = await deps.db.selectFrom('birth_certificates').select('jws').where('card_id', '=', cardId).executeTakeFirst();
  return row?.jws ?? null;
}
