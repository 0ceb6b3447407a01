import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
    pullOut: () => {
      rmSync(tokens, { recursive: true });
      mkdirSync(tokens);
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
