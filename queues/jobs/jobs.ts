/**
 * The contract of the queues: names, payloads, ids. A job is a doorbell: it says which card record to look at, and the
 * database says what is to be done. Payloads hold ids only, never personal data (stack-pitfalls §0.4).
 */
import { Type, type Static } from 'typebox';

const CardPayload = Type.Object({ cardId: Type.String({ pattern: '^crd-[0-9a-z]{26}$' }) }, { additionalProperties: false });
const OrderPayload = Type.Object({ orderKey: Type.String({ pattern: '^ord-[0-9a-z]{26}$' }) }, { additionalProperties: false });
const BatchPayload = Type.Object({ batchId: Type.String({ pattern: '^bat-[0-9a-z]{26}$' }) }, { additionalProperties: false });

/** One row a queue: its payload's schema. A consumer that is missing or doubled fails at boot. */
export const QUEUES = Object.freeze({
  prepare: OrderPayload,
  encode: CardPayload,
  print: CardPayload,
  inspect: CardPayload,
  pack: BatchPayload,
});

export type QueueName = keyof typeof QUEUES;
export type Payload<Q extends QueueName> = Static<(typeof QUEUES)[Q]>;

/** All keys of all queues share one hash tag, so that they live in one slot of a Redis Cluster. */
export const QUEUE_PREFIX = '{cardmint}';

/** One ring of a doorbell, as it stands in the outbox: lower `priority` first; remakes 1, new work 10. */
export interface Doorbell<Q extends QueueName = QueueName> {
  readonly queue: Q;
  readonly payload: Payload<Q>;
  /** Unique per subject and attempt: BullMQ drops a second ring while the first is known, and the claim drops the rest. */
  readonly jobId: string;
  readonly priority: number;
}

export const PRIORITY = Object.freeze({ remake: 1, newWork: 10 });
