import type { ApduChannel, CommandApdu } from '#encoder/apdu';
import { statusName } from '#encoder/apdu';
import type { RandomSource } from '#encoder/access';
import { uintBE } from '#encoder/bytes';

/** A command that a locked chip must refuse, made so that it does least if it does not. */
interface Probe {
  readonly name: string;
  readonly command: CommandApdu;
}

/** An identifier that no file of Doc 9303-10 has. */
const UNUSED_FILE = 0x01ff;

/**
 * In clear, with EF.CardAccess selected: `firstByte` is what stands at its offset 0, so that UPDATE BINARY would change nothing.
 * INITIALIZE UPDATE asks whether the transport keys still open the chip.
 */
export function probesInClear(firstByte: number, random: RandomSource): readonly Probe[] {
  return [
    { name: 'UPDATE BINARY', command: updateBinary(firstByte) },
    { name: 'INITIALIZE UPDATE', command: { cla: 0x80, ins: 0x50, p1: 0, p2: 0, data: random(8), le: 256 } },
    { name: 'STORE DATA', command: { cla: 0x80, ins: 0xe2, p1: 0x88, p2: 0, data: Uint8Array.of(0x01, 0xff, 0x00) } },
    { name: 'DELETE FILE', command: deleteFile() },
  ];
}

/** The same as the citizen's reader could send: inside secure messaging, with a file selected. */
export function probesSecured(firstByte: number): readonly Probe[] {
  return [
    { name: 'UPDATE BINARY', command: updateBinary(firstByte) },
    { name: 'DELETE FILE', command: deleteFile() },
  ];
}

/** Names and status words of those that were not refused. */
export async function notRefused(channel: ApduChannel, probes: readonly Probe[]): Promise<readonly string[]> {
  const accepted: string[] = [];
  for (const { name, command } of probes) {
    const { sw } = await channel.send(command);
    const refused = sw >> 8 >= 0x64 && sw >> 8 <= 0x6f;
    if (!refused) accepted.push(`${name} ${statusName(sw)}`);
  }
  return accepted;
}

function updateBinary(firstByte: number): CommandApdu {
  return { cla: 0, ins: 0xd6, p1: 0, p2: 0, data: Uint8Array.of(firstByte) };
}

function deleteFile(): CommandApdu {
  return { cla: 0, ins: 0xe4, p1: 0, p2: 0, data: uintBE(UNUSED_FILE, 2) };
}
