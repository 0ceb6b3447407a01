import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { CARD_STATES } from '#production/cards';

type Words = Readonly<Record<string, unknown>>;
const { WORDS } = (await import(new URL('./public/words.js', import.meta.url).href)) as {
  readonly WORDS: Readonly<Record<'vi' | 'en', Words>>;
};

function keys(words: Words, path = ''): readonly string[] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null ? keys(value as Words, `${path}${key}/`) : [`${path}${key}`],
  );
}

/** The sources of production, to hold the page against what it will be told. */
function sources(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'public' ? [] : sources(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') && entry.name !== 'testing.ts'
      ? [readFileSync(path, 'utf8')]
      : [];
  });
}

describe('the words of the page', () => {
  test('both languages say the same things', () => {
    expect(keys(WORDS.en)).toEqual(keys(WORDS.vi));
    expect(keys(WORDS.vi).length).toBeGreaterThan(120);
  });

  test.each(['vi', 'en'] as const)('%s: every card state has a word', (language) => {
    expect(Object.keys(WORDS[language]['state'] as object)).toEqual(expect.arrayContaining([...CARD_STATES]));
  });

  test.each(['vi', 'en'] as const)('%s: every audit entry that the plant writes has a sentence', (language) => {
    const written = sources(join(import.meta.dirname, '..')).flatMap((text) =>
      [...text.matchAll(/(?:appendAudit|recordState)\([^;]*?\bwhat: ([^,}]*)/gsu)].flatMap((match) =>
        [...(match[1] ?? '').matchAll(/'([a-z]+\.[A-Za-z_]+)'/gu)].map((name) => name[1] ?? ''),
      ),
    );
    expect(new Set(written).size).toBeGreaterThan(20);
    expect(Object.keys(WORDS[language]['event'] as object)).toEqual(expect.arrayContaining([...new Set(written)]));
  });

  test('the page names every word that it uses', () => {
    const page = readFileSync(join(import.meta.dirname, 'public', 'index.html'), 'utf8');
    const used = [...page.matchAll(/data-i18n(?:-label)?="([^"]+)"/gu)].map((match) => match[1] ?? '');
    expect(used.length).toBeGreaterThan(15);
    for (const word of used) expect(typeof WORDS.vi[word], word).toBe('string');
  });

  test('no inline style, script or handler: the page’s policy would block it', () => {
    const page = readFileSync(join(import.meta.dirname, 'public', 'index.html'), 'utf8');
    expect(page).not.toMatch(/\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:|https?:/u);
  });
});
