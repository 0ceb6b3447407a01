import { expect, test } from 'vitest';
import { softwareTokens } from '#pki/testing';
import type { HsmObject } from './hsm.ts';
import { assertProductionKey } from './production-key.ts';

const good: HsmObject = {
  kind: 'private-key',
  keyId: new Uint8Array(20),
  label: 'k',
  sensitive: true,
  alwaysSensitive: true,
  extractable: false,
  neverExtractable: true,
  local: true,
};

test('P7: a private key that was made in the token and cannot leave it', () => {
  expect(() => {
    assertProductionKey(good);
  }).not.toThrow();
});

const { local: _local, ...untold } = good;
test.each<[string, HsmObject]>([
  ['imported', { ...good, local: false }],
  ['extractable', { ...good, extractable: true }],
  ['extractable once', { ...good, neverExtractable: false }],
  ['not sensitive', { ...good, sensitive: false }],
  ['not always sensitive', { ...good, alwaysSensitive: false }],
  ['of unknown origin', untold],
  ['no private key', { ...good, kind: 'secret-key' }],
])('P7: refused when %s', (_what, object) => {
  expect(() => {
    assertProductionKey(object);
  }).toThrow(expect.objectContaining({ code: 'HSM_KEY_EXPOSED', remedy: 'quarantine' }));
});

test('a software token says what it is, whoever lies about its signatures', async () => {
  const { a } = await softwareTokens('a');
  expect(a.hsm.kind).toBe('software');
});
