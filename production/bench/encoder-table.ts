import type { EncoderFigures } from './encoder-bench.ts';
import { STEPS } from './encoder-card.ts';

/** The figures of the encoder, each ratio beside what it is measured against and what the issue asks of it. */
export function encoderTable(figures: EncoderFigures): string {
  const { card, least, oneSeat, seats, allSeatsMs, chip, cpuMs } = figures;
  const total = [...cpuMs.values()].reduce((sum, ms) => sum + ms, 0);
  const bytes = (files: typeof card.read): number => files.reduce((sum, file) => sum + file.bytes, 0);
  const ratio = (value: number): string => value.toFixed(3).padStart(7);
  return [
    `one card: ${card.written.length} files, ${bytes(card.written)} bytes written; ${card.read.length} files, ${bytes(card.read)} bytes read back`,
    '',
    '  commands                     fixed set (at the least)',
    ...least.fixed.map(({ step, commands, why }) => `    ${step.padEnd(24)} ${String(commands).padStart(3)}   ${why}`),
    `    ${'files written'.padEnd(24)} ${String(least.writing).padStart(3)}   one CREATE and ⌈length / largest data field⌉ a file`,
    `    ${'files read back'.padEnd(24)} ${String(least.reading).padStart(3)}   one SELECT and ⌈length / largest data field⌉ a file`,
    `  sent / least               ${ratio(least.sent / least.least)}   ${least.sent} / ${least.least}; wanted: at most 1.05`,
    '',
    `  chip of ${chip.bytesPerSecond / 1000} KB/s and ${chip.msPerCommand} ms a command:`,
    `  one seat / the wire        ${ratio(oneSeat.wallMs / oneSeat.wireMs)}   ${oneSeat.wallMs.toFixed(0)} / ${oneSeat.wireMs.toFixed(0)} ms; wanted: at most 1.05`,
    `  ${seats} seats / ${seats} × one seat    ${ratio(oneSeat.wallMs / allSeatsMs)}   ${allSeatsMs.toFixed(0)} ms a card in each; wanted: at least 0.95`,
    '',
    '  processor time of the terminal, ms a card',
    ...STEPS.map((step) => {
      const ms = cpuMs.get(step) ?? 0;
      return `    ${step.padEnd(24)} ${ms.toFixed(1).padStart(7)}   ${((100 * ms) / total).toFixed(0).padStart(3)} %`;
    }),
    `    ${'all'.padEnd(24)} ${total.toFixed(1).padStart(7)}`,
    '',
  ].join('\n');
}
