/**
 * Names, payload schemas and ids of the jobs: the contract between who rings and who answers. It is not where jobs are
 * processed (`queues/workers`) nor where the truth lives (`production/cards`).
 */
export { PRIORITY, QUEUE_PREFIX, QUEUES, type Doorbell, type Payload, type QueueName } from './jobs.ts';
