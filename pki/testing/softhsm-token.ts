import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret, utf8 } from '#encoder/bytes';

/** A private SoftHSM token for one test file: its own folder, its own PINs, gone with `remove`. */
export interface SoftHsmToken {
  readonly label: string;
  readonly pin: Secret;
  readonly folder: string;
  readonly configuration: string;
  /** Throws the token's content away and initialises it again under the same label and PIN, from another process. */
  reinitialise(): void;
  remove(): void;
}

/** Sets SOFTHSM2_CONF of this process: call it before anything loads the library. */
export function softHsmToken(label: string): SoftHsmToken {
  const folder = mkdtempSync(join(tmpdir(), 'cardmint-softhsm-'));
  mkdirSync(join(folder, 'tokens'));
  const configuration = join(folder, 'softhsm2.conf');
  writeFileSync(configuration, `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  process.env['SOFTHSM2_CONF'] = configuration;
  const digits = () => Array.from({ length: 8 }, () => randomInt(10)).join('');
  const pin = digits();
  const soPin = digits();
  const util = (...args: readonly string[]) =>
    execFileSync('softhsm2-util', args, { env: { ...process.env, SOFTHSM2_CONF: configuration } });
  const initialise = () => util('--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', soPin);
  initialise();
  return {
    label,
    pin: new Secret(utf8(pin)),
    folder,
    configuration,
    reinitialise: () => {
      util('--delete-token', '--token', label);
      initialise();
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
