import { describe, expect, it } from 'vitest';
import { inProcessReader } from './in-process.ts';
import { EchoCard, readerConformance } from './reader.conformance.ts';

readerConformance('a card in this process', () => {
  const reader = inProcessReader();
  return Promise.resolve({ reader, insert: (card) => reader.insert(card), remove: () => reader.remove(), dispose: () => reader.close() });
});

describe('pulling at a chosen command', () => {
  it('before: the card never saw it; after: it did, and nobody heard the answer', async () => {
    const reader = inProcessReader();
    const seen: number[] = [];
    const card = new EchoCard();
    const process = card.process.bind(card);
    card.process = (command) => {
      seen.push(command[0] ?? 0);
      return process(command);
    };
    reader.onCommand = (command) => (command === 2 ? 'before' : command === 3 ? 'after' : undefined);
    reader.insert(card);
    const first = await reader.connect();
    await first.transmit(Uint8Array.of(1, 0, 0, 0));
    await expect(first.transmit(Uint8Array.of(2, 0, 0, 0))).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    reader.insert(card);
    const second = await reader.connect();
    await expect(second.transmit(Uint8Array.of(3, 0, 0, 0))).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    expect(seen).toEqual([1, 3]);
    expect(reader.commands).toBe(3);
  });
});
