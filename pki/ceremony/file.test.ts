import { beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '#encoder/bytes';
import { describeSteps, readCeremonyFile, tokensOf } from './file.ts';
import { specimenCeremony } from './specimen-file.ts';
import { fileOf, people, SMALL_STEPS } from './testing.ts';

let text: string;
beforeAll(async () => {
  text = new TextDecoder().decode(fileOf(await people(2, 3), 2));
});
const read = (of: string) => readCeremonyFile(utf8(of));
/** The file with one member changed, written plainly again. */
function edited(
  edit: (file: Record<string, unknown> & { steps: Record<string, unknown>[]; quorum: Record<string, unknown> }) => void,
): string {
  const file = JSON.parse(text) as Parameters<typeof edit>[0];
  edit(file);
  return JSON.stringify(file);
}
function person(changes: Record<string, unknown>): string {
  return edited(({ quorum }) => {
    const all = quorum['people'] as Record<string, unknown>[];
    quorum['people'] = [...all.slice(0, 2), { ...all[2], ...changes }];
  });
}

describe('the file of a ceremony', () => {
  test('says what will be done, in both languages, and which tokens it takes', () => {
    const ceremony = read(text);
    const said = describeSteps(ceremony);
    expect(said).toHaveLength(SMALL_STEPS.length);
    for (const { vi, en } of said) expect(Math.min(vi.length, en.length)).toBeGreaterThan(20);
    expect(tokensOf(ceremony)).toEqual(['authority', 'a', 'b']);
    expect(ceremony.sha256).toMatch(/^[0-9A-F]{64}$/);
  });

  test('the specimen’s is such a file', async () => {
    const specimen = specimenCeremony({ custodians: await people(2, 3), needed: 2, tokens: ['a', 'b'], transportMasterKcv: '189956' });
    expect(tokensOf(read(specimen))).toEqual(['authority', 'a', 'b']);
  });

  test.each([
    ['not JSON', () => `${text}}`, 'not JSON'],
    ['nothing', () => '', 'not JSON'],
    ['a list', () => '[]', '/'],
    ['a member more', () => edited((file) => Object.assign(file, { more: 1 })), '/ additionalProperties'],
    ['another format', () => edited((file) => Object.assign(file, { format: 'cardmint-ceremony/2' })), '/format'],
    ['a quorum of one', () => edited(({ quorum }) => Object.assign(quorum, { needed: 1 })), '/quorum/needed'],
    ['more needed than there are', () => edited(({ quorum }) => Object.assign(quorum, { needed: 4 })), '/quorum/needed'],
    ['a person twice', () => person({ id: 'person-1' }), '/quorum/people/2'],
    [
      'one key for two people',
      () => person({ publicKey: (JSON.parse(text) as never)['quorum']['people'][0]['publicKey'] }),
      '/quorum/people/2',
    ],
    ['a key that is not Ed25519', () => person({ publicKey: '00'.repeat(44) }), '/quorum/people/2/publicKey'],
    ['an unknown step', () => edited(({ steps }) => Object.assign(steps[0] ?? {}, { step: 'make-tea' })), '/steps/0/step'],
    [
      'a step with a member more',
      () => edited(({ steps }) => Object.assign(steps[1] ?? {}, { more: 1 })),
      '/steps/1/ additionalProperties',
    ],
    ['a curve that is none', () => edited(({ steps }) => Object.assign(steps[1] ?? {}, { curve: 'P-224' })), '/steps/1/curve'],
    ['a step without a token', () => edited(({ steps }) => delete steps[2]?.['token']), '/steps/2/ required'],
    ['a line token called authority', () => edited(({ steps }) => Object.assign(steps[2] ?? {}, { token: 'authority' })), '/steps/2/token'],
    ['a token that is not named', () => edited((file) => Object.assign(file, { tokens: ['authority', 'a'] })), '/steps/3'],
    ['a step’s identifier twice', () => edited(({ steps }) => Object.assign(steps[1] ?? {}, { id: 'csca' })), '/steps/1/id'],
    ['no steps', () => edited((file) => Object.assign(file, { steps: [] })), '/steps'],
  ])('refused with the place: %s', (_name, make, where) => {
    expect(() => read(make())).toThrow(`CEREMONY_FILE_INVALID: the ceremony’s file is not valid (${where}`);
  });

  test('T: what a person reads is what is done: no key twice, no character in disguise', () => {
    const twice = text.replace('"needed": 2,', '"needed": 3,\n    "needed": 2,');
    expect(() => read(twice)).toThrow(/CEREMONY_FILE_INVALID.*a key stands twice/);
    expect(() => read(text.replace('a test', String.raw`a \u0074est`))).toThrow(/plain form/);
    expect(() => read(text.replace('"needed": 2', '"needed": 2.0'))).toThrow(/plain form/);
    expect(read(text.replaceAll('\n', '\r\n\t')).id).toBe('test');
  });

  test('bytes that are no text, and a file that is no file', () => {
    expect(() => readCeremonyFile(Uint8Array.of(0xff, 0xfe))).toThrow(/CEREMONY_FILE_INVALID.*not UTF-8/);
    expect(() => readCeremonyFile(new Uint8Array(1_000_001).fill(0x20))).toThrow(/CEREMONY_FILE_INVALID.*bytes/);
  });
});
