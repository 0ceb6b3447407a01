import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The demo's reader in the field: a terminal with a key of its own, certified by the plant's document verifier, that may read DG3. */
export interface DemoTerminalKey {
  /** PKCS #8, PEM. A specimen: it opens specimens only. */
  readonly privateKey: string;
  /** Uncompressed, on brainpoolP256r1, the curve of the specimen CVCA. */
  readonly point: Uint8Array;
}

const POINT_BYTES = 65;

/** Makes the key the first time; the same one afterwards. `folder` is readable by its owner only. */
export function demoTerminalKey(folder: string): DemoTerminalKey {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'terminal.key.pem');
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' });
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  const privateKey = readFileSync(file, 'utf8');
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return { privateKey, point: Uint8Array.from(spki.subarray(-POINT_BYTES)) };
}
