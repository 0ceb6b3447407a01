import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { hasHeaders, nodePrefix } from './node-headers.mjs';
import { runLong, SetUpError, succeeds } from './say.mjs';

/** What each Debian package is needed for, and how to see that it (or another that does the same) is here. */
const PACKAGES = [
  { name: 'redis-server', here: () => onPath('redis-server') },
  { name: 'postgresql', here: () => childrenHave('/usr/lib/postgresql', 'bin/initdb') },
  { name: 'pcscd', here: () => onPath('pcscd') },
  { name: 'libpcsclite-dev', here: () => existsSync('/usr/include/PCSC/winscard.h') },
  { name: 'vsmartcard-vpcd', here: () => folderHas('/usr/lib/pcsc/drivers/serial', 'libifdvpcd.so') },
  {
    name: 'softhsm2',
    here: () =>
      onPath('softhsm2-util') && (existsSync('/usr/lib/softhsm/libsofthsm2.so') || childrenHave('/usr/lib', 'softhsm/libsofthsm2.so')),
  },
  { name: 'fonts-ocr-b', here: () => existsSync('/usr/share/fonts/opentype/ocr-b/OCRB.otf') },
  { name: 'fonts-dejavu-core', here: () => existsSync('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf') },
  { name: 'iproute2', here: () => onPath('ip') },
  { name: 'util-linux', here: () => ['setpriv', 'unshare', 'nsenter'].every(onPath) },
  { name: 'openssl', here: () => onPath('openssl') },
  { name: 'g++', here: () => onPath('g++') },
  { name: 'make', here: () => onPath('make') },
  { name: 'python3', here: () => onPath('python3') },
  // Debian's own nodejs keeps its headers in a package of their own; the other sources of node ship them.
  { name: 'libnode-dev', here: () => nodePrefix() !== '/usr' || hasHeaders() },
];
const BROWSER = { name: 'chromium', here: () => onPath('chromium') };

export function missingSystemPackages({ withBrowser = false } = {}) {
  return [...PACKAGES, ...(withBrowser ? [BROWSER] : [])].filter((wanted) => !wanted.here()).map((wanted) => wanted.name);
}

export async function ensureSystemPackages({ withBrowser = false } = {}) {
  const missing = missingSystemPackages({ withBrowser });
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const asRoot = wayToRoot();
  if (asRoot === undefined || !onPath('apt-get')) {
    throw new SetUpError(
      `Thiếu gói hệ thống: ${missing.join(' ')}. Hãy nhờ người quản trị chạy lệnh dưới đây rồi chạy lại.`,
      `System packages are missing: ${missing.join(' ')}. Ask an administrator to run this, then run again:`,
      `  sudo apt-get update && sudo ${command}`,
    );
  }
  await install(missing, asRoot);
  const still = missingSystemPackages({ withBrowser });
  if (still.length > 0) {
    throw new SetUpError(`Đã cài nhưng vẫn thiếu: ${still.join(' ')}.`, `Installed, and still missing: ${still.join(' ')}.`);
  }
}

/** `[]` as root, `['sudo', '-n']` where that needs no password, `undefined` without the right to install. */
function wayToRoot() {
  if (process.getuid() === 0) return [];
  return succeeds('sudo', ['-n', 'true']) ? ['sudo', '-n'] : undefined;
}

async function install(missing, asRoot) {
  const root = (vi, en, command, ...args) => {
    const [program, ...rest] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C.UTF-8', command, ...args];
    return runLong({ vi, en, command: program, args: rest });
  };
  // A dpkg that was interrupted refuses everything until it has finished what it began.
  if (hasUnfinishedPackages()) await root('Hoàn tất gói cài dở', 'finishing packages that were interrupted', 'dpkg', '--configure', '-a');
  await root('Cập nhật danh mục gói', 'updating the list of packages', 'apt-get', ...PATIENT, 'update');
  const apt = (...names) =>
    root(
      `Cài gói hệ thống: ${names.join(' ')}`,
      `installing ${names.join(' ')}`,
      'apt-get',
      ...PATIENT,
      'install',
      '-y',
      '--no-install-recommends',
      ...names,
    );
  await withoutServices(missing, asRoot, async () => {
    if (missing.includes('postgresql') && asRoot.length === 0) {
      await apt('postgresql-common');
      await withoutMainCluster(() => apt(...missing));
    } else {
      await apt(...missing);
    }
  });
}

/** Another apt at work is waited for, a slow mirror asked again. */
const PATIENT = ['-q', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];

function hasUnfinishedPackages() {
  return !succeeds('sh', ['-c', 'test -z "$(dpkg --audit 2>&1)" && test -z "$(ls -A /var/lib/dpkg/updates 2>/dev/null)"']);
}

/**
 * Cardmint starts servers of its own: those of the system stay off while we install them. Without an init system Debian starts none; under
 * systemd the units that come new are masked until the end of the installation. Units that were here before are not touched.
 */
async function withoutServices(missing, asRoot, work) {
  const units = { 'redis-server': ['redis-server.service'], postgresql: ['postgresql.service'], pcscd: ['pcscd.socket', 'pcscd.service'] };
  const fresh = existsSync('/run/systemd/system') ? missing.flatMap((name) => units[name] ?? []) : [];
  const systemctl = (verb) => {
    const [program, ...args] = [...asRoot, 'systemctl', verb, '--runtime', ...fresh];
    return succeeds(program, args);
  };
  if (fresh.length > 0) systemctl('mask');
  try {
    await work();
  } finally {
    if (fresh.length > 0) systemctl('unmask');
  }
}

const CLUSTER_CONF = '/etc/postgresql-common/createcluster.conf';
const OURS = '# written by Cardmint for the time of an installation';

/** Debian's postgresql makes and starts a cluster `main`; nobody here asked for one. The file is left as it was. */
async function withoutMainCluster(work) {
  if (!existsSync(CLUSTER_CONF)) return work();
  const restore = () => writeFileSync(CLUSTER_CONF, withoutOurs(readFileSync(CLUSTER_CONF, 'utf8')));
  restore();
  appendFileSync(CLUSTER_CONF, `${OURS}\ncreate_main_cluster = false ${OURS}\n`);
  try {
    await work();
  } finally {
    restore();
  }
}

function withoutOurs(text) {
  return text
    .split('\n')
    .filter((line) => !line.includes(OURS))
    .join('\n');
}

function onPath(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, command)));
}

function childrenHave(folder, inside) {
  return list(folder).some((name) => existsSync(join(folder, name, inside)));
}

function folderHas(folder, prefix) {
  return list(folder).some((name) => name.startsWith(prefix));
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
