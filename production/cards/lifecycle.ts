import type { CardState, Station } from '#queues/ports';
import { CardError } from './card-error.ts';

/**
 *   LINTED ─batch▶ BATCHED ─release▶ RELEASED ─bind▶ BLANK_BOUND ─open▶ CHIP_OPENED ─intend▶ SOD_INTENT ─sign▶ SOD_SIGNED
 *                                                                                                                  │write
 *        SHIPPED ◀ship─ PACKED ◀pack─ INSPECTED ◀inspect─ PRINTED ◀print─ LOCK_VERIFIED ◀prove─ LOCKED ◀lock─ WRITTEN ◀┘
 *           └receive▶ RECEIVED ─hand over▶ HANDED_OVER
 *
 *   LINTED, BATCHED, RELEASED ─hold▶ HOLD ─resume▶ where it was      LINTED, BATCHED, RELEASED, HOLD ─cancel▶ CANCELLED
 *   BLANK_BOUND … INSPECTED ─doubt▶ IN_DOUBT ─resolve▶ where it was  RELEASED … INSPECTED, IN_DOUBT ─spoil▶ SPOILED ─destroy▶ DESTROYED
 *
 * Nothing leaves SPOILED but to be destroyed, and nothing in doubt is ever packed. A RELEASED card can be spoiled: its
 * attempts may be exhausted before any chip answered. `hold` and `doubt` remember where they came from; the table gives
 * the event, the row the way back.
 */
const TRANSITIONS = {
  LINTED: { batch: 'BATCHED', hold: 'HOLD', cancel: 'CANCELLED' },
  BATCHED: { release: 'RELEASED', hold: 'HOLD', cancel: 'CANCELLED' },
  RELEASED: { bind: 'BLANK_BOUND', hold: 'HOLD', cancel: 'CANCELLED', spoil: 'SPOILED' },
  BLANK_BOUND: { open: 'CHIP_OPENED', doubt: 'IN_DOUBT', spoil: 'SPOILED' },
  CHIP_OPENED: { intend: 'SOD_INTENT', doubt: 'IN_DOUBT', spoil: 'SPOILED' },
  SOD_INTENT: { sign: 'SOD_SIGNED', doubt: 'IN_DOUBT', spoil: 'SPOILED' },
  SOD_SIGNED: { write: 'WRITTEN', doubt: 'IN_DOUBT', spoil: 'SPOILED' },
  WRITTEN: { lock: 'LOCKED', doubt: 'IN_DOUBT', spoil: 'SPOILED' },
  LOCKED: { prove: 'LOCK_VERIFIED', doubt: 'IN_DOUBT', spoil: 'SPOILED' },
  LOCK_VERIFIED: { print: 'PRINTED', doubt: 'IN_DOUBT', spoil: 'SPOILED' },
  PRINTED: { inspect: 'INSPECTED', doubt: 'IN_DOUBT', spoil: 'SPOILED' },
  INSPECTED: { pack: 'PACKED', doubt: 'IN_DOUBT', spoil: 'SPOILED' },
  PACKED: { ship: 'SHIPPED' },
  SHIPPED: { receive: 'RECEIVED' },
  RECEIVED: { handOver: 'HANDED_OVER' },
  HANDED_OVER: {},
  HOLD: { cancel: 'CANCELLED' },
  CANCELLED: {},
  IN_DOUBT: { spoil: 'SPOILED' },
  SPOILED: { destroy: 'DESTROYED' },
  DESTROYED: {},
} as const satisfies Record<CardState, Readonly<Record<string, CardState>>>;

export type CardEvent = { [S in CardState]: keyof (typeof TRANSITIONS)[S] }[CardState];

export const CARD_STATES = Object.freeze(Object.keys(TRANSITIONS) as CardState[]);

/** Where `event` leads from `state`; undefined when the lifecycle has no such arrow. */
export function next(state: CardState, event: CardEvent): CardState | undefined {
  const outgoing: Readonly<Partial<Record<CardEvent, CardState>>> = TRANSITIONS[state];
  return outgoing[event];
}

/** The event that leads from one state to the other. Error CARD_TRANSITION_REFUSED. */
export function eventBetween(from: CardState, to: CardState): CardEvent {
  for (const [event, target] of Object.entries(TRANSITIONS[from])) if (target === to) return event as CardEvent;
  throw new CardError('CARD_TRANSITION_REFUSED', { detail: `${from} → ${to}` });
}

/** Which station works on a card in this state. A doubted card belongs to the station of the state it was doubted from. */
export function stationOf(state: CardState, doubtedFrom: CardState | null): Station | null {
  switch (doubtedFrom ?? state) {
    case 'RELEASED':
    case 'BLANK_BOUND':
    case 'CHIP_OPENED':
    case 'SOD_INTENT':
    case 'SOD_SIGNED':
    case 'WRITTEN':
    case 'LOCKED':
      return 'encode';
    case 'LOCK_VERIFIED':
      return 'print';
    case 'PRINTED':
      return 'inspect';
    case 'LINTED':
    case 'BATCHED':
    case 'INSPECTED':
    case 'PACKED':
    case 'SHIPPED':
    case 'RECEIVED':
    case 'HANDED_OVER':
    case 'HOLD':
    case 'CANCELLED':
    case 'IN_DOUBT':
    case 'SPOILED':
    case 'DESTROYED':
      return null;
  }
}

/** The queue to ring when a card arrives at this state; null when no machine waits for it. `pack` is rung for whole batches. */
export function doorbellOf(state: CardState): Station | null {
  return state === 'RELEASED' || state === 'LOCK_VERIFIED' || state === 'PRINTED' ? stationOf(state, null) : null;
}
