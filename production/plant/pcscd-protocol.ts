import { createConnection } from 'node:net';

/** What pcscd says of one reader. */
export interface ReaderState {
  readonly name: string;
  readonly cardPresent: boolean;
}

/**
 * Asks a pcscd for its readers over its own socket, without the native addon: the process that watches services holds none.
 *
 * PCSC-lite's `winscard_msg.h`: a request is a header `{ u32 size, u32 command }` and a structure; the answer is the structure alone.
 * Protocol 4:4 is spoken by pcsc-lite 1.8.24 to 1.9.9, and understood by later ones.
 * @throws Error when nothing answers within `timeoutMs`, or what answers is no pcscd.
 */
export async function askReaders(socketPath: string, timeoutMs = 2_000): Promise<readonly ReaderState[]> {
  const connection = createConnection({ path: socketPath });
  try {
    const answer = collector(connection, timeoutMs);
    connection.write(request(COMMAND_VERSION, int32s(PROTOCOL_MAJOR, PROTOCOL_MINOR, 0)));
    const version = await answer(VERSION_BYTES);
    if (version.readInt32LE(0) !== PROTOCOL_MAJOR || version.readUInt32LE(8) !== 0) throw new Error('pcscd speaks another protocol');
    connection.write(request(COMMAND_GET_READERS_STATE, Buffer.alloc(0)));
    return readStates(await answer(READERS_MAX * READER_STATE_BYTES));
  } finally {
    connection.destroy();
  }
}

const COMMAND_VERSION = 0x11;
const COMMAND_GET_READERS_STATE = 0x12;
const PROTOCOL_MAJOR = 4;
const PROTOCOL_MINOR = 4;
const VERSION_BYTES = 12;
/** `PCSCLITE_MAX_READERS_CONTEXTS`: the answer always has this many rows. */
export const READERS_MAX = 16;
/** `READER_STATE`: name 128, eventCounter 4, readerState 4, readerSharing 4, cardAtr 33, padding 3, cardAtrLength 4, cardProtocol 4. */
const READER_STATE_BYTES = 184;
const NAME_BYTES = 128;
const STATE_OFFSET = 132;
const SCARD_PRESENT = 0x0004;

function readStates(rows: Buffer): ReaderState[] {
  const states: ReaderState[] = [];
  for (let at = 0; at < rows.length; at += READER_STATE_BYTES) {
    const field = rows.subarray(at, at + NAME_BYTES);
    const end = field.indexOf(0);
    const name = field.subarray(0, end === -1 ? NAME_BYTES : end).toString('utf8');
    if (name !== '') states.push({ name, cardPresent: (rows.readUInt32LE(at + STATE_OFFSET) & SCARD_PRESENT) !== 0 });
  }
  return states;
}

function request(command: number, body: Buffer): Buffer {
  return Buffer.concat([int32s(body.length, command), body]);
}

function int32s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeInt32LE(value, index * 4));
  return bytes;
}

/** Reads exact counts of bytes off a socket, in order, within one deadline for all of them. */
function collector(socket: NodeJS.ReadableStream & { destroy(): void }, timeoutMs: number): (count: number) => Promise<Buffer> {
  let held = Buffer.alloc(0);
  let failure: Error | undefined;
  let wake: () => void = () => undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    wake();
  };
  const timer = setTimeout(() => fail(new Error('pcscd does not answer')), timeoutMs);
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    wake();
  });
  socket.on('error', fail);
  socket.on('close', () => {
    clearTimeout(timer);
    fail(new Error('pcscd closed the connection'));
  });
  return async (count) => {
    while (held.length < count) {
      if (failure !== undefined) throw failure;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    const taken = held.subarray(0, count);
    held = held.subarray(count);
    return taken;
  };
}
