/**
 * Run by `pcscd.int.test.ts` where vpcd's ports are: `node … card.fixture.ts PORT…`. A card that answers each command with the command and 9000.
 * vpicc protocol: 2 bytes of length, then an APDU or one control byte (0 off, 1 on, 2 reset, 4 ask for the ATR).
 */
import { connect, type Socket } from 'node:net';

const ATR = Uint8Array.of(0x3b, 0x80, 0x80, 0x01, 0x01);
const ASK_ATR = 4;

function plugIn(port: number): void {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  let held = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const end = 2 + held.readUInt16BE(0);
      const message = held.subarray(2, end);
      held = held.subarray(end);
      if (message.length > 1) send(socket, Buffer.concat([message, Uint8Array.of(0x90, 0x00)]));
      else if (message[0] === ASK_ATR) send(socket, ATR);
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => setTimeout(plugIn, 50, port));
}

function send(socket: Socket, bytes: Uint8Array): void {
  const frame = Buffer.alloc(2 + bytes.length);
  frame.writeUInt16BE(bytes.length);
  frame.set(bytes, 2);
  socket.write(frame);
}

for (const port of process.argv.slice(2)) plugIn(Number(port));
