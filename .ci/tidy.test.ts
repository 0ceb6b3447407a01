import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * The import table of the house. It is also a security statement: code that talks to chips cannot reach a signing key,
 * code that answers HTTP cannot reach an HSM, mocks cannot reach a production run.
 */
const ROOT = resolve(import.meta.dirname, '..');
const TOP = ['encoder', 'pki', 'queues', 'production', 'hsm-mocks', 'test-vectors'] as const;
type Top = (typeof TOP)[number];

interface Import {
  readonly file: string;
  readonly target: string;
  readonly isTest: boolean;
}

/** Room as `encoder/tlv`, `queues/ports`, `hsm-mocks`. */
type Rule = (from: string, room: string, isTest: boolean) => boolean;

const PKI_MAY_USE_OF_ENCODER = new Set(['encoder/bytes', 'encoder/tlv', 'encoder/lds', 'encoder/cv-certificate']);
const inBin = (from: string): boolean => from.startsWith('production/bin/');

const ALLOWED: Readonly<Record<Top, Rule>> = {
  encoder: (_from, room, isTest) => room.startsWith('encoder/') || (isTest && (room === 'hsm-mocks' || room === 'test-vectors')),
  pki: (_from, room, isTest) =>
    room.startsWith('pki/') || PKI_MAY_USE_OF_ENCODER.has(room) || (isTest && (room === 'hsm-mocks' || room === 'test-vectors')),
  queues: (_from, room, isTest) =>
    room.startsWith('queues/') ||
    room.startsWith('encoder/') ||
    (room.startsWith('pki/') && room !== 'pki/hsm') ||
    (isTest && (room === 'hsm-mocks' || room === 'test-vectors')),
  production: (from, room, isTest) => {
    if (room === 'pki/hsm' || room === 'hsm-mocks') return inBin(from) || isTest;
    return room.startsWith('production/') || room.startsWith('queues/') || room.startsWith('encoder/') || room.startsWith('pki/') || isTest;
  },
  'hsm-mocks': (_from, room) => room === 'encoder/bytes' || room === 'pki/hsm' || room === 'test-vectors' || room === 'hsm-mocks',
  'test-vectors': (_from, room) => room === 'encoder/bytes' || room === 'test-vectors',
};

/** Domain rooms stand on the house's services, never the other way. */
const SERVICES = new Set(['store', 'outbox', 'http', 'config', 'plant', 'logging'].map((name) => `production/${name}`));
const DOMAINS = new Set(
  ['orders', 'batches', 'cards', 'stock', 'quality', 'yield', 'shipments', 'provinces', 'records', 'audit', 'people'].map(
    (name) => `production/${name}`,
  ),
);

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'public' ? [] : sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

const FILES = TOP.flatMap((top) => sources(join(ROOT, top))).map((path) => relative(ROOT, path).split(sep).join('/'));
const IMPORT = /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|import\(\s*'([^']+)'\s*\)/g;

const IMPORTS: readonly Import[] = FILES.flatMap((file) => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const isTest = /\.(test|conformance)\.ts$|(^|\/)testing(\/|\.ts$)/.test(file);
  return [...text.matchAll(IMPORT)].map((match) => ({ file, target: match[1] ?? match[2] ?? match[3] ?? '', isTest }));
});

function roomOf(path: string): string {
  const [top = '', second] = path.split('/');
  if (top === 'hsm-mocks' || top === 'test-vectors') return top;
  return second === undefined ? top : `${top}/${second.replace(/\.ts$/, '')}`;
}

/** The room an import reaches, or null for a package. */
function reached(entry: Import): string | null {
  if (entry.target.startsWith('#')) return roomOf(entry.target.slice(1));
  if (!entry.target.startsWith('.')) return null;
  return roomOf(
    relative(ROOT, resolve(ROOT, dirname(entry.file), entry.target))
      .split(sep)
      .join('/'),
  );
}

