import { READERS_MAX } from './pcscd-protocol.ts';

/** What a reader is for: `encode` writes cards, `inspect` reads them back in another process. */
export type SeatRole = 'encode' | 'inspect';

/** One place where a card can be: a slot of a virtual reader, and the port where a virtual card plugs in. */
export interface Seat {
  /** `encode:1` … and `inspect:1` …: the name that the rest of Cardmint uses. */
  readonly place: `${SeatRole}:${number}`;
  /** As PC/SC reports it. */
  readonly readerName: string;
  /** TCP port on 127.0.0.1 *inside the plant's network namespace*, where vpcd waits for a virtual card. */
  readonly port: number;
}

/** One entry of reader.conf: a copy of vpcd with two slots. */
export interface ReaderEntry {
  readonly friendlyName: string;
  /** The port of the first slot; the second slot has the next one. */
  readonly port: number;
  readonly libraryName: string;
}

export interface SeatPlan {
  readonly seats: readonly Seat[];
  readonly entries: readonly ReaderEntry[];
}

const SLOTS_PER_ENTRY = 2;
/** vpcd's own default (0x8C7B). The namespace is ours alone, so nothing else can hold it. */
const FIRST_PORT = 35_963;

/**
 * Which readers a plant has and what they are called. vpcd 3.3 gives two slots an entry, named `… 00 00` and `… 00 01` by pcscd, and keeps
 * its cards in a table indexed by slot alone: two entries on one library mix up their cards, so each entry gets a copy of its own.
 * @throws RangeError when the readers are more than pcscd can hold (16 slots).
 */
export function planSeats(counts: Readonly<Record<SeatRole, number>>): SeatPlan {
  const seats: Seat[] = [];
  const entries: ReaderEntry[] = [];
  for (const role of ['encode', 'inspect'] as const) {
    for (let index = 0; index < counts[role]; index++) {
      const slot = index % SLOTS_PER_ENTRY;
      if (slot === 0) entries.push(newEntry(role, index / SLOTS_PER_ENTRY, entries.length));
      const entry = entries.at(-1);
      if (entry === undefined) throw new RangeError('a slot without its entry');
      seats.push({ place: `${role}:${index + 1}`, readerName: `${entry.friendlyName} 00 0${slot}`, port: entry.port + slot });
    }
  }
  if (entries.length * SLOTS_PER_ENTRY > READERS_MAX) throw new RangeError(`more readers than pcscd's ${READERS_MAX} slots`);
  return { seats, entries };
}

function newEntry(role: SeatRole, ordinal: number, index: number): ReaderEntry {
  const letter = String.fromCharCode(65 + ordinal);
  const roleName = role === 'encode' ? 'Encode' : 'Inspect';
  return {
    friendlyName: `Cardmint ${roleName} ${letter}`,
    port: FIRST_PORT + index * SLOTS_PER_ENTRY,
    libraryName: `vpcd-${role}-${letter}.so`,
  };
}

/**
 * pcsc-lite tells readers of one name apart by the number in which it found them (`RFSetReaderName`: name, number and slot, two hex digits
 * each): after a restart the numbers may have changed places, and a seat that goes by one has another reader's cards.
 * @returns the first of `wanted` that only such a number tells from another reader in `present`
 */
export function numberedReader(wanted: readonly string[], present: readonly string[]): string | undefined {
  return wanted.find((name) => {
    const own = READER_NAME.exec(name)?.groups;
    return present.some((other) => {
      const groups = READER_NAME.exec(other)?.groups;
      return groups?.['name'] === own?.['name'] && groups?.['number'] !== own?.['number'];
    });
  });
}

const READER_NAME = /^(?<name>.*) (?<number>[0-9A-F]{2}) (?<slot>[0-9A-F]{2})$/;

/** The text of reader.conf(5) for these entries; `driverDir` must hold a copy of vpcd's library for each. */
export function readerConf(entries: readonly ReaderEntry[], driverDir: string): string {
  return entries
    .map((entry) => {
      const channel = `0x${entry.port.toString(16).toUpperCase()}`;
      return [
        `FRIENDLYNAME "${entry.friendlyName}"`,
        `DEVICENAME /dev/null:${channel}`,
        `LIBPATH ${driverDir}/${entry.libraryName}`,
        `CHANNELID ${channel}`,
        '',
      ].join('\n');
    })
    .join('\n');
}
