import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** One message for the person who set up, in both languages; nothing else is printed. */
export class SetUpError extends Error {
  constructor(vi, en, more = '') {
    super(`${vi}\n${en}${more === '' ? '' : `\n${more}`}`);
    this.name = 'SetUpError';
  }
}

/** A progress line, on stderr: stdout belongs to the command that comes after. */
export function say(vi, en) {
  process.stderr.write(`» ${vi} / ${en}\n`);
}

const STILL_EVERY_MS = 15_000;

/**
 * Runs a program with a progress line before it and signs of life while it lasts. What it prints is kept and shown only when it fails.
 * `endsWithUs`: the program ends when we do, even by kill -9, so that the next run finds nobody at work. Never for dpkg, which must finish.
 * @returns {Promise<void>}
 */
export async function runLong({ vi, en, cwd, env = {}, attempts = 1, endsWithUs = false, ...what }) {
  const { command, args } = endsWithUs ? boundToUs(what) : what;
  say(vi, en);
  const began = Date.now();
  const still = setInterval(() => say(`… ${vi}: ${seconds(began)} s`, `still going: ${seconds(began)} s`), STILL_EVERY_MS);
  try {
    for (let attempt = 1; ; attempt++) {
      const { code, output } = await runKept({ command, args, cwd, env });
      if (code === 0) return;
      if (attempt < attempts) continue;
      const tail = output.trim().split('\n').slice(-15).join('\n');
      throw new SetUpError(`Không làm được: ${vi} (mã ${code}).`, `Failed: ${en} (exit ${code}): ${command} ${args.join(' ')}`, tail);
    }
  } finally {
    clearInterval(still);
  }
}

function boundToUs({ command, args }) {
  return existsSync('/usr/bin/setpriv')
    ? { command: '/usr/bin/setpriv', args: ['--pdeathsig', 'KILL', '--', command, ...args] }
    : { command, args };
}

const KEPT_BYTES = 65_536;

function runKept({ command, args, cwd, env }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => (output = (output + chunk.toString('utf8')).slice(-KEPT_BYTES));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ code: error.code ?? 1, output: error.message }));
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output }));
  });
}

/** Runs a quick program and tells whether it ended well. */
export function succeeds(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'ignore', ...options }).status === 0;
}

function seconds(began) {
  return Math.round((Date.now() - began) / 1000);
}
