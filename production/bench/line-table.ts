import type { BareFigures } from './baseline.ts';

export interface LineFigures {
  readonly cards: number;
  /** From the start of the line to the last packed card. */
  readonly seconds: number;
  /** Processor milliseconds by process, over that time. */
  readonly processorMs: ReadonlyMap<string, number>;
  readonly bareChip: BareFigures;
  readonly bareFaces: BareFigures;
}

/** One line a process, and what the next gain could be. */
export function lineTable(figures: LineFigures): string {
  const { cards, seconds, processorMs, bareChip, bareFaces } = figures;
  const total = [...processorMs.values()].reduce((sum, ms) => sum + ms, 0);
  const rows = [...processorMs].toSorted(([, a], [, b]) => b - a);
  const line = (name: string, ms: number): string =>
    `  ${name.padEnd(26)} ${(ms / cards).toFixed(1).padStart(8)}   ${((100 * ms) / total).toFixed(0).padStart(4)} %`;
  return [
    `${cards} cards in ${seconds.toFixed(1)} s: ${(cards / seconds).toFixed(2)} cards/s`,
    '',
    '  process                    ms CPU / card   share',
    ...rows.map(([name, ms]) => line(name, ms)),
    line('all', total),
    '',
    `  of "line": faces           ${bareFaces.cpuMs.toFixed(1).padStart(8)}          both faces drawn, alone, in this run`,
    `  baseline "bare chip"       ${bareChip.cpuMs.toFixed(1).padStart(8)}          one chip written and locked in this process: no plant, no PC/SC`,
    '',
    `  whole plant / bare chip    ${(total / cards / bareChip.cpuMs).toFixed(1).padStart(8)} ×`,
    `  seats / bare chip          ${((processorMs.get('seats') ?? 0) / cards / bareChip.cpuMs).toFixed(1).padStart(8)} ×`,
    `  processors busy            ${((100 * total) / 1000 / seconds).toFixed(0).padStart(8)} %  of one processor`,
    '',
  ].join('\n');
}
