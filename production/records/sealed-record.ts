import { createCipheriv, createDecipheriv } from 'node:crypto';
import { equalBytes, utf8, type Secret } from '#encoder/bytes';
import { lockClaimed } from '#production/cards';
import type { SignerClient } from '#production/signer';
import { withTransaction, type Db, type StoreDeps, type Trx } from '#production/store';
import type { CardRecords } from '#queues/ports';
import { canonicalRecordHash, recordContentCodec, type RecordContent } from './record-codec.ts';
import { RecordError } from './record-error.ts';

/** Seals bytes to every one of these P-256 public keys (SPKI DER) for one context; any of the tokens, told the same context, opens them. */
export type SealBox = (recipients: readonly Uint8Array[], plaintext: Uint8Array, context: string) => Uint8Array | Promise<Uint8Array>;

/** Said to Node, which otherwise takes a shorter tag for a good one. */
const TAG_BYTES = 16;

export interface SealedRecord {
  readonly sealed_key: Uint8Array;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/**
 * Encrypts a record with a fresh AES-256-GCM key of its own, and that key to the record keys of all tokens: whoever takes orders in
 * can seal and cannot open, and one token that dies takes no record with it. Both are bound to the order key: a record moved to another order does not open.
 */
export async function sealRecord(
  deps: { readonly sealBox: SealBox; readonly recordKeys: readonly Uint8Array[]; readonly random: (length: number) => Uint8Array },
  orderKey: string,
  content: RecordContent,
): Promise<SealedRecord> {
  const dataKey = deps.random(32);
  const iv = deps.random(12);
  const cipher = createCipheriv('aes-256-gcm', dataKey, iv, { authTagLength: TAG_BYTES }).setAAD(utf8(orderKey));
  const ciphertext = Buffer.concat([cipher.update(recordContentCodec.encode(content)), cipher.final()]);
  const sealed_key = await deps.sealBox(deps.recordKeys, dataKey, orderKey);
  dataKey.fill(0);
  return { sealed_key, iv, ciphertext, tag: cipher.getAuthTag() };
}

/** Errors RECORD_UNREADABLE. The caller destroys the key. */
export function openSealed(sealed: SealedRecord, dataKey: Secret, orderKey: string): RecordContent {
  try {
    const decipher = createDecipheriv('aes-256-gcm', dataKey.reveal(), sealed.iv, { authTagLength: TAG_BYTES })
      .setAAD(utf8(orderKey))
      .setAuthTag(sealed.tag);
    return recordContentCodec.decode(Buffer.concat([decipher.update(sealed.ciphertext), decipher.final()]));
  } catch (cause) {
    throw new RecordError('RECORD_UNREADABLE', { where: orderKey, cause });
  }
}

/**
 * Opens the record of an order and compares it with the hash kept at intake.
 * Errors RECORD_UNKNOWN, RECORD_UNREADABLE, RECORD_HASH_MISMATCH, and the signer's.
 */
export async function openRecordOfOrder(
  deps: { readonly db: Db | Trx; readonly signer: Pick<SignerClient, 'openRecordKey'> },
  orderKey: string,
): Promise<RecordContent> {
  const row = await deps.db
    .selectFrom('orders as o')
    .innerJoin('sealed_records as s', 's.order_key', 'o.order_key')
    .select(['o.record_hash', 's.sealed_key', 's.iv', 's.ciphertext', 's.tag'])
    .where('o.order_key', '=', orderKey)
    .executeTakeFirst();
  if (row === undefined) throw new RecordError('RECORD_UNKNOWN', { where: orderKey });
  const dataKey = await deps.signer.openRecordKey(row.sealed_key, orderKey);
  try {
    const content = openSealed(row, dataKey, orderKey);
    if (!equalBytes(canonicalRecordHash(content.citizen), row.record_hash))
      throw new RecordError('RECORD_HASH_MISMATCH', { where: orderKey });
    return content;
  } finally {
    dataKey.destroy();
  }
}

/** The `CardRecords` port: the record of a claimed card, for as long as the claim holds. */
export function createCardRecords(deps: Pick<StoreDeps, 'db'> & { readonly signer: Pick<SignerClient, 'openRecordKey'> }): CardRecords {
  return Object.freeze<CardRecords>({
    async open(claim) {
      // The fence is proven before the signer is asked; the signer proves nothing here but who is asking.
      const card = await withTransaction(deps.db, async (trx) => await lockClaimed(trx, claim));
      return (await openRecordOfOrder(deps, card.order_key)).citizen;
    },
  });
}
