import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { Value } from 'typebox/value';
import { isCodedError } from '#encoder/bytes';
import { QUEUE_PREFIX, QUEUES, type Payload, type QueueName } from '#queues/jobs';

export interface Answering<Q extends QueueName> {
  readonly queue: Q;
  readonly connection: Redis;
  /** Asked before each pull: a seat that is held, out of service or busy with a piece of its own does not take work from others. */
  readonly mayPull: () => Promise<boolean>;
  readonly handle: (payload: Payload<Q>) => Promise<unknown>;
  /** Told of everything that went wrong with a job; the job itself is not retried by the queue: the sweeper decides. */
  readonly onFault: (fault: { readonly queue: Q; readonly code: string; readonly error: unknown }) => void;
}

export interface Answerer {
  /** Finishes the job in hand, takes no other, and resolves. */
  stop(): Promise<void>;
  readonly stopped: Promise<void>;
}

/**
 * Long enough that no lock ends while a card is made: a doorbell is answered once, and whether the card was made is asked of
 * the database. There is no stalled-job check for the same reason.
 */
const LOCK_MS = 30 * 60_000;
/** How long a pull waits at the queue before it asks `mayPull` again. */
const WAIT_SECONDS = 2;
const IDLE_MS = 250;
const AFTER_FAULT_MS = 1000;

/** One pair of hands at one queue: asks whether it may, pulls one job, answers it, and again. */
export function answerDoorbell<Q extends QueueName>(answering: Answering<Q>): Answerer {
  const token = randomUUID();
  const worker = new Worker(answering.queue, null, {
    connection: answering.connection,
    prefix: QUEUE_PREFIX,
    autorun: false,
    drainDelay: WAIT_SECONDS,
    lockDuration: LOCK_MS,
    maxStalledCount: 0,
  });
  worker.on('error', () => undefined);
  const stopping = new AbortController();
  const pulling = { waits: false };
  const stopped = run(answering, worker, { token, signal: stopping.signal, pulling });
  return {
    stopped,
    async stop() {
      stopping.abort();
      // Nobody waits for a pull at an empty queue to run out. A job that it was given in this very moment is rung again by the sweeper.
      if (pulling.waits) await worker.close(true);
      await stopped;
    },
  };
}

async function run<Q extends QueueName>(
  answering: Answering<Q>,
  worker: Worker,
  until: { readonly token: string; readonly signal: AbortSignal; readonly pulling: { waits: boolean } },
): Promise<void> {
  const { queue } = answering;
  const stopped = (): boolean => until.signal.aborted;
  const report = (error: unknown, unnamed: string): string => {
    const code = isCodedError(error) ? error.code : unnamed;
    answering.onFault({ queue, code, error });
    return code;
  };
  while (!stopped()) {
    try {
      if (!(await answering.mayPull())) {
        await sleep(IDLE_MS);
        continue;
      }
    } catch (error) {
      if (stopped()) break;
      report(error, 'UNEXPECTED');
      await sleep(AFTER_FAULT_MS);
      continue;
    }
    if (stopped()) break;
    try {
      const job = await pull(worker, until);
      if (job === undefined) continue;
      const payload: unknown = job.data;
      if (!Value.Check(QUEUES[queue], payload)) {
        answering.onFault({ queue, code: 'JOB_FORGED', error: null });
        await job.moveToFailed(new Error('JOB_FORGED'), until.token, false);
        continue;
      }
      const fault = await answering.handle(payload).then(
        () => null,
        (error: unknown) => report(error, 'UNEXPECTED'),
      );
      // Only the code goes to the queue: messages and stacks stay in the logs, where they are redacted.
      if (fault === null) await job.moveToCompleted('answered', until.token, false);
      else await job.moveToFailed(new Error(fault), until.token, false);
      if (fault !== null && !stopped()) await sleep(AFTER_FAULT_MS);
    } catch (error) {
      // Redis went away between two commands, or a job vanished with a flush: the database still knows what is to be done.
      if (stopped()) break;
      report(error, 'QUEUE_UNREACHABLE');
      await sleep(AFTER_FAULT_MS);
    }
  }
  await worker.close(true);
}

async function pull(worker: Worker, until: { readonly token: string; readonly pulling: { waits: boolean } }): Promise<Job | undefined> {
  until.pulling.waits = true;
  try {
    return await worker.getNextJob(until.token, { block: true });
  } finally {
    until.pulling.waits = false;
  }
}
