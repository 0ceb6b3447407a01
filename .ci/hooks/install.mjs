// Points git at the hooks of this folder. In an unpacked archive there is no git and nothing to do, also where the archive lies inside
// somebody else's clone; in CI nobody commits; hooks that the owner of the clone has chosen stay.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HOOKS = '.ci/hooks';

/** @param {string} root the top of the clone */
export function installHooks(root) {
  if ((process.env.CI ?? '') !== '' || !existsSync(join(root, '.git'))) return;
  const git = (...args) => spawnSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });
  const chosen = git('config', '--get', 'core.hooksPath');
  // 1: nothing is chosen. Anything else is a git that cannot be asked, or that was told something.
  if (chosen.status === 1) git('config', '--local', 'core.hooksPath', HOOKS);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  installHooks(fileURLToPath(new URL('../..', import.meta.url)));
}
