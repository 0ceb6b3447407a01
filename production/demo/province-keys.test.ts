import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyDetached } from '#pki/cms';
import { utf8 } from '#encoder/bytes';
import { demoProvinceKey } from './province-keys.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardmint-provinces-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a province signs a receipt that its own certificate verifies, and no other does', async () => {
  const at = new Date();
  const hanoi = await demoProvinceKey(folder, '01', at);
  const danang = await demoProvinceKey(folder, '48', at);
  const receipt = utf8('{"received":[]}');
  const signature = await hanoi.sign(receipt, at);
  expect(verifyDetached(signature, receipt, { trusted: [hanoi.certificate] }).certificate).toEqual(hanoi.certificate);
  expect(() => verifyDetached(signature, receipt, { trusted: [danang.certificate] })).toThrow(/CMS_SIGNER_UNTRUSTED/);
  expect(() => verifyDetached(signature, utf8('{"received":[1]}'), { trusted: [hanoi.certificate] })).toThrow(/CMS_CONTENT_MISMATCH/);
});

it('keeps its key: the second time it is the same one, readable by nobody else', async () => {
  const again = await demoProvinceKey(folder, '01', new Date());
  expect((await demoProvinceKey(folder, '01', new Date())).certificate).toEqual(again.certificate);
  expect((await stat(join(folder, 'province-01.key.pem'))).mode & 0o077).toBe(0);
});
