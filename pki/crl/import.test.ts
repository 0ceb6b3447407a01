import { beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '#encoder/bytes';
import { addDays } from '#pki/x509';
import { revokedSince } from './crl.ts';
import { nextCrlDue } from './due.ts';
import { importCrl } from './import.ts';
import { NOW, specimenAuthority, specimenCrl, type SpecimenAuthority } from './lint/specimens.fixture.ts';

const SERIAL = Uint8Array.of(0x45, 0x67);
let old: SpecimenAuthority;
let rolledOver: SpecimenAuthority;
beforeAll(async () => {
  old = await specimenAuthority({ key: 'ec', hash: 'sha384' }, 'brainpoolP384r1');
  rolledOver = await specimenAuthority({ key: 'rsa-pss', hash: 'sha256' }, 2048);
});
const code = (act: () => unknown) => {
  try {
    act();
    return 'no error';
  } catch (error) {
    return error instanceof Error && 'code' in error
      ? `${String(error.code)} ${error.message.split('|').at(-1) ?? ''}`
      : `crash ${String(error)}`;
  }
};
const trusted = () => [old.csca.certificate, rolledOver.csca.certificate];

describe('Doc 9303-12 §6.1.2, RFC 5280 §5.2.3: another authority’s list is imported', () => {
  test('the first, then a later one, also under the new key of the same name; the same again is no error', async () => {
    const list = await specimenCrl(old);
    expect(importCrl(list, { csca: trusted(), at: NOW }).number).toBe(7n);
    const next = await specimenCrl(rolledOver, { number: 8, thisUpdate: addDays(NOW, 10), nextUpdate: addDays(NOW, 20) });
    const imported = importCrl(next, { csca: trusted(), held: list, at: addDays(NOW, 11) });
    expect(imported.number).toBe(8n);
    expect(importCrl(next, { csca: trusted(), held: next, at: addDays(NOW, 11) })).toEqual(imported);
  });

  test('revoked signers are looked up by serial number', async () => {
    const list = importCrl(await specimenCrl(old), { csca: trusted(), at: NOW });
    expect(revokedSince(list, { serialNumber: SERIAL })).toEqual(addDays(NOW, -1));
    expect(revokedSince(list, { serialNumber: Uint8Array.of(0x45) })).toBeUndefined();
  });

  test('a number that does not grow, an older day, another authority, out of time, changed, no list', async () => {
    const held = await specimenCrl(old, { thisUpdate: addDays(NOW, 1), nextUpdate: addDays(NOW, 30) });
    const importing = (der: Uint8Array, csca = trusted(), at = addDays(NOW, 2)) => code(() => importCrl(der, { csca, held, at }));
    const same = await specimenCrl(old, { thisUpdate: addDays(NOW, 2), nextUpdate: addDays(NOW, 30) });
    expect(importing(same)).toMatch(/^CRL_NOT_NEWER/);
    expect(importing(await specimenCrl(old, { number: 6, thisUpdate: addDays(NOW, 2), nextUpdate: addDays(NOW, 30) }))).toMatch(
      /^CRL_NOT_NEWER/,
    );
    expect(importing(await specimenCrl(old, { number: 8 }))).toMatch(/^CRL_NOT_NEWER/);
    const newer = await specimenCrl(old, { number: 8, thisUpdate: addDays(NOW, 2), nextUpdate: addDays(NOW, 30) });
    expect(importing(newer)).toBe('no error');
    expect(importing(newer, [])).toMatch(/^CRL_REFUSED/);
    expect(importing(newer, [rolledOver.csca.certificate])).toMatch(/^CRL_REFUSED.*signature/);
    expect(importing(newer, trusted(), addDays(NOW, 31))).toMatch(/^CRL_REFUSED.*stale/);
    expect(importing(newer, trusted(), NOW)).toMatch(/^CRL_REFUSED.*not-yet-valid/);
    expect(importing(newer.map((byte, at) => (at === newer.length - 1 ? byte ^ 1 : byte)))).toMatch(/^CRL_REFUSED/);
    expect(importing(utf8('no list'))).toMatch(/^CRL_MALFORMED/);
  });
});

describe('Doc 9303-12 §4.1.5: when the next list is due', () => {
  const list = { thisUpdate: NOW, nextUpdate: addDays(NOW, 90), revoked: [SERIAL] };
  const hours = (count: number) => new Date(NOW.getTime() + count * 3_600_000);

  test('with nothing to revoke: at its end, and no later than 90 days on; people are called at 80 %', () => {
    expect(nextCrlDue(list, [], NOW)).toEqual({ because: 'period', due: addDays(NOW, 90), alarmAt: addDays(NOW, 72), state: 'in-time' });
    expect(nextCrlDue({ ...list, nextUpdate: addDays(NOW, 365) }, [], NOW).due).toEqual(addDays(NOW, 90));
    expect(nextCrlDue({ ...list, nextUpdate: addDays(NOW, 10) }, [], NOW)).toMatchObject({
      due: addDays(NOW, 10),
      alarmAt: addDays(NOW, 8),
    });
    const states = [addDays(NOW, 71), addDays(NOW, 72), addDays(NOW, 89), addDays(NOW, 90)].map((now) => nextCrlDue(list, [], now).state);
    expect(states).toEqual(['in-time', 'alarm', 'alarm', 'overdue']);
  });

  test('with a revocation that it does not have: within 48 hours of it; one that it has changes nothing', () => {
    const revocations = [
      { serialNumber: SERIAL, revokedAt: addDays(NOW, -1) },
      { serialNumber: Uint8Array.of(9), revokedAt: hours(5) },
      { serialNumber: Uint8Array.of(8), revokedAt: hours(2) },
    ];
    const due = nextCrlDue(list, revocations, hours(6));
    expect(due).toEqual({ because: 'revocation', due: hours(50), alarmAt: hours(2 + 38.4), state: 'in-time' });
    expect([40, 41, 49.9, 50].map((at) => nextCrlDue(list, revocations, hours(at)).state)).toEqual([
      'in-time',
      'alarm',
      'alarm',
      'overdue',
    ]);
    expect(nextCrlDue(list, revocations.slice(0, 1), NOW).because).toBe('period');
  });

  test('the end of the list comes first when it is nearer than 48 hours', () => {
    const revocations = [{ serialNumber: Uint8Array.of(9), revokedAt: hours(1) }];
    const due = nextCrlDue({ ...list, nextUpdate: hours(24) }, revocations, NOW);
    expect(due).toMatchObject({ because: 'period', due: hours(24) });
  });
});
