import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { VirtualCardError } from './virtual-card-error.ts';

/** Where a reader of vpcd listens: the first slot at its CHANNELID, the second one port higher. */
export interface VpcdAddress {
  readonly host?: string;
  readonly port: number;
}

/** What a slot needs of a card; `VirtualCard` is one. */
export interface SlotCard {
  readonly mute: boolean;
  readonly answerToReset: Uint8Array;
  powerOn(): Uint8Array;
  powerOff(): void;
  process(command: Uint8Array): Promise<Uint8Array>;
}

const CONTROL = { off: 0, on: 1, reset: 2, atr: 4 } as const;
/** vpcd's lengths are 16 bits. */
const FRAME_BYTES_MAX = 65_535;
const RECONNECT_MS = 100;
/**
 * pcscd looks at a slot every 400 ms. Cards that are swapped faster than that look like one card to it, and the second one would be sent
 * commands without ever being powered: a card goes in half a second after the last one came out, as with any real machine.
 */
const SETTLE_MS = 500;

/**
 * What vpcd is told by a card that is present and mute. No bytes would mean "no card"; an answer longer than the 33 bytes
 * that ISO/IEC 7816-3 allows makes vpcd report a card and fail to power it, as a real reader does with a dead chip.
 */
const MUTE_ANSWER = new Uint8Array(64);

/**
 * One slot of a virtual reader and the card that lies in it: the client end of vpcd. A connection is a card in the reader,
 * none an empty reader. When vpcd is restarted, the card is plugged in again until it is removed.
 */
export class VirtualSlot {
  readonly #address: VpcdAddress;
  #card: SlotCard | undefined;
  #socket: Socket | undefined;
  #insertion = 0;
  #emptySince = Number.NEGATIVE_INFINITY;

  constructor(address: VpcdAddress) {
    this.#address = address;
  }

  get card(): SlotCard | undefined {
    return this.#card;
  }

  /** Puts a card in; one that lies there already is taken out first. Resolves when vpcd has taken the connection, or at once when vpcd is not there yet. */
  async insert(card: SlotCard): Promise<void> {
    await this.remove();
    this.#card = card;
    this.#insertion += 1;
    const insertion = this.#insertion;
    const settleMs = this.#emptySince + SETTLE_MS - performance.now();
    if (settleMs > 0) await sleep(settleMs);
    if (this.#insertion !== insertion) return;
    const plugged = await this.#plug(card, insertion);
    if (!plugged) void this.#keepPlugged(card, insertion);
  }

  /** Takes the card out, after the command under way if there is one: the card, not the terminal, decides how far it got. */
  async remove(): Promise<void> {
    this.#insertion += 1;
    const socket = this.#socket;
    this.#socket = undefined;
    this.#card?.powerOff();
    this.#card = undefined;
    if (socket === undefined) return;
    this.#emptySince = performance.now();
    if (socket.closed) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.destroy();
    });
  }

  async #keepPlugged(card: SlotCard, insertion: number): Promise<void> {
    while (this.#insertion === insertion) {
      await sleep(RECONNECT_MS);
      if (this.#insertion !== insertion || (await this.#plug(card, insertion))) return;
    }
  }

  /** The card left by itself: nothing plugs it in again but a new `insert`. */
  #forget(insertion: number): void {
    if (this.#insertion !== insertion) return;
    this.#insertion += 1;
    this.#emptySince = performance.now();
    this.#socket = undefined;
    this.#card = undefined;
  }

  /** False when nobody listens. */
  #plug(card: SlotCard, insertion: number): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ host: this.#address.host ?? '127.0.0.1', port: this.#address.port, noDelay: true });
      let connected = false;
      socket.once('connect', () => {
        connected = true;
        this.#socket = socket;
        // Removed while the connection was being made.
        if (this.#insertion !== insertion) socket.destroy();
        else serve(socket, card, () => this.#forget(insertion));
        resolve(true);
      });
      socket.on('error', () => {});
      socket.once('close', () => {
        if (!connected) resolve(false);
        else if (this.#insertion === insertion && this.#socket === socket) {
          card.powerOff();
          void this.#keepPlugged(card, insertion);
        }
      });
    });
  }
}

/** Frames: length (2) and payload; a payload of one byte is a control, anything longer a command APDU. */
function serve(socket: Socket, card: SlotCard, vanished: () => void): void {
  let pending: Buffer = Buffer.alloc(0);
  let turn: Promise<void> = Promise.resolve();
  const send = (payload: Uint8Array): void => {
    const frame = Buffer.alloc(2 + payload.length);
    frame.writeUInt16BE(payload.length);
    frame.set(payload, 2);
    if (!socket.destroyed) socket.write(frame);
  };
  const handle = async (frame: Uint8Array): Promise<void> => {
    if (socket.destroyed) return;
    if (frame.length === 1) return control(frame[0] ?? 0);
    const response = await card.process(frame);
    send(response.length > FRAME_BYTES_MAX ? Uint8Array.of(0x6f, 0x00) : response);
  };
  const control = (code: number): void => {
    if (code === CONTROL.off) card.powerOff();
    else if (code === CONTROL.on || code === CONTROL.reset) card.powerOn();
    else if (code === CONTROL.atr) send(card.mute ? MUTE_ANSWER : card.answerToReset);
  };
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      const frame = Uint8Array.from(pending.subarray(2, end));
      pending = pending.subarray(end);
      turn = turn
        .then(() => handle(frame))
        .catch((error: unknown) => {
          // Any other card stays, one without power too: pcscd must notice that it is not the card it thinks.
          if (error instanceof VirtualCardError && error.code === 'CARD_VANISHED') vanished();
          socket.destroy();
        });
    }
  });
}
