import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { pino, type DestinationStream, type Logger as Pino } from 'pino';

import { type LogFields } from './fields.ts';
import { redactFields, redactText } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Fields first, then a constant sentence: what varies belongs in a field, where it is checked. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  fatal(fields: LogFields, message: string): void;
  /** The same log with fields that every line of it repeats. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** Names the file: `api`, `line`, `line-enc-1`, `signer` … */
  readonly process: string;
  /** The plant's folder; the file is `<plantDir>/logs/<process>.log`, readable by its owner only. */
  readonly plantDir: string;
  readonly level?: LogLevel;
  /** Instead of the file, in tests. */
  readonly destination?: DestinationStream;
}

/**
 * Lines are written synchronously, so that the last one before a crash or a `kill -9` is there to be read. A disk that is
 * full costs log lines and one sentence on stderr, never the process.
 */
export function createLogger(options: LoggerOptions): Logger {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/u.test(options.process)) throw new Error('a process name is lower-case letters, digits and dashes');
  const root = pino(
    {
      level: options.level ?? 'info',
      base: { process: options.process, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'message',
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redactFields(fields),
      },
      // Fields of a child pass through `redactFields` in `wrap`: pino's own `formatters.bindings` would also see `base`.
      hooks: {
        logMethod(args, method) {
          const [fields, message] = args;
          method.apply(this, [fields, typeof message === 'string' ? redactText(message) : '']);
        },
      },
      // An error logged outside `err` would otherwise be expanded by pino itself, past the allow-list.
      serializers: {},
    },
    options.destination ?? fileDestination(options),
  );
  return wrap(root);
}

/** For tests and tools that have nothing to say. */
export const silentLogger: Logger = wrap(pino({ level: 'silent' }));

function wrap(log: Pino): Logger {
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    fatal: (fields, message) => log.fatal(fields, message),
    child: (fields) => wrap(log.child(redactFields(fields))),
  };
}

function fileDestination(options: LoggerOptions): DestinationStream {
  const folder = join(options.plantDir, 'logs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = pino.destination({ dest: join(folder, `${options.process}.log`), sync: true, mode: 0o600 });
  let complained = false;
  file.on('error', (error: unknown) => {
    if (complained) return;
    complained = true;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    process.stderr.write(
      `LOG_NOT_WRITTEN (${code}): không ghi được nhật ký, kiểm tra dung lượng đĩa · the log cannot be written, check the disk: ${folder}\n`,
    );
  });
  return file;
}
