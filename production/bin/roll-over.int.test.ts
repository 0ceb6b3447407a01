import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rehearsalCard } from './rehearsal-card.ts';
import { isGood, rehearseRollOver, type RollOverOptions, type RollOverReport } from './roll-over.ts';
import { inThrowawayHome } from './throwaway-home.ts';

const PROGRAM = ['--conditions=source', '--import', 'tsx', fileURLToPath(new URL('token.ts', import.meta.url))];

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cardmint-roll-over-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

async function rehearse(options: Omit<RollOverOptions, 'program'>): Promise<RollOverReport> {
  const card = await rehearsalCard();
  return inThrowawayHome({ cwd }, (home) => rehearseRollOver(home, card, { ...options, program: PROGRAM }));
}

describe('Document Signers roll over while cards are signed (P2, P13)', () => {
  it('no request fails, no key passes its cap, each successor comes at 80 %', async () => {
    const report = await rehearse({ rate: 30, seconds: 4, documentsMax: 20 });
    expect(report).toMatchObject({ requests: 120, reconciliation: 'COUNTER_ABSENT' });
    expect([...report.failures]).toEqual([]);
    expect(report.keys.reduce((sum, { documents }) => sum + documents, 0)).toBe(120);
    for (const { documents } of report.keys) expect(documents).toBeLessThanOrEqual(16);
    // 16 of 20 a key: 120 documents need eight keys, the first of each token among them.
    expect(report.rollOvers).toBeGreaterThanOrEqual(6);
    expect(isGood(report)).toBe(true);
  });

  it('threat: a token dies for good half way; the other one signs what is left', async () => {
    const report = await rehearse({ rate: 30, seconds: 4, documentsMax: 20, killToken: 'a' });
    expect([...report.failures]).toEqual([]);
    expect(report.keys.filter(({ token }) => token === 'b').reduce((sum, { documents }) => sum + documents, 0)).toBeGreaterThanOrEqual(40);
    expect(isGood(report)).toBe(true);
  });
});

describe('a rehearsal that failed', () => {
  const good: RollOverReport = {
    requests: 1,
    failures: new Map(),
    rollOvers: 0,
    latencyMs: { median: 1, p99: 1 },
    keys: [{ token: 'a', state: 'active', documents: 1 }],
    documentsMax: 1,
    reconciliation: 'COUNTER_ABSENT',
    killed: undefined,
  };
  it.each([
    ['a request failed', { failures: new Map([['TOKEN_UNAVAILABLE', 1]]) }],
    ['a key passed its cap', { keys: [{ token: 'a', state: 'spent', documents: 2 }] }],
    ['signatures of nobody', { reconciliation: 'ROGUE_SIGNATURES' as const }],
    ['a counter that went back', { reconciliation: 'COUNTER_BEHIND' as const }],
  ])('%s', (_, change) => {
    expect(isGood(good)).toBe(true);
    expect(isGood({ ...good, ...change })).toBe(false);
  });
});
