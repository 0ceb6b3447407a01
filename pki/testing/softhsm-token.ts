import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret, utf8 } from '#encoder/bytes';

/** A private SoftHSM token: its own home with its own configuration, its own PINs, gone with `remove`. */
export interface SoftHsmToken {
  readonly label: string;
  readonly pin: Secret;
  readonly folder: string;
  /** What SOFTHSM2_CONF names: a process sees the tokens of one home only. */
  readonly configuration: string;
  /** Throws the token's content away and initialises it again under the same label and PIN, from another process. */
  reinitialise(): void;
  /** Gives the token another PIN than `pin`, from another process. */
  changePin(): void;
  /** Takes the token's files away, as a device that is pulled out. */
  pullOut(): void;
  remove(): void;
}

/** Sets SOFTHSM2_CONF of this process: call it before anything loads the library. */
export function softHsmToken(label: string): SoftHsmToken {
  const token = softHsmHome(label);
  process.env['SOFTHSM2_CONF'] = token.configuration;
  return token;
}

/** For a process of its own (`softHsmProcess`): this one's environment stays as it is. */
export function softHsmHome(label: string): SoftHsmToken {
  const folder = mkdtempSync(join(tmpdir(), 'cardmint-softhsm-'));
  const tokens = join(folder, 'tokens');
  mkdirSync(tokens);
  const configuration = join(folder, 'softhsm2.conf');
  writeFileSync(configuration, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const digits = () => Array.from({ length: 8 }, () => randomInt(10)).join('');
  const pin = digits();
  const soPin = digits();
  const util = (...args: readonly string[]) =>
    execFileSync('softhsm2-util', args, { env: { ...process.env, SOFTHSM2_CONF: configuration } });
  const initialise = () => util('--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', soPin);
  const pullOut = () => {
    for (const entry of readdirSync(tokens)) rmSync(join(tokens, entry), { recursive: true });
  };
  initialise();
  return {
    label,
    pin: new Secret(utf8(pin)),
    folder,
    configuration,
    reinitialise: () => {
      pullOut();
      initialise();
    },
    changePin: () => {
      // softhsm2-util cannot; OpenSC's pkcs11-tool is not installed everywhere.
      const script = `const p = require(${JSON.stringify(createRequire(import.meta.url).resolve('pkcs11js'))}); const l = new p.PKCS11();
        l.load('/usr/lib/softhsm/libsofthsm2.so'); l.C_Initialize({ flags: p.CKF_OS_LOCKING_OK });
        const slot = l.C_GetSlotList(true).find((s) => l.C_GetTokenInfo(s).label.trim() === process.env.LABEL);
        const session = l.C_OpenSession(slot, p.CKF_SERIAL_SESSION | p.CKF_RW_SESSION);
        l.C_Login(session, p.CKU_USER, process.env.PIN); l.C_SetPIN(session, process.env.PIN, '9' + process.env.PIN);`;
      execFileSync(process.execPath, ['-e', script], { env: { ...process.env, SOFTHSM2_CONF: configuration, LABEL: label, PIN: pin } });
    },
    pullOut,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
