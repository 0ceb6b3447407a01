import { Readable } from 'node:stream';

import type { FastifyReply } from 'fastify';

import { HttpError } from '#production/access';

export interface ServerSentEvent {
  /** Comes back as `Last-Event-ID` when the reader connects again. Left out for what is not worth repeating. */
  readonly id?: string;
  readonly event: string;
  /** JSON; never personal data. */
  readonly data: unknown;
}

/** A reader that is this far behind is cut off: it comes back with its Last-Event-ID. */
const UNREAD_BYTES_MAX = 1024 * 1024;
const STREAMS_MAX = 64;
const HEARTBEAT_MS = 15_000;

/** One open `text/event-stream` answer (HTML Living Standard §9.2). */
export class EventStream {
  readonly #out: Readable;
  readonly #onClose: (() => void)[] = [];
  #unread = 0;

  constructor(reply: FastifyReply, heartbeatMs = HEARTBEAT_MS) {
    this.#out = new Readable({ read: () => void (this.#unread = 0), highWaterMark: UNREAD_BYTES_MAX });
    const heartbeat = setInterval(() => this.#write(':\n\n'), heartbeatMs).unref();
    this.#out.once('close', () => {
      clearInterval(heartbeat);
      for (const act of this.#onClose) act();
    });
    // A reader that goes away is no error of ours.
    this.#out.on('error', () => undefined);
    reply.header('content-type', 'text/event-stream; charset=utf-8').header('x-accel-buffering', 'no');
    this.#write('retry: 1000\n\n');
    void reply.send(this.#out);
  }

  send(event: ServerSentEvent): void {
    const id = event.id === undefined ? '' : `id: ${oneLine(event.id)}\n`;
    this.#write(`${id}event: ${oneLine(event.event)}\ndata: ${JSON.stringify(event.data)}\n\n`);
  }

  onClose(act: () => void): void {
    if (this.#out.destroyed) act();
    else this.#onClose.push(act);
  }

  end(): void {
    if (!this.#out.destroyed) this.#out.push(null);
  }

  #write(text: string): void {
    if (this.#out.destroyed || this.#out.readableEnded) return;
    this.#unread += Buffer.byteLength(text);
    if (this.#unread > UNREAD_BYTES_MAX) this.#out.destroy();
    else this.#out.push(text);
  }
}

/** All open streams of a server, so that their number has a limit and a stopping server lets go of them. */
export class EventStreams {
  readonly #open = new Set<EventStream>();

  get size(): number {
    return this.#open.size;
  }

  /** @throws HttpError TOO_MANY_STREAMS */
  open(reply: FastifyReply): EventStream {
    if (this.#open.size >= STREAMS_MAX) throw new HttpError('TOO_MANY_STREAMS', { detail: `max ${STREAMS_MAX}` });
    const stream = new EventStream(reply);
    this.#open.add(stream);
    stream.onClose(() => this.#open.delete(stream));
    return stream;
  }

  broadcast(event: ServerSentEvent): void {
    for (const stream of this.#open) stream.send(event);
  }

  endAll(): void {
    for (const stream of this.#open) stream.end();
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\0]/gu, ' ');
}
