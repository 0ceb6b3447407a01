import { describe, expect, it } from 'vitest';
import { CARD_STATES, doorbellOf, eventBetween, next, stationOf, type CardEvent } from './lifecycle.ts';

/** The drawing, said once more in another form: every arrow there is. Whatever is not here must be refused. */
const ARROWS = `
LINTED batch BATCHED|LINTED hold HOLD|LINTED cancel CANCELLED|BATCHED release RELEASED|BATCHED hold HOLD|BATCHED cancel CANCELLED
RELEASED bind BLANK_BOUND|RELEASED hold HOLD|RELEASED cancel CANCELLED|RELEASED spoil SPOILED
BLANK_BOUND open CHIP_OPENED|BLANK_BOUND doubt IN_DOUBT|BLANK_BOUND spoil SPOILED
CHIP_OPENED intend SOD_INTENT|CHIP_OPENED doubt IN_DOUBT|CHIP_OPENED spoil SPOILED
SOD_INTENT sign SOD_SIGNED|SOD_INTENT doubt IN_DOUBT|SOD_INTENT spoil SPOILED
SOD_SIGNED write WRITTEN|SOD_SIGNED doubt IN_DOUBT|SOD_SIGNED spoil SPOILED
WRITTEN lock LOCKED|WRITTEN doubt IN_DOUBT|WRITTEN spoil SPOILED
LOCKED prove LOCK_VERIFIED|LOCKED doubt IN_DOUBT|LOCKED spoil SPOILED
LOCK_VERIFIED print PRINTED|LOCK_VERIFIED doubt IN_DOUBT|LOCK_VERIFIED spoil SPOILED
PRINTED inspect INSPECTED|PRINTED doubt IN_DOUBT|PRINTED spoil SPOILED
INSPECTED pack PACKED|INSPECTED doubt IN_DOUBT|INSPECTED spoil SPOILED
PACKED ship SHIPPED|SHIPPED receive RECEIVED|RECEIVED handOver HANDED_OVER
HOLD cancel CANCELLED|IN_DOUBT spoil SPOILED|SPOILED destroy DESTROYED`
  .trim()
  .split(/[|\n]/)
  .map((arrow) => arrow.split(' '));

const EVENTS = [...new Set(ARROWS.map(([, event]) => event as CardEvent))];

describe('card lifecycle (invariants §2)', () => {
  it('has exactly the arrows of the drawing, over every state and event', () => {
    expect(CARD_STATES.length * EVENTS.length).toBe(21 * 20);
    for (const state of CARD_STATES) {
      for (const event of EVENTS) {
        const arrow = ARROWS.find(([from, by]) => from === state && by === event);
        expect(next(state, event), `${state} ${event}`).toBe(arrow?.[2]);
      }
    }
  });

  it('finds the event between two states, and refuses every other pair', () => {
    for (const from of CARD_STATES) {
      for (const to of CARD_STATES) {
        const arrow = ARROWS.find(([a, , b]) => a === from && b === to);
        if (arrow === undefined) expect(() => eventBetween(from, to)).toThrow(expect.objectContaining({ code: 'CARD_TRANSITION_REFUSED' }));
        else expect(eventBetween(from, to)).toBe(arrow[1]);
      }
    }
  });

  it('never leads from SPOILED, DESTROYED or IN_DOUBT to a box (invariant B6)', () => {
    const reachable = (from: string): Set<string> => {
      const seen = new Set([from]);
      for (const state of seen) for (const [a, , b] of ARROWS) if (a === state && b !== undefined) seen.add(b);
      return seen;
    };
    for (const state of ['SPOILED', 'DESTROYED', 'IN_DOUBT', 'CANCELLED']) expect(reachable(state).has('PACKED')).toBe(false);
    expect(reachable('LINTED').has('HANDED_OVER')).toBe(true);
  });

  it('gives every working state to one station, and a doubt to the station it arose at', () => {
    expect(CARD_STATES.filter((state) => stationOf(state, null) === 'encode')).toEqual([
      'RELEASED',
      'BLANK_BOUND',
      'CHIP_OPENED',
      'SOD_INTENT',
      'SOD_SIGNED',
      'WRITTEN',
      'LOCKED',
    ]);
    expect(stationOf('IN_DOUBT', 'LOCK_VERIFIED')).toBe('print');
    expect(stationOf('IN_DOUBT', 'PRINTED')).toBe('inspect');
    expect(CARD_STATES.filter((state) => doorbellOf(state) !== null)).toEqual(['RELEASED', 'LOCK_VERIFIED', 'PRINTED']);
  });
});
