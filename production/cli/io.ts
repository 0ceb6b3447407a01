/** Where a command writes, so that a test can listen. */
export interface CliIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether stderr is a terminal: progress bars are for people. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /**
   * Brings up the default plant for this one command when none is running, and resolves when its API answers. Its line stays
   * held. Without it a command only says that no plant runs.
   */
  readonly bringUpPlant?: () => Promise<void>;
}

export function processIo(): CliIo {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    interactive: process.stderr.isTTY,
    env: process.env,
    cwd: process.cwd(),
  };
}

/** Columns as wide as they must be; the last one is never padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell));
  return rows
    .map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - width(cell)))).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Vietnamese letters in NFC are one column each. */
function width(text: string): number {
  return text.normalize('NFC').length;
}

/** What comes from the API is data: a terminal must not obey it. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
