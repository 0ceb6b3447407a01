/**
 * The transactional outbox: doorbells written with the change they announce, relayed to the queue, rung again when lost.
 * It decides nothing about cards: a doorbell only says where to look.
 */
export { ringInTransaction } from './ring.ts';
export { listenOutbox, purgeOutbox, relayOutbox, type Ring } from './relay.ts';
export { sweep, type SweepOptions, type Swept } from './sweep.ts';
