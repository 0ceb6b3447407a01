import { createHash, randomBytes } from 'node:crypto';
import { issueSodOnPool, prepareSod, type DocumentSigner } from '#pki/sod';
import type { DocumentToSign } from '#production/signer';
import type { CardToSign } from './bench-card.ts';
import { processorMs } from './processor-time.ts';
import { median, perSecond } from './rounds.ts';

export interface SigningFigures {
  readonly rounds: number;
  readonly perRound: number;
  readonly inFlight: number;
  /** Medians. */
  readonly rawPerSecond: number;
  readonly signerPerSecond: number;
  /** Median of each round's own ratio. */
  readonly ratio: number;
  /** Processor milliseconds: of a signature alone; of a security object in this process with the token's library, and in PostgreSQL. */
  readonly rawMs: number;
  readonly processorMs: number;
  readonly postgresMs: number;
}

export interface SigningBench {
  readonly card: CardToSign;
  /** One signature over a digest by the token alone. */
  readonly raw: (digest: Uint8Array) => Promise<unknown>;
  /** The core of the signer on the same token: a document in, its product out. */
  readonly sign: (document: DocumentToSign) => Promise<Uint8Array>;
  readonly postgresPid: number;
  readonly rounds: number;
  readonly perRound: number;
}

/** Cards that wait at once: enough for groups that are worth a commit. */
const IN_FLIGHT = 256;

/** Rounds of both in turn, so that whatever else the machine does is done to both. */
export async function benchSigning(bench: SigningBench): Promise<SigningFigures> {
  const { raw, sign, postgresPid, rounds, perRound } = bench;
  const warmUp = Math.ceil(perRound / 4);
  await perSecond(warmUp, 1, () => raw(randomBytes(32)));
  await perSecond(warmUp, IN_FLIGHT, (call) => sign(securityObjectOf(bench.card, `warm-${call}`)));
  const measured: { raw: number; signer: number; rawMs: number; processor: number; postgres: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const atFirst = process.cpuUsage();
    const rawPerSecond = await perSecond(perRound, 1, () => raw(randomBytes(32)));
    const rawUsed = process.cpuUsage(atFirst);
    const [before, postgresBefore] = [process.cpuUsage(), processorMs(postgresPid)];
    const signer = await perSecond(perRound, IN_FLIGHT, (call) => sign(securityObjectOf(bench.card, `${round}-${call}`)));
    const used = process.cpuUsage(before);
    measured.push({
      raw: rawPerSecond,
      signer,
      rawMs: (rawUsed.user + rawUsed.system) / 1000 / perRound,
      processor: (used.user + used.system) / 1000 / perRound,
      postgres: (processorMs(postgresPid) - postgresBefore) / perRound,
    });
  }
  const of = (figure: (round: (typeof measured)[number]) => number): number => median(measured.map(figure));
  return {
    rounds,
    perRound,
    inFlight: IN_FLIGHT,
    rawPerSecond: of((round) => round.raw),
    signerPerSecond: of((round) => round.signer),
    ratio: of((round) => round.signer / round.raw),
    rawMs: of((round) => round.rawMs),
    processorMs: of((round) => round.processor),
    postgresMs: of((round) => round.postgres),
  };
}

/** The security object of one card for the core of the signer, as the signer's own request for it builds one; `name` is the card's. */
export function securityObjectOf({ efCom, dataGroups }: CardToSign, name: string): DocumentToSign {
  const content = createHash('sha256').update(efCom);
  for (const file of dataGroups.values()) content.update(file);
  return {
    subject: `crd-bench-${name}`,
    contentHash: Uint8Array.from(content.digest()),
    prepare: (signer: DocumentSigner) => {
      const token = prepareSod({ efCom, dataGroups, signer, at: new Date() });
      return { digest: token.digestToSign, issue: (signature) => issueSodOnPool(token, signature) };
    },
  };
}
