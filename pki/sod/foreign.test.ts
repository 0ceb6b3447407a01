import { describe, expect, test } from 'vitest';
import { ldsSecurityObject } from '#encoder/lds';
import { readSignedData } from '#pki/cms';
import { vector } from '#test-vectors';
import { lintSod } from './lint/lint.ts';
import { verifySod } from './verify.ts';

const bsi = vector('passive-authentication', 'sod.bsi.pss-sha256');
const efSod = bsi.bytes('efSod');
const files = new Map([
  [1, bsi.bytes('dg1')],
  [14, bsi.bytes('dg14')],
]);
/** In the year of its Document Signer. */
const at = new Date('2014-06-01T00:00:00Z');

describe('BSI TR-03105-5: the reference EF.SOD, RSASSA-PSS with SHA-256, NULL in digest algorithms, DG4 last', () => {
  test('structure, signature and the data groups that are printed hold; the Country Signer is not published, so it is not good', () => {
    const { good, checks, deviations } = verifySod(efSod, files, { csca: [], at });
    expect(
      checks.map(({ check, dataGroup, outcome, code }) => [check, dataGroup, outcome, code].filter((part) => part !== undefined).join(' ')),
    ).toEqual([
      'structure passed',
      'signature passed',
      'data-group 1 passed',
      'data-group 2 skipped DATA_GROUP_NOT_READ',
      'data-group 3 skipped DATA_GROUP_NOT_READ',
      'data-group 14 passed',
      'data-group 4 skipped DATA_GROUP_NOT_READ',
      'chain failed CSCA_UNKNOWN',
      'validity passed',
      'document-type skipped',
      'revocation skipped CRL_NOT_GIVEN',
    ]);
    expect([good, deviations]).toEqual([false, []]);
  });

  test('a data group of another card', () => {
    const dg1 = bsi.bytes('dg1').map((byte, index) => (index === 40 ? byte ^ 1 : byte));
    const { checks } = verifySod(efSod, new Map([...files, [1, dg1]]), { csca: [], at });
    expect(checks).toContainEqual({ check: 'data-group', dataGroup: 1, outcome: 'failed', code: 'DATA_GROUP_CHANGED' });
  });

  test('what is signed, changed in any byte: neither structure nor signature holds', () => {
    const { content = new Uint8Array() } = readSignedData(efSod.subarray(4), 'EF.SOD');
    const from = Buffer.from(efSod).indexOf(content);
    for (let index = from; index < from + content.length; index += 1) {
      const changed = efSod.map((byte, place) => (place === index ? byte ^ 0x10 : byte));
      const { checks } = verifySod(changed, files, { csca: [], at });
      expect(checks.some(({ check, outcome }) => (check === 'structure' || check === 'signature') && outcome === 'failed')).toBe(true);
    }
  });

  test('the codec writes its LDS security object back byte by byte', () => {
    const { content = new Uint8Array() } = readSignedData(efSod.subarray(4), 'EF.SOD');
    expect(ldsSecurityObject.encode(ldsSecurityObject.decode(content))).toEqual(content);
  });

  test('as ours it would not be issued, and the linter says why', () => {
    const rules = lintSod(efSod).map(({ rule }) => rule);
    expect(rules).toEqual(
      expect.arrayContaining(['sod-digest-parameters', 'lds-digest-parameters', 'lds-data-groups-ascending', 'document-type-list-present']),
    );
  });
});
