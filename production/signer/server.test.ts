import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { silentLogger } from '#production/logging';
import { serveSigner, type Answers } from './server.ts';

test('a signer whose token file of one caller is empty does not start: nobody is let in by showing nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cardmint-signer-'));
  try {
    const whole = 'a'.repeat(64);
    const identities = { api: whole, line: '', inspector: whole, worker: whole, authority: whole };
    await expect(
      serveSigner(join(folder, 'signer.sock'), { answers: {} as unknown as Answers, identities, log: silentLogger }),
    ).rejects.toMatchObject({ code: 'SIGNER_REFUSED', where: 'line' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
