import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

import { hasHeaders, nodePrefix } from './node-headers.mjs';
import { runLong, SetUpError, succeeds } from './say.mjs';

/** The packages with native code that ship no binary for us. The others (sharp, resvg, esbuild) bring theirs as optional packages. */
const ADDONS = [
  { name: 'pcsclite', binary: 'build/Release/pcsclite.node' },
  { name: 'pkcs11js', binary: 'build/Release/pkcs11.node' },
];

/** The stamp is the last thing written: what was interrupted has none, and is done again. */
function stampPath(root) {
  return join(root, 'node_modules', '.cardmint-set-up');
}

function stampFor(root) {
  const lockfile = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return { lockfile, node: process.version, arch: process.arch, addons: ADDONS.map((addon) => addon.name) };
}

function isStamped(root) {
  try {
    return readFileSync(stampPath(root), 'utf8') === JSON.stringify(stampFor(root));
  } catch {
    return false;
  }
}

/** True when node_modules holds what the lockfile says, whoever put it there. */
export function nodePackagesAreCurrent(root) {
  return isStamped(root) || matchesLockfile(root);
}

/** npm writes `.package-lock.json` into node_modules when it has finished: it is the lockfile of what is really there. */
function matchesLockfile(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const found = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || found === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const there = found[path];
    if (there === undefined) return entry.optional === true;
    return there.version === entry.version && there.integrity === entry.integrity && existsSync(join(root, path, 'package.json'));
  });
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * Installs what the lockfile says, without running any package's script, and checks that it did: version and checksum of each.
 *
 * `npm ci` is not used: it refuses a lockfile that lacks an optional package of another platform, which npm itself writes when the
 * registry does not have that package. `npm install --no-save` takes the same versions from the same lockfile and leaves the file alone.
 */
export async function ensureNodePackages(root) {
  if (nodePackagesAreCurrent(root)) return;
  rmSync(stampPath(root), { force: true });
  // npm writes its record last: without one this folder was left by an interrupted run, and no file in it can be trusted.
  if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) rmSync(join(root, 'node_modules'), { recursive: true, force: true });
  await runLong({
    vi: 'Cài các gói node theo package-lock.json',
    en: 'installing the node packages of package-lock.json',
    ...npm('install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--include=dev', '--include=optional'),
    cwd: root,
    attempts: 2,
    endsWithUs: true,
  });
  if (matchesLockfile(root)) return;
  throw new SetUpError(
    'node_modules không khớp package-lock.json. Xoá node_modules rồi chạy lại; nếu vẫn vậy, sửa package-lock.json.',
    'node_modules does not match package-lock.json. Remove node_modules and run again; if it stays so, package-lock.json is wrong.',
  );
}

/** The addons that are not there, or were built for another node. */
export function addonsToBuild(root) {
  if (isStamped(root)) return ADDONS.filter((addon) => !existsSync(binaryPath(root, addon))).map((addon) => addon.name);
  return ADDONS.filter((addon) => !loads(root, addon)).map((addon) => addon.name);
}

function binaryPath(root, addon) {
  return join(root, 'node_modules', addon.name, addon.binary);
}

/** Loaded in a process of its own: an addon built for another node may end the one that loads it. */
function loads(root, addon) {
  return existsSync(binaryPath(root, addon)) && succeeds(process.execPath, ['-e', 'require(process.argv[1])', binaryPath(root, addon)]);
}

/** Builds the native addons against the headers beside the running node, never downloaded ones, and stamps node_modules as complete. */
export async function ensureAddons(root) {
  const missing = addonsToBuild(root);
  if (missing.length > 0 && !hasHeaders()) {
    throw new SetUpError(
      `Không thấy tệp header của Node ${process.version} trong ${nodePrefix()}/include/node. Cài libnode-dev (nếu node là của Debian), hoặc dùng bản Node chính thức có kèm header.`,
      `The headers of Node ${process.version} are not in ${nodePrefix()}/include/node. Install libnode-dev (if node is Debian's), or use an official Node, which brings them.`,
    );
  }
  await Promise.all(missing.map((name) => buildAddon(root, name)));
  const broken = ADDONS.filter((addon) => missing.includes(addon.name) && !loads(root, addon)).map((addon) => addon.name);
  if (broken.length > 0)
    throw new SetUpError(`Đã dựng nhưng không nạp được: ${broken.join(' ')}`, `Built, but cannot be loaded: ${broken.join(' ')}`);
  if (isStamped(root)) return;
  writeFileSync(`${stampPath(root)}.new`, JSON.stringify(stampFor(root)));
  renameSync(`${stampPath(root)}.new`, stampPath(root));
}

/** node-gyp is called directly, out of npm's own folder: npm 11 asks for leave to run a package's script, npm 10 does not know the question. */
function buildAddon(root, name) {
  const nodeGyp = join(dirname(npmCli()), '..', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const resolved = existsSync(nodeGyp) ? nodeGyp : createRequire(npmCli()).resolve('node-gyp/bin/node-gyp.js');
  return runLong({
    vi: `Dựng ${name}`,
    en: `building ${name}`,
    command: process.execPath,
    args: [resolved, 'rebuild', `--nodedir=${nodePrefix()}`],
    cwd: join(root, 'node_modules', name),
    endsWithUs: true,
    // binding.gyp files call `node` by name: it must be this one.
    env: { PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` },
  });
}

function npm(...args) {
  return { command: process.execPath, args: [npmCli(), ...args] };
}

/** npm as it was called for us, or the one beside the running node, or the system's. */
function npmCli() {
  const candidates = [
    process.env.npm_execpath,
    join(nodePrefix(), 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    '/usr/share/nodejs/npm/bin/npm-cli.js',
  ];
  const found = candidates.find((path) => path !== undefined && path.endsWith('npm-cli.js') && existsSync(path));
  if (found === undefined) throw new SetUpError('Không thấy npm bên cạnh node.', 'There is no npm beside this node. Install npm.');
  return found;
}
