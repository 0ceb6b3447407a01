import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { makeFolders, secretFile, writeWhole } from './folders.ts';
import { PlantError } from './plant-error.ts';
import { PLANT_VARIABLE } from './supervisor.ts';

/** What a PKCS#11 client needs: the module, the token's name and its PIN, and the configuration for the environment. */
export interface PlantToken {
  /** Path of the PKCS#11 library. */
  readonly module: string;
  readonly tokenLabel: string;
  /** Path of a 0600 file with the user PIN and nothing else. */
  readonly pinFile: string;
  /** For `SOFTHSM2_CONF`, which must be in the environment before the library is loaded. Absent when the token is not SoftHSM's. */
  readonly conf?: string;
}

const TOKEN_LABEL = 'cardmint';

/**
 * Makes sure of the plant's own SoftHSM token: makes it with generated PINs the first time, and afterwards only opens it once, to see
 * that it does open. A token that was being made when the power went is made again; one that holds a key never is.
 * @throws PlantError `PROGRAM_MISSING` without SoftHSM; `TOKEN_DAMAGED` when a token with keys cannot be opened.
 */
export async function ensureToken(plantDir: string): Promise<PlantToken> {
  const folders = makeFolders(plantDir);
  const home = join(folders.root, 'softhsm');
  const tokens = join(home, 'tokens');
  const conf = join(home, 'softhsm2.conf');
  const pinFile = join(folders.secrets, 'softhsm.user-pin');
  const token: PlantToken = { module: softhsmModule(), tokenLabel: TOKEN_LABEL, pinFile, conf };
  mkdirSync(tokens, { recursive: true, mode: 0o700 });
  writeWhole(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n`);
  const hasKeys = holdsKeys(tokens);
  if (hasKeys && !existsSync(pinFile)) throw new PlantError('TOKEN_DAMAGED', { where: tokens, detail: 'the PIN file is gone' });
  const soPin = secretFile(join(folders.secrets, 'softhsm.so-pin'));
  const pin = secretFile(pinFile);
  const ask = (task: 'open' | 'make'): Promise<string> =>
    runTokenScript(plantDir, conf, {
      task,
      module: token.module,
      label: TOKEN_LABEL,
      soPin: text(soPin.reveal()),
      pin: text(pin.reveal()),
    });
  const found = await ask('open');
  if (found === 'open') return token;
  if (hasKeys) throw new PlantError('TOKEN_DAMAGED', { where: tokens, detail: found });
  for (const name of readdirSync(tokens)) rmSync(join(tokens, name), { recursive: true, force: true });
  const made = await ask('make');
  if (made !== 'made') throw new PlantError('TOKEN_DAMAGED', { where: tokens, detail: made });
  return token;
}

/** SoftHSM keeps each object of a token in a file of its own, beside `token.object` for the token itself. */
function holdsKeys(tokens: string): boolean {
  return readdirSync(tokens).some((token) =>
    readdirSync(join(tokens, token)).some((name) => name.endsWith('.object') && name !== 'token.object'),
  );
}

function softhsmModule(): string {
  const places = ['/usr/lib/softhsm', ...(existsSync('/usr/lib') ? readdirSync('/usr/lib').map((name) => `/usr/lib/${name}/softhsm`) : [])];
  const found = places.map((place) => join(place, 'libsofthsm2.so')).find((path) => existsSync(path));
  if (found === undefined) throw new PlantError('PROGRAM_MISSING', { where: 'softhsm', detail: 'libsofthsm2.so' });
  return found;
}

interface TokenTask {
  readonly task: 'open' | 'make';
  readonly module: string;
  readonly label: string;
  readonly soPin: string;
  readonly pin: string;
}

/**
 * Runs in a process that ends at once: the signer is the only one that keeps a PKCS#11 library open, and a C_Finalize anywhere ends every
 * session of its process. The PINs come by stdin: softhsm2-util takes them as arguments, where every user of the host can read them.
 */
const TOKEN_SCRIPT = `
const { PKCS11, CKF_OS_LOCKING_OK, CKF_SERIAL_SESSION, CKF_RW_SESSION, CKF_TOKEN_INITIALIZED, CKU_SO, CKU_USER } = require(process.argv[1]);
const { task, module, label, soPin, pin } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const p11 = new PKCS11();
p11.load(module);
p11.C_Initialize({ flags: CKF_OS_LOCKING_OK });
const initialised = (slot) => (p11.C_GetTokenInfo(slot).flags & CKF_TOKEN_INITIALIZED) !== 0;
const answer = () => {
  const slots = p11.C_GetSlotList(true);
  const ours = slots.find((slot) => initialised(slot) && p11.C_GetTokenInfo(slot).label.trim() === label);
  if (task === 'open') {
    if (ours === undefined) return 'no token ' + label;
    p11.C_Login(p11.C_OpenSession(ours, CKF_SERIAL_SESSION), CKU_USER, pin);
    return 'open';
  }
  const free = slots.find((slot) => !initialised(slot));
  p11.C_InitToken(free, soPin, label.padEnd(32));
  const session = p11.C_OpenSession(free, CKF_SERIAL_SESSION | CKF_RW_SESSION);
  p11.C_Login(session, CKU_SO, soPin);
  p11.C_InitPIN(session, pin);
  return 'made';
};
try {
  console.log(answer());
} catch (error) {
  console.log(String(error.message).split(':')[0]);
}
p11.C_Finalize();
`;

function runTokenScript(plantDir: string, conf: string, task: TokenTask): Promise<string> {
  const library = createRequire(import.meta.url).resolve('pkcs11js');
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ['-e', TOKEN_SCRIPT, library],
      { env: { PATH: process.env['PATH'] ?? '', SOFTHSM2_CONF: conf, [PLANT_VARIABLE]: plantDir }, timeout: 30_000, killSignal: 'SIGKILL' },
      (error, stdout) => {
        // The child's own words may quote its input: only its one-word answer is passed on.
        if (error === null) resolve(stdout.trim());
        else reject(new PlantError('SERVICE_EXITED', { where: 'softhsm', detail: error.signal ?? `exit ${error.code ?? '?'}` }));
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(task));
  });
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
