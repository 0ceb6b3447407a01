import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadVectors, vector, vectorTopics } from './index.ts';

const root = new URL('../', import.meta.url);

describe.each(vectorTopics())('test-vectors/%s.json', (topic) => {
  const vectors = loadVectors(topic);

  test('holds vectors, each id once', () => {
    expect(vectors.length).toBeGreaterThan(0);
    expect(new Set(vectors.map((entry) => entry.id)).size).toBe(vectors.length);
  });

  test('every vector names its source, its section and tests that load it', () => {
    for (const entry of vectors) {
      expect(entry.source, entry.id).toMatch(/\S/);
      expect(entry.section, entry.id).toMatch(/\S/);
      expect(entry.usedBy.length, entry.id).toBeGreaterThan(0);
      if (entry.negative === true) expect(entry.note, entry.id).toMatch(/\S/);
      for (const path of entry.usedBy) {
        const file = new URL(path, root);
        expect(existsSync(file), `${entry.id}: ${path}`).toBe(true);
        expect(readFileSync(file, 'utf8'), `${entry.id}: ${path}`).toMatch(new RegExp(`(loadVectors|vector)\\(\\s*'${topic}'`));
      }
    }
  });

  test('every value has the kind that its key announces', () => {
    for (const entry of vectors) {
      for (const [key, value] of Object.entries(entry.values)) {
        if (key.endsWith('Int')) expect(entry.int(key), `${entry.id} ${key}`).toBeTypeOf('number');
        else if (Array.isArray(value)) (key.endsWith('Text') ? entry.texts : entry.bytesList)(key);
        else (key.endsWith('Text') ? entry.text : entry.bytes)(key);
      }
    }
  });
});

test('there are topics to walk', () => {
  expect(vectorTopics()).toEqual(expect.arrayContaining(['mrz', 'lds']));
});

test('a missing vector, key or topic is named', () => {
  expect(() => vector('mrz', 'no.such')).toThrow(/no\.such/);
  expect(() => vector('mrz', 'mrz.cd.date').bytes('nothing')).toThrow(/mrz\.cd\.date: "nothing"/);
  expect(() => vector('mrz', 'mrz.cd.date').bytes('inputText')).not.toThrow();
  expect(() => loadVectors('../package')).toThrow(RangeError);
});
