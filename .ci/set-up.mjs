#!/usr/bin/env node
/**
 * Makes sure of everything that Cardmint needs, and installs only what is missing: Debian packages, node packages from the lockfile,
 * native addons built against the headers beside the running node, `dist/`, and git's hooks. Plain node, no package: it runs before there is one.
 *
 *   node .ci/set-up.mjs                  everything the product needs
 *   node .ci/set-up.mjs --with-browser   and what the tests need besides
 *   node .ci/set-up.mjs --check          says what is missing, changes nothing; exit 1 when something is
 *   node .ci/set-up.mjs --no-build       leaves dist/ alone
 */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { installHooks } from './hooks/install.mjs';
import { buildIsCurrent, ensureBuild } from './set-up/build.mjs';
import { withLock } from './set-up/lock.mjs';
import { addonsToBuild, ensureAddons, ensureNodePackages, nodePackagesAreCurrent } from './set-up/node-packages.mjs';
import { SetUpError } from './set-up/say.mjs';
import { ensureSystemPackages, missingSystemPackages } from './set-up/system-packages.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OLDEST_NODE = [20, 19];

/**
 * @param {{ root?: string, withBrowser?: boolean, build?: boolean }} options
 * @throws {SetUpError} with one message for a person, in Vietnamese and English.
 */
export async function setUp({ root = ROOT, withBrowser = false, build = true } = {}) {
  checkNode();
  installHooks(root);
  if (isSetUp({ root, withBrowser, build })) return;
  await withLock(root, async () => {
    await ensureSystemPackages({ withBrowser });
    await ensureNodePackages(root);
    await ensureAddons(root);
    if (build) await ensureBuild(root);
  });
}

/** True when a set-up would do nothing. */
export function isSetUp({ root = ROOT, withBrowser = false, build = true } = {}) {
  return whatIsMissing({ root, withBrowser, build }).length === 0;
}

/** What a set-up would see to, named for a person. */
export function whatIsMissing({ root = ROOT, withBrowser = false, build = true } = {}) {
  const missing = missingSystemPackages({ withBrowser }).map((name) => `Debian: ${name}`);
  if (!nodePackagesAreCurrent(root)) missing.push('node_modules');
  missing.push(...addonsToBuild(root).map((name) => `addon: ${name}`));
  if (build && !buildIsCurrent(root)) missing.push('dist/');
  return missing;
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new SetUpError(
    `Cần Node ${OLDEST_NODE.join('.')} trở lên, đang chạy ${process.version}.`,
    `Node ${OLDEST_NODE.join('.')} or later is needed; this is ${process.version}.`,
  );
}

async function main(args) {
  const known = new Set(['--with-browser', '--check', '--no-build']);
  const unknown = args.find((arg) => !known.has(arg));
  if (unknown !== undefined) throw new SetUpError(`Không có tuỳ chọn ${unknown}.`, `There is no option ${unknown}.`);
  const options = { withBrowser: args.includes('--with-browser'), build: !args.includes('--no-build') };
  if (!args.includes('--check')) return setUp(options);
  const missing = whatIsMissing(options);
  if (missing.length > 0) throw new SetUpError(`Còn thiếu: ${missing.join(', ')}`, `Missing: ${missing.join(', ')}`);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error) => {
    process.stderr.write(error instanceof SetUpError ? `${error.message}\n` : `${error.stack}\n`);
    process.exitCode = 1;
  });
}
