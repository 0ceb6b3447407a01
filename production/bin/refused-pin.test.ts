import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { Secret } from '#encoder/bytes';
import { HsmError } from '#pki/hsm';
import { openToken, rememberRefusal } from './refused-pin.ts';

let plantDir: string;
let pinFile: string;
/** The PINs that reached the token. */
let tried: string[];
beforeEach(() => {
  plantDir = mkdtempSync(join(tmpdir(), 'cardmint-pin-'));
  pinFile = join(plantDir, 'pin');
  tried = [];
});
afterEach(() => rmSync(plantDir, { recursive: true, force: true }));

const token = {
  open: (pin: Secret): Promise<void> => {
    tried.push(Buffer.from(pin.reveal()).toString('utf8'));
    return tried.at(-1) === '2468' ? Promise.resolve() : Promise.reject(new HsmError('HSM_PIN_INCORRECT'));
  },
};
const open = (): Promise<void> => openToken(token, { plantDir, name: 'a', pinFile });

test('a refused PIN reaches the token once, however often the signer is started again (invariants §3.4)', async () => {
  writeFileSync(pinFile, '1357\n', { mode: 0o600 });
  for (let start = 0; start < 5; start++) await expect(open()).rejects.toMatchObject({ code: 'HSM_PIN_INCORRECT' });
  expect(tried).toEqual(['1357']);
});

test('a PIN file that was written anew is tried, and a PIN that opens is tried at every start', async () => {
  writeFileSync(pinFile, '1357', { mode: 0o600 });
  await expect(open()).rejects.toThrow();
  writeFileSync(pinFile, '2468', { mode: 0o600 });
  await open();
  await open();
  expect(tried).toEqual(['1357', '2468', '2468']);
});

test('a PIN that the token refuses later, when its process is started anew, does not reach it again after a restart; another file does', async () => {
  writeFileSync(pinFile, '2468', { mode: 0o600 });
  const refused = rememberRefusal({ plantDir, name: 'a', pinFile });
  await open();
  refused();
  await expect(open()).rejects.toMatchObject({ code: 'HSM_PIN_INCORRECT' });
  expect(tried).toEqual(['2468']);
  const wasOther = rememberRefusal({ plantDir, name: 'a', pinFile });
  writeFileSync(pinFile, '02468', { mode: 0o600 });
  writeFileSync(pinFile, '2468\n', { mode: 0o600 });
  wasOther();
  await open();
  expect(tried).toEqual(['2468', '2468']);
});

test('the PIN that was read for the token is wiped once it was presented', async () => {
  writeFileSync(pinFile, '2468', { mode: 0o600 });
  let presented: Secret | undefined;
  await openToken({ open: (pin) => Promise.resolve(void (presented = pin)) }, { plantDir, name: 'a', pinFile });
  expect(() => presented?.reveal()).toThrow('destroyed');
});

test('a token that is away is no wrong PIN: it is tried again', async () => {
  writeFileSync(pinFile, '2468', { mode: 0o600 });
  const away = { open: () => Promise.reject(new HsmError('HSM_TOKEN_NOT_FOUND')) };
  await expect(openToken(away, { plantDir, name: 'a', pinFile })).rejects.toMatchObject({ code: 'HSM_TOKEN_NOT_FOUND' });
  await open();
  expect(tried).toEqual(['2468']);
});
