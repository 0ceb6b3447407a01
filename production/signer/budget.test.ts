import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate, isOver, isPast80, sparesNeeded, type BudgetRow } from './budget.ts';

const NOW = new Date('2026-11-22T04:00:00Z');
const DAY = 86_400_000;
const at = (offset = 0) => {
  const time = new Date(NOW.getTime() + offset);
  return { earliest: time, latest: time };
};
const row = (hash: string, changes: Partial<BudgetRow> = {}): BudgetRow => ({
  hash,
  token: 'a',
  usageFrom: new Date(NOW.getTime() - DAY),
  usageTo: new Date(NOW.getTime() + 90 * DAY),
  documentsMax: 10,
  daysMax: 30,
  documents: 0,
  state: 'spare',
  activatedAt: null,
  activeUntil: null,
  ...changes,
});
const active = (hash: string, changes: Partial<BudgetRow> = {}): BudgetRow =>
  row(hash, { state: 'active', activatedAt: NOW, activeUntil: new Date(NOW.getTime() + 30 * DAY), ...changes });
const asked = (count: number) => Array.from({ length: count }, () => ({ avoid: new Set<string>() }));
const one = { time: at(), tokens: ['a'] };
const stateOf = (changed: readonly BudgetRow[], hash: string) => changed.find((changedRow) => changedRow.hash === hash)?.state;

describe('P2: the budget of a Document Signer', () => {
  it('at 80 % of the documents the successor is activated in the same allocation, and takes over', () => {
    const { changed, given } = allocate([active('one', { documents: 7 }), row('two')], asked(3), one);
    expect(given).toEqual([
      { signer: 'one', number: 8 },
      { signer: 'two', number: 1 },
      { signer: 'two', number: 2 },
    ]);
    expect([stateOf(changed, 'one'), stateOf(changed, 'two')]).toEqual(['active', 'active']);
  });

  it('without a successor it signs to the cap, is spent there, and never signs again', () => {
    const { changed, given } = allocate([active('one', { documents: 8 })], asked(4), one);
    expect(given).toEqual([{ signer: 'one', number: 9 }, { signer: 'one', number: 10 }, undefined, undefined]);
    expect(changed).toMatchObject([{ documents: 10, state: 'spent' }]);
  });

  it('at 80 % of the days the successor takes over; at their end the key is retired', () => {
    const rows = [active('one'), row('two')];
    expect(allocate(rows, asked(1), { time: at(23 * DAY), tokens: ['a'] }).given).toEqual([{ signer: 'one', number: 1 }]);
    expect(allocate(rows, asked(1), { time: at(24 * DAY), tokens: ['a'] }).given).toEqual([{ signer: 'two', number: 1 }]);
    const ended = allocate(rows, asked(1), { time: at(30 * DAY), tokens: ['a'] });
    expect([stateOf(ended.changed, 'one'), stateOf(ended.changed, 'two')]).toEqual(['retired', 'active']);
  });

  it('each living token has an active key, and the least used one is taken', () => {
    const rows = [row('one'), row('two', { token: 'b' }), row('three', { token: 'b' })];
    const { given } = allocate(rows, asked(4), { time: at(), tokens: ['a', 'b'] });
    expect(given.map((entry) => entry?.signer)).toEqual(['one', 'two', 'one', 'two']);
  });

  it('keys of a token that does not live, keys that were tried, and keys whose period has not begun are not taken', () => {
    const rows = [active('one'), active('two', { token: 'b' }), active('three', { usageFrom: new Date(NOW.getTime() + 1) })];
    expect(allocate(rows, asked(1), { time: at(), tokens: ['b'] }).given).toEqual([{ signer: 'two', number: 1 }]);
    expect(allocate(rows, [{ avoid: new Set(['one', 'two']) }], { time: at(), tokens: ['a', 'b'] }).given).toEqual([undefined]);
  });

  it('whatever is asked in whatever portions, no key passes its cap and every number is given once', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 });
    const caps = fc.array(fc.record({ cap: fc.integer({ min: 1, max: 12 }), token: fc.constantFrom('a', 'b') }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(sizes, caps, fc.constantFrom<(readonly string[])[]>(['a'], ['b'], ['a', 'b']), (portions, keys, tokens) => {
        let rows: readonly BudgetRow[] = keys.map(({ cap, token }, index) => row(`key-${index}`, { documentsMax: cap, token }));
        const seen = new Set<string>();
        for (const portion of portions) {
          const { changed, given } = allocate(
            rows.filter(({ state }) => state === 'active' || state === 'spare'),
            asked(portion),
            { time: at(), tokens },
          );
          for (const entry of given) if (entry !== undefined) expect(seen.has(`${entry.signer}/${entry.number}`)).toBe(false);
          for (const entry of given) if (entry !== undefined) seen.add(`${entry.signer}/${entry.number}`);
          rows = rows.map((before) => changed.find(({ hash }) => hash === before.hash) ?? before);
        }
        for (const { documents, documentsMax, state } of rows) {
          expect(documents).toBeLessThanOrEqual(documentsMax);
          expect(state === 'spent').toBe(documents === documentsMax);
        }
        const capacity = keys.filter(({ token }) => tokens.includes(token)).reduce((sum, { cap }) => sum + cap, 0);
        expect(seen.size).toBe(
          Math.min(
            capacity,
            portions.reduce((sum, portion) => sum + portion, 0),
          ),
        );
      }),
    );
  });
});

describe('P1: the usage period', () => {
  it('ends an hour early, by the later of two clocks, and begins by the earlier one', () => {
    const until = NOW.getTime() + 30 * DAY;
    expect(isOver(active('one'), { earliest: NOW, latest: new Date(until - 3_600_001) })).toBe(false);
    expect(isOver(active('one'), { earliest: NOW, latest: new Date(until - 3_600_000) })).toBe(true);
    const begins = active('one', { usageFrom: NOW });
    const before = { earliest: new Date(NOW.getTime() - 1), latest: NOW };
    expect(allocate([begins], asked(1), { time: before, tokens: ['a'] }).given).toEqual([undefined]);
  });

  it('a usage period that ends before the days do is the end', () => {
    const short = row('one', { usageTo: new Date(NOW.getTime() + 2 * DAY) });
    const { changed } = allocate([short], asked(1), one);
    expect(changed[0]?.activeUntil).toEqual(short.usageTo);
    expect(isPast80(changed[0] ?? short, at(1.6 * DAY))).toBe(true);
  });
});

describe('spares', () => {
  const policy = { leadDays: 14 };
  it('are called for when they would not last for the time that it takes to get more', () => {
    const busy = active('one', { documents: 8, documentsMax: 100, activatedAt: new Date(NOW.getTime() - DAY) });
    expect(sparesNeeded([busy, row('two', { documentsMax: 100 })], policy, at())).toBe(true);
    expect(sparesNeeded([busy, row('two', { documentsMax: 120 })], policy, at())).toBe(false);
  });
  it('are called for when a token in use has none to grow old with', () => {
    expect(sparesNeeded([active('one')], policy, at())).toBe(true);
    expect(sparesNeeded([active('one'), row('two')], policy, at())).toBe(false);
    expect(sparesNeeded([active('one'), active('two', { token: 'b' }), row('three')], policy, at())).toBe(true);
    expect(sparesNeeded([], policy, at())).toBe(true);
  });
});
