import { defineConfig } from 'vitest/config';

// Without 'import': a CommonJS package that is required must resolve to its CommonJS build (pg and pg-pool).
const SOURCE = ['source', 'module', 'node', 'default'];

/** One project a suffix: what runs in the process alone, what needs the real servers, what runs the whole plant. */
function project(name: string, include: readonly string[], exclude: readonly string[], timeoutMs: number) {
  return {
    resolve: { conditions: SOURCE },
    ssr: { resolve: { conditions: SOURCE } },
    test: {
      name,
      include: [...include],
      exclude: ['**/node_modules/**', '**/dist/**', '**/var/**', ...exclude],
      environment: 'node',
      pool: 'forks' as const,
      testTimeout: timeoutMs,
      hookTimeout: Math.max(timeoutMs, 120_000),
      fileParallelism: name === 'unit',
    },
  };
}

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    reporters: ['default', new URL('listed-tests.ts', import.meta.url).pathname],
    projects: [
      project('tidy', ['.ci/*.test.ts'], [], 30_000),
      project(
        'unit',
        ['{encoder,pki,queues,production,hsm-mocks,test-vectors}/**/*.test.ts'],
        ['**/*.int.test.ts', '**/*.e2e.test.ts'],
        30_000,
      ),
      project('int', ['{encoder,pki,queues,production,hsm-mocks}/**/*.int.test.ts'], [], 120_000),
      project('e2e', ['{encoder,queues,production}/**/*.e2e.test.ts'], [], 600_000),
    ],
  },
});