describe('the house', () => {
  it('has files to read in every room of the table', () => {
    expect(FILES.length).toBeGreaterThan(100);
    expect(IMPORTS.length).toBeGreaterThan(300);
    for (const top of TOP) expect(FILES.filter((file) => file.startsWith(`${top}/`)).length, top).toBeGreaterThan(0);
  });

  it('keeps the import table', () => {
    const broken = IMPORTS.filter((entry) => {
      const room = reached(entry);
      if (room === null) return false;
      const top = entry.file.split('/')[0] as Top;
      return !ALLOWED[top](entry.file, room, entry.isTest);
    });
    expect(broken.map((entry) => `${entry.file} imports ${entry.target}`)).toEqual([]);
  });

  it('lets outsiders import only the index of a room', () => {
    const broken = IMPORTS.filter((entry) => {
      if (!entry.target.startsWith('.')) return entry.target.startsWith('#') && entry.target.split('/').length > 2;
      return reached(entry) !== roomOf(entry.file);
    });
    expect(broken.map((entry) => `${entry.file} imports ${entry.target}`)).toEqual([]);
  });

  it('keeps test machinery out of the product', () => {
    const MACHINERY = new Set(['encoder/testing', 'encoder/sweep']);
    const broken = IMPORTS.filter((entry) => {
      const fixture = /\.(fixture|conformance)\.ts$/.test(entry.file);
      return MACHINERY.has(reached(entry) ?? '') && !MACHINERY.has(roomOf(entry.file)) && !entry.isTest && !fixture;
    });
    expect(broken.map((entry) => `${entry.file} imports ${entry.target}`)).toEqual([]);
  });

  it('stands domain rooms on services, never the other way', () => {
    const broken = IMPORTS.filter((entry) => SERVICES.has(roomOf(entry.file)) && !entry.isTest && DOMAINS.has(reached(entry) ?? ''));
    expect(broken.map((entry) => `${entry.file} imports ${entry.target}`)).toEqual([]);
  });

  it('would notice a forbidden import (a table that cannot fail proves nothing)', () => {
    expect(ALLOWED.encoder('encoder/lds/dg1.ts', 'pki/hsm', false)).toBe(false);
    expect(ALLOWED.pki('pki/sod/build.ts', 'encoder/readers', false)).toBe(false);
    expect(ALLOWED.production('production/http/server.ts', 'pki/hsm', false)).toBe(false);
    expect(ALLOWED.production('production/bin/signer.ts', 'pki/hsm', false)).toBe(true);
    expect(ALLOWED.queues('queues/steps/encode.ts', 'hsm-mocks', false)).toBe(false);
  });

  it('opens every room with what it is', () => {
    const rooms = new Set(FILES.map(roomOf).filter((room) => room.includes('/') && room !== 'production/bin' && room !== 'queues/ports'));
    const silent = [...rooms].filter((room) => {
      const index = FILES.find((file) => file === `${room}/index.ts`);
      return index === undefined || !readFileSync(join(ROOT, index), 'utf8').trimStart().startsWith('/**');
    });
    expect(silent).toEqual([]);
  });
});

describe('the errors', () => {
  /** Rooms whose errors a caller turns into its own before a person sees them. */
  const INSIDE = /^(encoder\/(bytes|mrz)|pki\/ec)\//;

  it('are all explained to operators: every code is in docs/operations/errors.md', () => {
    const page = readFileSync(join(ROOT, 'docs/operations/errors.md'), 'utf8');
    const codes = FILES.filter((file) => file.endsWith('-error.ts') && !INSIDE.test(file)).flatMap((file) => {
      const union = /type \w+Code =((?:\s*\|?\s*'[A-Z0-9_]+')+)/.exec(readFileSync(join(ROOT, file), 'utf8'))?.[1] ?? '';
      return [...union.matchAll(/'([A-Z0-9_]+)'/g)].map(([, code]) => code ?? '');
    });
    expect(codes.length).toBeGreaterThan(100);
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });
});

describe("the user's packages", () => {
  const ROOMS: Readonly<Record<string, RegExp>> = {
    pcsclite: /^encoder\/readers\//,
    asn1js: /^pki\//,
    pkijs: /^pki\//,
    '@peculiar/webcrypto': /^(pki|hsm-mocks)\//,
    bullmq: /^queues\//,
    ioredis: /^(queues|production\/bin)\//,
    fastify: /^production\/(http|signer)\//,
    pino: /^production\/logging\//,
    vitest: /\.(test|conformance)\.ts$|testing/,
  };

  for (const [name, room] of Object.entries(ROOMS)) {
    it(`${name} is a dependency and in real use in its room`, () => {
      const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, Record<string, string> | undefined>;
      const declared = { ...manifest['dependencies'], ...manifest['devDependencies'] };
      expect(declared[name], 'an exact version').toMatch(/^\d+\.\d+\.\d+$/);
      const users = IMPORTS.filter((entry) => entry.target === name && (name === 'vitest' || !entry.isTest)).map((entry) => entry.file);
      expect(users.filter((file) => room.test(file)).length).toBeGreaterThan(0);
    });
  }
});
