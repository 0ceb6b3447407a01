import { Redis } from 'ioredis';

/**
 * A connection to the queues' Redis by unix socket path or URL. `waits: true` for those who answer (they outlast any outage),
 * `waits: false` for those who ring or look (they are told at once).
 */
export function connectQueue(address: { readonly path: string } | { readonly url: string }, waits: boolean): Redis {
  const options = {
    maxRetriesPerRequest: waits ? null : 1,
    enableOfflineQueue: waits,
    retryStrategy: (times: number) => Math.min(times * 100, 2000),
  };
  const redis = 'path' in address ? new Redis({ path: address.path, ...options }) : new Redis(address.url, options);
  redis.on('error', () => undefined);
  return redis;
}
