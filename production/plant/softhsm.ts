import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import type { Secret } from '#encoder/bytes';

import { makeFolders, secretFile, writeWhole } from './folders.ts';
import { PlantError } from './plant-error.ts';
import { PLANT_VARIABLE } from './supervisor.ts';

/** A line token. What a PKCS#11 client needs: the module, the token's label and its PIN, and the configuration for the environment. */
export interface PlantToken {
  /** What the plant calls it: `a`, `b`. */
  readonly name: string;
  /** Path of the PKCS#11 library. */
  readonly module: string;
  readonly tokenLabel: string;
  /** Path of a 0600 file with the user PIN and nothing else. */
  readonly pinFile: string;
  /** For `SOFTHSM2_CONF`, which must be in the environment before the library is loaded. Absent when the token is not SoftHSM's. */
  readonly conf?: string;
}

/** Two, so that one may die (each in a home of its own: a SoftHSM library serves one configuration). */
const LINE_TOKENS: readonly string[] = ['a', 'b'];

/**
 * Makes sure of the plant's own SoftHSM tokens: makes each with generated PINs the first time, and afterwards only opens it once, to see
 * that it does open. A token that was being made when the power went is made again; one that holds a key never is.
 *
 * A token that does not open is no reason not to start while another one does: the signer works with those that live, and says so.
 * @throws PlantError `PROGRAM_MISSING` without SoftHSM; `TOKEN_DAMAGED` when no token can be opened.
 */
export async function ensureLineTokens(plantDir: string): Promise<readonly PlantToken[]> {
  const found = await Promise.all(LINE_TOKENS.map((name) => ensureLineToken(plantDir, name)));
  const damages = found.flatMap(({ damage }) => (damage === undefined ? [] : [damage]));
  const [damage] = damages;
  if (damage !== undefined && damages.length === found.length) throw damage;
  return found.map(({ token }) => token);
}

async function ensureLineToken(plantDir: string, name: string): Promise<{ readonly token: PlantToken; readonly damage?: PlantError }> {
  const { secrets } = makeFolders(plantDir);
  const { home, tokens, conf, module } = makeTokenHome(plantDir, name);
  const pinFile = join(secrets, `token-${name}.user-pin`);
  const token: PlantToken = { name, module, tokenLabel: labelOf(name), pinFile, conf };
  const hasKeys = holdsKeys(tokens);
  const damaged = (detail: string) => ({ token, damage: new PlantError('TOKEN_DAMAGED', { where: home, detail }) });
  if (hasKeys && !existsSync(pinFile)) return damaged('the PIN file is gone');
  const soPin = secretFile(join(secrets, `token-${name}.so-pin`));
  const pin = secretFile(pinFile);
  const found = await runTokenScript(plantDir, conf, { ...taskOf('open', token), soPin: text(soPin.reveal()), pin: text(pin.reveal()) });
  if (found === 'open') return { token };
  if (hasKeys) return damaged(found);
  await ensureToken(plantDir, { name, soPin, pin });
  return { token };
}

/** Where one token lives: a folder with its configuration and its objects. */
export interface TokenHome {
  readonly home: string;
  readonly tokens: string;
  /** For `SOFTHSM2_CONF`. */
  readonly conf: string;
  readonly module: string;
  readonly tokenLabel: string;
}

function makeTokenHome(plantDir: string, name: string): TokenHome {
  const home = join(makeFolders(plantDir).root, 'softhsm', name);
  const tokens = join(home, 'tokens');
  const conf = join(home, 'softhsm2.conf');
  mkdirSync(tokens, { recursive: true, mode: 0o700 });
  writeWhole(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n`);
  return { home, tokens, conf, module: softhsmModule(), tokenLabel: labelOf(name) };
}

/**
 * A token with these PINs: made anew, in place of an empty one that is there; one that holds keys is left as it is, whatever its PIN.
 * @throws PlantError `TOKEN_DAMAGED` when none can be made, `PROGRAM_MISSING` without SoftHSM.
 */
export async function ensureToken(
  plantDir: string,
  wanted: { readonly name: string; readonly soPin: Secret; readonly pin: Secret },
): Promise<TokenHome> {
  const at = makeTokenHome(plantDir, wanted.name);
  if (holdsKeys(at.tokens)) return at;
  for (const name of readdirSync(at.tokens)) rmSync(join(at.tokens, name), { recursive: true, force: true });
  const pins = { soPin: text(wanted.soPin.reveal()), pin: text(wanted.pin.reveal()) };
  const made = await runTokenScript(plantDir, at.conf, { ...taskOf('make', at), ...pins });
  if (made !== 'made') throw new PlantError('TOKEN_DAMAGED', { where: at.home, detail: made });
  return at;
}

function labelOf(name: string): string {
  return `cardmint-${name}`;
}

function taskOf(task: TokenTask['task'], { module, tokenLabel }: Pick<TokenHome, 'module' | 'tokenLabel'>) {
  return { task, module, label: tokenLabel };
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
