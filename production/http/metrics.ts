import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

import { PLANT_ROLES } from '#production/access';
import type { Observe, Room } from './server.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One gauge whose samples are read when somebody asks. Labels are codes and names of ours, never ids of citizens or cards. */
export interface GaugeSource {
  readonly name: `cardmint_${string}`;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: () => Promise<readonly Sample[]>;
}

/** Prometheus itself gives up after ten seconds unless told otherwise. */
const READ_MS_MAX = 2000;

/**
 * `/metrics` in Prometheus' text format. A source that cannot be read is absent and says so in `cardmint_source_up`, so that the
 * process's own numbers are there when the database is not.
 */
export function metricsRoom(sources: readonly GaugeSource[]): Room & { readonly observe: Observe } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'cardmint_api_' });
  const durations = new Histogram({
    name: 'cardmint_http_seconds',
    help: 'Time to answer, by route and status',
    labelNames: ['route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  const up = new Gauge({
    name: 'cardmint_source_up',
    help: '1 when the source could be read',
    labelNames: ['source'],
    registers: [registry],
  });
  const gauges = sources.map((source) => ({
    source,
    gauge: new Gauge({ name: source.name, help: source.help, labelNames: source.labels, registers: [registry] }),
  }));
  return {
    name: 'metrics',
    statuses: {},
    observe: (answer) => durations.observe({ route: answer.route, status: String(answer.status) }, answer.durationMs / 1000),
    routes(api) {
      api.get(
        '/metrics',
        { config: { access: PLANT_ROLES }, schema: { tags: ['plant'], summary: 'Numbers for Prometheus' } },
        async (_request, reply) => {
          await Promise.all(
            gauges.map(async ({ source, gauge }) => {
              gauge.reset();
              try {
                for (const sample of await inTime(source.read())) gauge.set(sample.labels, sample.value);
                up.set({ source: source.name }, 1);
              } catch {
                up.set({ source: source.name }, 0);
              }
            }),
          );
          return reply.header('content-type', registry.contentType).send(await registry.metrics());
        },
      );
    },
  };
}

/** A source that waits for something that is away is absent like one that fails. */
async function inTime<T>(reading: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), READ_MS_MAX);
  });
  try {
    return await Promise.race([reading, late]);
  } finally {
    clearTimeout(timer);
  }
}
