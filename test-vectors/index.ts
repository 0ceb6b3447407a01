/**
 * Published test vectors: what a standard prints, transcribed, each with its document, its section and the tests that
 * use it. They are not our own round trips, and nothing outside tests reads them. `README.md` says how to add one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** One vector as it stands in its JSON file. */
export interface VectorEntry {
  readonly id: string;
  /** Document and edition, e.g. `ICAO Doc 9303-3, 8th edition 2021`. */
  readonly source: string;
  /** Section, table or appendix of that document. */
  readonly section: string;
  /** Tests that use it, as paths from the root of the repository. */
  readonly usedBy: readonly string[];
  /** True when the sample is printed with a defect that its note names: it must be refused. */
  readonly negative?: boolean;
  readonly note?: string;
  /** Keys ending in `Text` hold text, in `Int` a number; everything else is hex, where white space is allowed. */
  readonly values: Readonly<Record<string, Json>>;
}

/** A vector with typed access to its values; a missing or mistyped value is an error that names vector and key. */
export interface Vector extends VectorEntry {
  readonly has: (key: string) => boolean;
  readonly text: (key: string) => string;
  readonly texts: (key: string) => readonly string[];
  readonly int: (key: string) => number;
  readonly bytes: (key: string) => Uint8Array;
  readonly bytesList: (key: string) => readonly Uint8Array[];
}

const FOLDER = new URL('./', import.meta.url);

/** All topics there are: the names of the JSON files beside this one. */
export function vectorTopics(): readonly string[] {
  return readdirSync(fileURLToPath(FOLDER))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .toSorted();
}

/** The vectors of one topic, e.g. `mrz`, `lds`, `globalplatform-scp`, in the order of the file. */
export function loadVectors(topic: string): readonly Vector[] {
  if (!/^[a-z0-9-]+$/.test(topic)) throw new RangeError(`not a topic: ${JSON.stringify(topic)}`);
  const file = JSON.parse(readFileSync(new URL(`${topic}.json`, FOLDER), 'utf8')) as { readonly vectors: readonly VectorEntry[] };
  return file.vectors.map((entry) => withAccess(topic, entry));
}

/** One vector by its id. */
export function vector(topic: string, id: string): Vector {
  const found = loadVectors(topic).find((candidate) => candidate.id === id);
  if (found === undefined) throw new RangeError(`no vector ${id} in test-vectors/${topic}.json`);
  return found;
}

function withAccess(topic: string, entry: VectorEntry): Vector {
  const wrong = (key: string, type: string) => new TypeError(`test-vectors/${topic}.json ${entry.id}: "${key}" is not ${type}`);
  const value = (key: string): Json | undefined => (Object.hasOwn(entry.values, key) ? entry.values[key] : undefined);
  const texts = (key: string): readonly string[] => {
    const found = value(key);
    if (!Array.isArray(found) || !found.every((item) => typeof item === 'string')) throw wrong(key, 'a list of texts');
    return found;
  };
  const text = (key: string): string => {
    const found = value(key);
    if (typeof found !== 'string') throw wrong(key, 'a text');
    return found;
  };
  const hex = (key: string, found: string): Uint8Array => {
    const compact = found.replace(/\s+/g, '');
    if (compact.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(compact)) throw wrong(key, 'hex');
    return Uint8Array.from(Buffer.from(compact, 'hex'));
  };
  return {
    ...entry,
    has: (key) => value(key) !== undefined,
    text,
    texts,
    int: (key) => {
      const found = value(key);
      if (typeof found !== 'number') throw wrong(key, 'a number');
      return found;
    },
    bytes: (key) => hex(key, text(key)),
    bytesList: (key) => texts(key).map((item) => hex(key, item)),
  };
}
