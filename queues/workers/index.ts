/**
 * Ringing and answering: BullMQ as a doorbell. A job that is lost, doubled or late does no harm, because whoever answers it
 * claims the card in the database first. It is not where a card's steps are (`queues/steps`).
 */
export { answerDoorbell, type Answerer, type Answering } from './answer.ts';
export { connectQueue, type QueueAddress } from './connection.ts';
export { createRinger, type Ringer } from './ring.ts';
