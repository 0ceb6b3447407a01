import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

const INSTALL = fileURLToPath(new URL('hooks/install.mjs', import.meta.url));

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'cardmint-hooks-'));
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

const git = (...args: readonly string[]): string => spawnSync('git', [...args], { cwd: clone, encoding: 'utf8' }).stdout.trim();
const chosen = (): string => git('config', '--local', '--get', 'core.hooksPath');

/** As set-up and `npm install` do it, in a copy of ours at `folder`. */
function install(folder: string, env: Readonly<Record<string, string>> = {}): void {
  const copy = join(folder, '.ci', 'hooks', 'install.mjs');
  mkdirSync(join(folder, '.ci', 'hooks'), { recursive: true });
  cpSync(INSTALL, copy);
  const { CI: _, ...own } = process.env;
  execFileSync(process.execPath, [copy], { cwd: folder, env: { ...own, ...env } });
}

test('a clone gets the hooks, and a second time changes nothing', () => {
  git('init', '-q');
  install(clone);
  install(clone);
  expect(chosen()).toBe('.ci/hooks');
});

test('hooks that the owner chose stay, CI gets none, and a clone around an unpacked archive is not ours', () => {
  git('init', '-q');
  install(clone, { CI: 'true' });
  install(join(clone, 'unpacked'));
  expect(chosen()).toBe('');
  git('config', '--local', 'core.hooksPath', 'mine');
  install(clone);
  expect(chosen()).toBe('mine');
});
