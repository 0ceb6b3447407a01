import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PasswordTries, type RetryCounter } from './retry-counter.ts';

const INITIAL = 3;
type Event = 'right' | 'wrong' | 'can' | 'end';

describe('BSI TR-03110-2 §2.2.3: a model of the retry counter, over any course of events', () => {
  it('is blocked at 0, suspended at 1 until the CAN of this session, and full again only by the right PIN', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<Event>('right', 'wrong', 'can', 'end'), { maxLength: 30 }), (events) => {
        let left = INITIAL;
        const counter: RetryCounter = { initial: INITIAL, remaining: () => left, set: (next) => void (left = next) };
        const tries = new PasswordTries({ pin: counter });
        let resumed = false;
        for (const event of events) {
          const before = left;
          expect(tries.selected('pin')).toBe(before === INITIAL ? 0x9000 : 0x63c0 + before);
          if (event === 'end') {
            tries.sessionEnded();
            resumed = false;
          } else if (event === 'can') {
            expect(tries.refusal('can')).toBeUndefined();
            tries.spend('can');
            tries.succeeded('can');
            resumed ||= before === 1;
          } else {
            const refusal = tries.refusal('pin');
            expect(refusal).toBe(before === 0 ? 0x6983 : before === 1 && !resumed ? 0x6985 : undefined);
            if (refusal !== undefined) continue;
            tries.spend('pin');
            resumed = false;
            if (event === 'right') tries.succeeded('pin');
            else expect(tries.failed('pin')).toBe(0x63c0 + before - 1);
          }
          const tried = event === 'right' || event === 'wrong';
          expect(left).toBe(tried ? (event === 'right' ? INITIAL : before - 1) : before);
        }
      }),
    );
  });

  it('MRZ and CAN have none: 6300 without end', () => {
    const tries = new PasswordTries({});
    for (const kind of ['mrz', 'can', 'pin'] as const) {
      for (let round = 0; round < 20; round += 1) {
        expect([tries.selected(kind), tries.refusal(kind)]).toEqual([0x9000, undefined]);
        tries.spend(kind);
        expect(tries.failed(kind)).toBe(0x6300);
      }
    }
  });
});
