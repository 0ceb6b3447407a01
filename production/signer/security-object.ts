import { issueSodOnPool, prepareSod, type DocumentSigner } from '#pki/sod';
import { advanceInTransaction, lockClaimed } from '#production/cards';
import { withTransaction, type Trx } from '#production/store';
import type { CardState } from '#queues/ports';
import { hex, sha256 } from './hashes.ts';
import { SignerError } from './signer-error.ts';
import { signDocument, type CardsMade, type Signing } from './signing.ts';

export interface SecurityObjectRequest {
  readonly cardId: string;
  readonly fence: number;
  readonly efCom: Uint8Array;
  readonly dataGroups: ReadonlyMap<number, Uint8Array>;
}

type Fenced = Pick<SecurityObjectRequest, 'cardId' | 'fence'>;

/**
 * Steps 7 and 8 of a card's life on the signer's side: SOD_INTENT with the intent, SOD_SIGNED with the outcome. What is not fit to be signed
 * is refused before there is an intent: prepared once under any signer of the plant, as they are all of one profile (invariant P9).
 */
export async function securityObject(
  signing: Signing,
  request: SecurityObjectRequest,
  by: { readonly rehearsal: DocumentSigner; readonly at: Date; readonly cards: CardsMade | undefined },
): Promise<Uint8Array> {
  const { efCom, dataGroups, ...claim } = request;
  const { algorithms, technicalLifeYears } = by.cards ?? {};
  const files = {
    efCom,
    dataGroups,
    at: by.at,
    ...(algorithms === undefined ? {} : { algorithms }),
    ...(technicalLifeYears === undefined ? {} : { technicalLifeYears }),
  };
  const rehearsed = prepareSod({ ...files, signer: by.rehearsal });
  const { ldsSecurityObjectHash } = rehearsed;
  await signing.reached('prepared');
  const { product, before } = await signDocument(signing, {
    subject: request.cardId,
    fence: request.fence,
    contentHash: ldsSecurityObjectHash,
    intended: (trx) => intendCard(trx, claim, ldsSecurityObjectHash),
    prepare: (signer) => {
      const token = signer === by.rehearsal ? rehearsed : prepareSod({ ...files, signer });
      return { digest: token.digestToSign, algorithm: token.algorithm, issue: (raw) => issueSodOnPool(token, raw) };
    },
    signed: (trx, efSod) => catchUp(trx, claim, efSod),
  });
  // Signed in an earlier life of the station: the state may still lag behind the outcome, never the other way round.
  if (before) await withTransaction(signing.db, (trx) => catchUp(trx, claim, product));
  return product;
}

async function intendCard(trx: Trx, claim: Fenced, ldsSecurityObjectHash: Uint8Array): Promise<void> {
  const card = await lockClaimed(trx, claim);
  if (card.state === 'CHIP_OPENED') await advanceInTransaction(trx, claim, 'SOD_INTENT', { ldsSecurityObject: hex(ldsSecurityObjectHash) });
  else if (card.state !== 'SOD_INTENT') throw new SignerError('CARD_NOT_CLAIMED', { where: claim.cardId, detail: card.state });
}

async function catchUp(trx: Trx, claim: Fenced, efSod: Uint8Array): Promise<void> {
  const card = await lockClaimed(trx, claim);
  const behind: readonly CardState[] = ['CHIP_OPENED', 'SOD_INTENT'];
  if (!behind.includes(card.state)) return;
  if (card.state === 'CHIP_OPENED') await advanceInTransaction(trx, claim, 'SOD_INTENT', {});
  await advanceInTransaction(trx, claim, 'SOD_SIGNED', { sodSha256: hex(sha256(efSod)) });
}
