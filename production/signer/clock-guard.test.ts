import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockGuard, clockFault, type ClockReading } from './clock-guard.ts';

const NOW = Date.parse('2026-11-22T04:00:00Z');
const SECOND = 1000;
const YEAR = 365.25 * 86_400 * SECOND;
const reading = (wall: number, monotonic: number): ClockReading => ({ wall, monotonic });
const good = { before: reading(NOW, 5000), after: reading(NOW + 3, 5003), database: NOW + 1 };

/** Over a second, to ten years, both ways. */
const jump = fc
  .tuple(fc.constantFrom(-1, 1), fc.oneof(fc.integer({ min: 1100, max: 100_000 }), fc.integer({ min: 1100, max: 10 * YEAR })))
  .map(([sign, size]) => sign * size);

describe('P1, T1: the clock is not trusted', () => {
  it('all three clocks tell the same story: signing goes on', () => {
    expect(clockFault(good)).toBeUndefined();
    expect(clockFault({ ...good, newestIntent: NOW + 900, last: reading(NOW - 60_000, -55_000) })).toBeUndefined();
  });

  it('the host and the database are more than a second apart, either way', () => {
    fc.assert(fc.property(jump, (by) => clockFault({ ...good, database: good.database + by }) === 'CLOCK_SKEW'));
    for (const by of [-999, 0, 999]) expect(clockFault({ ...good, database: good.database + by })).toBeUndefined();
  });

  it('both clocks are behind the newest intent', () => {
    const later = fc.integer({ min: 1100, max: 10 * YEAR });
    fc.assert(fc.property(later, (by) => clockFault({ ...good, newestIntent: NOW + 3 + by }) === 'CLOCK_BACKWARDS'));
  });

  it('both clocks jump together since the last signature: the clock that nobody can set tells', () => {
    const elapsed = fc.integer({ min: 1, max: 86_400 }).map((seconds) => seconds * 10);
    fc.assert(
      fc.property(jump, elapsed, (by, ms) => {
        const last = reading(good.after.wall - by - ms, good.after.monotonic - ms);
        expect(clockFault({ ...good, last })).toBe(Math.abs(by) > SECOND + 0.001 * ms ? 'CLOCK_JUMPED' : undefined);
      }),
    );
  });

  it('a database that takes its time is no skew; a clock that is set while it is asked is a jump', () => {
    const slow = { before: reading(NOW, 0), after: reading(NOW + 9000, 9000), database: NOW + 4000 };
    expect(clockFault(slow)).toBeUndefined();
    expect(clockFault({ ...slow, after: reading(NOW + 9000, 30) })).toBe('CLOCK_JUMPED');
  });

  it('daylight saving, 2038 and 2049/2050 are instants like any other; a leap second is within a second', () => {
    for (const edge of ['2026-03-29T01:00:00Z', '2038-01-19T03:14:07Z', '2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z']) {
      const wall = Date.parse(edge);
      expect(
        clockFault({ before: reading(wall, 0), after: reading(wall + 2, 2), database: wall + 1, last: reading(wall - 5000, -5000) }),
      ).toBeUndefined();
      expect(
        clockFault({ before: reading(wall, 0), after: reading(wall + 2, 2), database: wall + 1, last: reading(wall - 4000, -5000) }),
      ).toBeUndefined();
    }
  });

  it('it stops, says so, and resumes when the time is right again', async () => {
    let offset = 0;
    let monotonic = 0;
    const guard = new ClockGuard(() => reading(NOW + monotonic + offset, monotonic));
    const ask = async () => Promise.resolve({ database: new Date(NOW + monotonic + offset), newestIntent: null });
    await guard.check(ask);
    for (const by of [-10 * YEAR, -1500, 1500, 10 * YEAR]) {
      monotonic += 20;
      offset = by;
      await expect(guard.check(ask)).rejects.toMatchObject({ code: 'CLOCK_JUMPED' });
      expect(guard.fault).toBe('CLOCK_JUMPED');
      offset = 0;
      await guard.check(ask);
      expect(guard.fault).toBeUndefined();
    }
  });
});
