import { openChildReader } from '#encoder/readers';
import { READER_PROGRAM, startTestPcscd } from '#encoder/testing';
import { VirtualSlot } from '#encoder/virtual-card';
import { Seats, type Seat } from './seats.ts';

/** Two slots a virtual reader. */
const SLOTS_PER_READER = 2;
/** pcscd looks at a slot every 400 ms; a busy host may look later. */
const SEEN_MS = 30_000;

/** A pcscd of its own with so many seats, an even number, each reader in a process of its own as in the plant. `stop` ends them all. */
export async function pcscSeats(count: number): Promise<{ readonly seats: Seats; readonly stop: () => Promise<void> }> {
  const pcscd = await startTestPcscd(count / SLOTS_PER_READER);
  const slots = pcscd.slots.map(({ port }) => new VirtualSlot({ port }));
  const readers = await Promise.all(pcscd.slots.map(({ name }) => openChildReader(name, { program: READER_PROGRAM })));
  const seats = readers.flatMap((reader, at): readonly Seat[] => {
    const slot = slots[at];
    if (slot === undefined) return [];
    return [
      {
        reader,
        async insert(card) {
          await slot.insert(card);
          await reader.waitFor(true, SEEN_MS);
        },
        async remove() {
          await slot.remove();
          // Else the next card would be taken for the one that has gone. What the reader says of a service that is away is no matter here.
          await reader.waitFor(false, SEEN_MS).catch(() => undefined);
        },
      },
    ];
  });
  return {
    seats: new Seats(seats),
    async stop() {
      await Promise.all(readers.map((reader) => reader.close()));
      for (const slot of slots) await slot.remove();
      await pcscd.stop();
    },
  };
}
