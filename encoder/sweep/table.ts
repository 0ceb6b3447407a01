import type { SweepResult } from './sweep.ts';

/** Rows for people: what was swept, and how each point ended. */
export function sweepTable(results: readonly SweepResult[]): string {
  const rows = results.map(({ family, profile, commands, points, resumed, terminated, violations }) => [
    family,
    profile,
    `${commands}`,
    `${points}`,
    `${resumed}`,
    `${sum(terminated.values())}`,
    `${violations.length}`,
  ]);
  const total = (at: number): string => `${sum(rows.map((row) => Number(row[at])))}`;
  const all = [
    ['family', 'profile', 'commands', 'points', 'resumed', 'terminated', 'violations'],
    ...rows,
    ['all', '', '', total(3), total(4), total(5), total(6)],
  ];
  const widths = [0, 1, 2, 3, 4, 5, 6].map((at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const reasons = results.flatMap(({ family, profile, terminated, violations }) => [
    ...[...terminated].map(([code, count]) => `terminated: ${family}, ${profile}: ${code} ${count} times`),
    ...violations.map(({ interruptions, why }) => `VIOLATION: ${family}, ${profile}, ${JSON.stringify(interruptions)}: ${why}`),
  ]);
  return [...lines, ...reasons].map((line) => `  ${line}`).join('\n');
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, one) => total + one, 0);
}
