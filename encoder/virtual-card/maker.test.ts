import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { makeBlanks } from './maker.ts';
import { ChipMemory } from './memory.ts';
import { blankSerial, isBlankSerial } from './serial.ts';
import { imageFolder, TEST_MASTER } from '#encoder/testing';

const folder = imageFolder();
afterAll(folder.remove);

describe('serials: ISO 7064 MOD 37-36', () => {
  it('ends in a check character that finds one wrong character and two exchanged neighbours', () => {
    const serial = blankSerial('26A', 1);
    expect(serial).toMatch(/^VN26A0000001[0-9A-Z]$/);
    expect(isBlankSerial(serial)).toBe(true);
    for (let at = 5; at < 12; at += 1) {
      for (const digit of '0123456789') {
        const wrong = serial.slice(0, at) + digit + serial.slice(at + 1);
        expect(isBlankSerial(wrong)).toBe(wrong === serial);
      }
    }
    const other = blankSerial('26A', 1_234_567);
    for (let at = 5; at < 11; at += 1) {
      const exchanged = other.slice(0, at) + (other[at + 1] ?? '') + (other[at] ?? '') + other.slice(at + 2);
      expect(isBlankSerial(exchanged)).toBe(false);
    }
  });

  it('refuses a lot or number that no serial can hold', () => {
    expect(() => blankSerial('A26', 1)).toThrow(RangeError);
    expect(() => blankSerial('26A', 10_000_000)).toThrow(RangeError);
  });
});

describe('the maker', () => {
  it('delivers blanks whose serials, chip ids and keys are each their own, with no key in the note', () => {
    let next = 0;
    const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => (next += 1) & 0xff);
    const path = folder.path('delivery');
    const note = makeBlanks({
      folder: path,
      masterKey: TEST_MASTER,
      count: 5,
      deliveryNote: 'DN-1',
      lot: '26A',
      random,
      defects: { 1: { kind: 'dead' }, 3: { kind: 'tornAtUpdate', update: 2 } },
    });
    expect(readdirSync(path).sort()).toEqual(note.blanks.map(({ serial }) => `${serial}.image`));
    const chips = note.blanks.map(({ serial }) => ChipMemory.open(`${path}/${serial}.image`));
    expect(chips.map((chip) => Buffer.from(chip.chipId).toString('hex').toUpperCase())).toEqual(note.blanks.map(({ chipId }) => chipId));
    expect(new Set(chips.map((chip) => Buffer.from(chip.transportKeys.enc).toString('hex'))).size).toBe(5);
    expect(chips.map((chip) => chip.mute)).toEqual([false, true, false, false, false]);
    const image = readFileSync(`${path}/${note.blanks[0]?.serial ?? ''}.image`, 'latin1');
    expect(image).not.toContain(Buffer.from(TEST_MASTER.reveal()).toString('hex').toUpperCase());
  });
});
