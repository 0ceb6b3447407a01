import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

import { runLong } from './say.mjs';

const ROOMS = ['encoder', 'pki', 'queues', 'production', 'hsm-mocks', 'test-vectors'];
const SETTINGS = ['tsconfig.json', 'package.json', 'package-lock.json'];
/** What the product reads at run time beside its own code: migrations, pages, fonts, data. */
const ASSETS = new Set(['.sql', '.json', '.html', '.css', '.js', '.mjs', '.svg', '.png', '.ico', '.ttf', '.otf', '.woff2', '.wasm']);
/** Everything in here is served as it is. */
const PUBLIC = 'production/console/public/';
/** Sources of the web page are built by their own tool, not by tsc. */
const NOT_OURS = 'production/console/web/';

function stampPath(root) {
  return join(root, 'dist', '.cardmint-build');
}

/** True when no source, asset or setting has changed since `dist/` was made. */
export function buildIsCurrent(root) {
  try {
    return readFileSync(stampPath(root), 'utf8') === fingerprint(root);
  } catch {
    return false;
  }
}

/** Compiles into `dist/` and copies the files that are read at run time beside the code that reads them. */
export async function ensureBuild(root) {
  if (buildIsCurrent(root)) return;
  // Taken before the work: a file saved while tsc runs makes the next set-up build again.
  const made = fingerprint(root);
  rmSync(stampPath(root), { force: true });
  // Without its outputs the incremental record would make tsc believe that there is nothing to do.
  if (!existsSync(join(root, 'dist', 'production'))) rmSync(join(root, 'dist', '.tsbuildinfo'), { force: true });
  await runLong({
    vi: 'Biên dịch vào dist/',
    en: 'compiling into dist/',
    command: process.execPath,
    args: [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(root, 'tsconfig.json')],
    cwd: root,
    endsWithUs: true,
  });
  for (const path of files(root).filter(isAsset)) {
    const target = join(root, 'dist', path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(root, path), target);
  }
  writeFileSync(`${stampPath(root)}.new`, made);
  renameSync(`${stampPath(root)}.new`, stampPath(root));
}

function isAsset(path) {
  if (path.startsWith(PUBLIC)) return true;
  return !path.startsWith('test-vectors/') && ASSETS.has(extname(path));
}

function fingerprint(root) {
  const hash = createHash('sha256').update(process.version);
  for (const path of [...SETTINGS, ...files(root)]) {
    const { mtimeMs, size } = statSync(join(root, path));
    hash.update(`\n${path} ${mtimeMs} ${size}`);
  }
  return hash.digest('hex');
}

function files(root) {
  return ROOMS.filter((room) => existsSync(join(root, room)))
    .flatMap((room) => walk(root, room))
    .filter((path) => !path.startsWith(NOT_OURS))
    .sort();
}

function walk(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : walk(root, path);
    return entry.isFile() ? [path] : [];
  });
}
