import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Value } from 'typebox/value';
import { QUEUE_PREFIX, QUEUES, type Doorbell, type QueueName } from '#queues/jobs';

export interface Ringer {
  readonly ring: (doorbell: Doorbell) => Promise<void>;
  /** Jobs not yet answered, per queue, for the gauges. */
  depths(): Promise<Readonly<Record<QueueName, number>>>;
  /** Which of these jobs the queue still holds, waiting or in hand. */
  readonly stillQueued: (jobIds: readonly string[]) => Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}

/** Answered jobs are forgotten soon: the database remembers, the queue need not. */
const KEEP = { removeOnComplete: { age: 3600, count: 1000 }, removeOnFail: { age: 86_400, count: 1000 } };

/** Rings doorbells. A payload that is not its queue's schema never leaves this process. */
export function createRinger(connection: Redis): Ringer {
  const queues = new Map<QueueName, Queue>();
  for (const name of Object.keys(QUEUES) as QueueName[]) {
    const queue = new Queue(name, { connection, prefix: QUEUE_PREFIX });
    // The connection's owner reports outages; without a listener an outage would end the process.
    queue.on('error', () => undefined);
    queues.set(name, queue);
  }
  const queueOf = (name: QueueName): Queue => {
    const queue = queues.get(name);
    if (queue === undefined) throw new Error(`there is no queue ${name}`);
    return queue;
  };
  return {
    async ring(doorbell) {
      if (!Value.Check(QUEUES[doorbell.queue], doorbell.payload)) throw new Error(`the payload does not fit queue ${doorbell.queue}`);
      await queueOf(doorbell.queue).add(doorbell.queue, doorbell.payload, {
        jobId: doorbell.jobId,
        priority: doorbell.priority,
        attempts: 1,
        ...KEEP,
      });
    },
    async depths() {
      const entries = await Promise.all(
        [...queues].map(async ([name, queue]) => {
          const counts = await queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed');
          return [name, Object.values(counts).reduce((sum, count) => sum + count, 0)] as const;
        }),
      );
      return Object.fromEntries(entries) as Record<QueueName, number>;
    },
    async stillQueued(jobIds) {
      const queued = await Promise.all(
        jobIds.map(async (jobId) => {
          const name = (Object.keys(QUEUES) as QueueName[]).find((queue) => jobId.includes(`-${queue}-`));
          const state = name === undefined ? 'unknown' : await queueOf(name).getJobState(jobId);
          return state === 'waiting' || state === 'prioritized' || state === 'delayed' ? [jobId] : [];
        }),
      );
      return new Set(queued.flat());
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
