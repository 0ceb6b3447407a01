import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '#encoder/bytes';
import type { PresentCustodian } from './custodian.ts';
import { appended, formatMinutes, parseMinutes, type Minute } from './minutes.ts';
import { fileOf, MemoryJournal, NOW, people, rehearse, softwareTokens } from './testing.ts';
import { verifyMinutes } from './verify-minutes.ts';

let text: string;
let minutes: readonly Minute[];
let room: readonly PresentCustodian[];
beforeAll(async () => {
  room = await people(2, 3);
  const journal = new MemoryJournal();
  minutes = await rehearse(fileOf(room, 2), room.slice(1), { ...(await softwareTokens()) }, journal);
  text = journal.text ?? '';
});

const verify = (of: string) => verifyMinutes(of, 'rehearsal');
/** All lines again with a chain that holds: what somebody does who has the file, and no custodian's key. */
function rewritten(of: readonly Pick<Minute, 'step' | 'subject' | 'facts'>[]): string {
  let chain: readonly Minute[] = [];
  for (const { step, subject, facts } of of) chain = appended(chain, { step, subject, facts }, NOW, 'rehearsal');
  return formatMinutes(chain);
}
const changed = (where: (minute: Minute) => boolean, facts: (facts: Minute['facts']) => Minute['facts']) =>
  minutes.map((minute) => (where(minute) ? { ...minute, facts: facts(minute.facts) } : minute));

describe('minutes', () => {
  test('verify as they were written', () => {
    expect(verify(text).ceremonies).toHaveLength(1);
    expect(rewritten(minutes)).toBe(text);
  });

  test('T: any line changed, taken out, doubled, or two of them exchanged', () => {
    const lines = text.trimEnd().split('\n');
    for (let at = 0; at < lines.length; at += 1) {
      const line = lines[at] ?? '';
      const variants = [
        lines.with(at, line.replace('T08:00:00', 'T08:00:01')),
        lines.with(at, line.replace('"facts":{', '"facts":{"more":"1",')),
        lines.toSpliced(at, 0, line),
        at < lines.length - 1 ? lines.toSpliced(at, 1) : undefined,
        at < lines.length - 1 ? lines.toSpliced(at, 2, lines[at + 1] ?? '', line) : undefined,
      ];
      for (const variant of variants) {
        if (variant === undefined) continue;
        expect(() => verify(variant.join('\n'))).toThrow(/CEREMONY_MINUTES_BROKEN|APPROVAL_/);
      }
    }
  });

  test('T: a member that stands twice, of which a reader sees one and the hash the other', () => {
    expect(() => verify(text.replace('"facts":{', '"facts":{"mode":"PRODUCTION",'))).toThrow(/CEREMONY_MINUTES_BROKEN/);
    expect(() => verify(text.replace('"sequence":0', '"sequence": 0'))).toThrow(/CEREMONY_MINUTES_BROKEN/);
  });

  test('T: the end cut off: the ceremony is not a finished one any more', () => {
    const cut = text.trimEnd().split('\n').slice(0, -1).join('\n');
    expect(verify(cut).ceremonies.map(({ finished }) => finished)).toEqual([undefined]);
  });

  test('T: rewritten with a chain that holds: the people’s signatures do not', () => {
    const otherKey = changed(
      ({ step, facts }) => step === 'key' && facts['role'] === 'csca',
      (facts) => ({ ...facts, keyId: '00'.repeat(20) }),
    );
    expect(() => verify(rewritten(otherKey))).toThrow(/CEREMONY_MINUTES_BROKEN/);
    const last = minutes.at(-1) ?? expect.fail('minutes');
    const before = parseMinutes(rewritten(otherKey.slice(0, -1)), 'rehearsal').at(-1) ?? expect.fail('minutes');
    const head = createHash('sha256').update(JSON.stringify(before)).digest('hex');
    expect(() => verify(rewritten([...otherKey.slice(0, -1), { ...last, facts: { ...last.facts, head } }]))).toThrow(
      /APPROVAL_SIGNATURE_INVALID/,
    );
    const unsigned = { ...last, facts: { head } };
    expect(() => verify(rewritten([...otherKey.slice(0, -1), unsigned]))).toThrow(/APPROVAL_TOO_FEW/);
  });

  test('T: another file, or a check value that nobody confirmed', () => {
    const otherFile = changed(
      ({ step }) => step === 'started',
      (facts) => {
        const file = (facts['file'] ?? '').replace('a test', 'a tess');
        const sha256 = createHash('sha256').update(utf8(file)).digest('hex').toUpperCase();
        return { ...facts, file, sha256 };
      },
    ).slice(0, -1);
    expect(() => verify(rewritten(otherFile))).toThrow(/APPROVAL_SIGNATURE_INVALID/);
    const otherKcv = changed(
      ({ facts }) => facts['role'] === 'transport-master',
      (facts) => ({ ...facts, kcv: '000000' }),
    ).slice(0, -1);
    expect(() => verify(rewritten(otherKcv))).toThrow(/APPROVAL_SIGNATURE_INVALID/);
    const unconfirmed = changed(
      ({ facts }) => facts['role'] === 'transport-master',
      ({ kcv = '', ...facts }) => ({
        ...Object.fromEntries(Object.entries(facts).filter(([name]) => !name.startsWith('confirmed.'))),
        kcv,
      }),
    ).slice(0, -1);
    expect(() => verify(rewritten(unconfirmed))).toThrow(/APPROVAL_TOO_FEW/);
  });

  test('T: lines of a ceremony that was never begun', () => {
    const stray = { step: 'key', subject: 'other/csca', facts: { role: 'csca', token: 'authority' } } as const;
    expect(() => verify(rewritten([...minutes, stray]))).toThrow(/CEREMONY_MINUTES_BROKEN/);
  });

  test('T: lines of a ceremony after the signatures that close it, which nobody has signed', () => {
    const csca = minutes.find(({ step, facts }) => step === 'issued' && facts['role'] === 'csca') ?? expect.fail('csca');
    for (const later of [{ ...csca, subject: 'test/another' }, minutes[1] ?? csca, minutes.at(-1) ?? csca, minutes[0] ?? csca])
      expect(() => verify(rewritten([...minutes, later]))).toThrow(/CEREMONY_MINUTES_BROKEN/);
  });

  test('T: lines of a ceremony before its beginning', () => {
    expect(() => verify(rewritten([...minutes.slice(1, 2), ...minutes.slice(0, 1)]))).toThrow(/CEREMONY_MINUTES_BROKEN/);
  });

  test('T: a rehearsal’s for a plant’s, whole or with a plant’s beginning', () => {
    expect(() => verifyMinutes(text)).toThrow(/CEREMONY_REHEARSAL/);
    let chain: readonly Minute[] = [];
    for (const { step, subject, facts } of minutes) chain = appended(chain, { step, subject, facts }, NOW, 'production');
    expect(() => verifyMinutes(formatMinutes(chain))).toThrow(/APPROVAL_SIGNATURE_INVALID/);
  });

  test.each(['{', 'null', '1', '[]', '{"sequence":0}', '\u0000'])('bad input: %s', (line) => {
    expect(() => verify(line)).toThrow(/CEREMONY_MINUTES_BROKEN/);
    expect(() => verify(`${text}${line}`)).toThrow(/CEREMONY_MINUTES_BROKEN/);
  });
});
