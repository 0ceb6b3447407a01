import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '#encoder/bytes';
import type { CardConnection, Reader } from './reader.ts';

/** A card that answers `00 01 …` with as many bytes as the command has, and tells how often it was powered. */
export class EchoCard {
  readonly answerToReset = fromHex('3B80800101');
  readonly mute: boolean;
  powerOns = 0;
  /** Resolves before each answer; a test may hold the card up here. */
  hold: Promise<void> = Promise.resolve();

  constructor(options: { readonly mute?: boolean } = {}) {
    this.mute = options.mute === true;
  }

  powerOn(): Uint8Array {
    this.powerOns += 1;
    return this.mute ? new Uint8Array(0) : this.answerToReset;
  }

  powerOff(): void {}

  async process(command: Uint8Array): Promise<Uint8Array> {
    await this.hold;
    const answer = command.slice();
    answer.set([0x90, 0x00], answer.length - 2);
    return answer;
  }
}

/** A reader and the hand that puts cards into it. */
export interface ReaderBench {
  readonly reader: Reader;
  readonly insert: (card: EchoCard) => Promise<void> | void;
  readonly remove: () => Promise<void> | void;
  readonly dispose: () => Promise<void>;
}

/** What every kind of reader does alike. vpcd looks for cards every 400 ms: waiting times are generous. */
export function readerConformance(kind: string, make: () => Promise<ReaderBench>): void {
  describe(`the reader port, as ${kind} keeps it`, () => {
    let bench: ReaderBench;
    beforeAll(async () => {
      bench = await make();
    });
    afterAll(() => bench.dispose());
    beforeEach(async () => {
      await bench.remove();
      await bench.reader.waitFor(false, 5000);
    });

    const connected = async (card: EchoCard): Promise<CardConnection> => {
      await bench.insert(card);
      await bench.reader.waitFor(true, 5000);
      return bench.reader.connect();
    };
    const command = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) & 0xff);
    const echo = (length: number): string => toHex(Uint8Array.of(...command(length).subarray(0, -2), 0x90, 0x00));

    it('says that no card is there, and that one stays', async () => {
      await expect(bench.reader.connect()).rejects.toMatchObject({ code: 'NO_CARD' });
      await expect(bench.reader.waitFor(true, 30)).rejects.toMatchObject({ code: 'NO_CARD' });
      await connected(new EchoCard());
      await expect(bench.reader.waitFor(false, 30)).rejects.toMatchObject({ code: 'CARD_STAYS' });
    });

    it.each([5, 261, 262, 4096, 65_535])('carries a command and a response of %i bytes unchanged', async (length) => {
      const connection = await connected(new EchoCard());
      expect(toHex(connection.atr)).toBe('3B80800101');
      expect(toHex(await connection.transmit(command(length)))).toBe(echo(length));
    });

    it('refuses to send what is no command, and goes on', async () => {
      const connection = await connected(new EchoCard());
      for (const length of [0, 3, 65_545]) {
        await expect(connection.transmit(command(length))).rejects.toMatchObject({ code: 'COMMAND_REFUSED' });
      }
      expect(toHex(await connection.transmit(command(5)))).toBe(echo(5));
    });

    it('a card that is pulled ends its connection for good; the next connection is another one', async () => {
      const card = new EchoCard();
      const connection = await connected(card);
      await bench.remove();
      await expect(connection.transmit(command(5))).rejects.toMatchObject({ code: 'CARD_REMOVED' });
      await connection.disconnect('leave');
      const next = await connected(card);
      expect(toHex(await next.transmit(command(5)))).toBe(echo(5));
      await expect(connection.transmit(command(5))).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    });

    it('a card that is pulled while it works: the outcome is unknown, and it says so', async () => {
      const card = new EchoCard();
      const connection = await connected(card);
      let release: () => void = () => {};
      card.hold = new Promise((resolve) => (release = resolve));
      const answer = connection.transmit(command(5));
      const refused = expect(answer).rejects.toMatchObject({ code: 'CARD_REMOVED' });
      await new Promise((resolve) => setTimeout(resolve, 50));
      await bench.remove();
      release();
      await refused;
    });

    it('"unpower" resets the card at the next connect, "leave" does not', async () => {
      const card = new EchoCard();
      const first = await connected(card);
      const powered = card.powerOns;
      await first.disconnect('leave');
      const second = await bench.reader.connect();
      expect(card.powerOns).toBe(powered);
      await second.disconnect('unpower');
      await bench.reader.connect();
      expect(card.powerOns).toBeGreaterThan(powered);
    });

    it('a card that gives no answer to reset is there, and mute', async () => {
      await bench.insert(new EchoCard({ mute: true }));
      await bench.reader.waitFor(true, 5000);
      await expect(bench.reader.connect()).rejects.toMatchObject({ code: 'CARD_MUTE' });
    });

    it('after close nothing answers', async () => {
      await bench.insert(new EchoCard());
      await bench.reader.close();
      await bench.reader.close();
      await expect(bench.reader.connect()).rejects.toMatchObject({ code: 'READER_GONE' });
      await bench.dispose();
      bench = await make();
    });
  });
}
