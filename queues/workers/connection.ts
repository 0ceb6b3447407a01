import { Redis } from 'ioredis';

/** Where the queues' Redis is: a unix socket, or a host. */
export type QueueAddress = ({ readonly path: string } | { readonly host: string; readonly port: number }) & { readonly password?: string };

/**
 * A connection to the queues' Redis. `waits: true` for those who answer (they outlast any outage),
 * `waits: false` for those who ring or look (they are told at once).
 */
export function connectQueue(address: QueueAddress, waits: boolean): Redis {
  const options = {
    maxRetriesPerRequest: waits ? null : 1,
    enableOfflineQueue: waits,
    retryStrategy: (times: number) => Math.min(times * 100, 2000),
  };
  const redis = new Redis({ ...address, ...options });
  redis.on('error', () => undefined);
  return redis;
}
