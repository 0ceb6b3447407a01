/**
 * How a card gets to the next station. A card is known here by the serial printed on it, which is all that a machine or a
 * person at a desk can see. Three kinds: the virtual feeder of the embedded plant, a person (by hand), a machine's controller.
 *
 * Moving is idempotent: carrying a card to where it is already is nothing. The feeder never knows what a card is for.
 */
export interface Feeder {
  /** The piece at a place, by its scanned serial; null when the place is empty. */
  at(place: Place): Promise<string | null>;
  /** Where a piece is; null when the feeder does not have it. */
  find(serial: string): Promise<Place | null>;
  /**
   * Takes the next blank off the stack into an empty seat and scans its serial. A seat that holds a piece already answers
   * with that piece and `fresh: false`; null when the stack is empty.
   */
  presentBlank(seat: Place): Promise<{ readonly serial: string; readonly fresh: boolean } | null>;
  /** Carries a piece to a place that is free, or is a tray. Errors: FEEDER_PIECE_UNKNOWN, FEEDER_PLACE_OCCUPIED. */
  carry(serial: string, to: Place): Promise<void>;
  /** Lifts the piece off its contacts and sets it down again: a cold reset that keeps the chip's memory. */
  reseat(seat: Place): Promise<void>;
  /** Photographs both faces of the piece at a place (300 dpi PNG); a face that nothing was printed on is null. */
  photograph(place: Place): Promise<{ readonly front: Uint8Array | null; readonly back: Uint8Array | null }>;
}

/** `stack` holds blanks; `encode:1`…, `inspect:1`… and `printer` hold one piece each; `buffer`, `good`, `reject` are trays. */
export type Place = 'stack' | `encode:${number}` | 'printer' | `inspect:${number}` | 'buffer' | 'good' | 'reject';
