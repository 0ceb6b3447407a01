import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { insertTestCard, testNote, testSerial } from '#production/batches';
import { registerClientCommands, runCommandLine, type CliIo } from '#production/cli';

import { driveTestCard, startTestApi, type TestApi } from './testing.ts';

let api: TestApi;
let plant: string;
beforeAll(async () => {
  api = await startTestApi({ blanks: 0 });
  plant = mkdtempSync(join(tmpdir(), 'cardmint-cli-'));
  mkdirSync(join(plant, 'run'));
  mkdirSync(join(plant, 'secrets', 'tokens'), { recursive: true });
  writeFileSync(join(plant, 'run', 'api.json'), JSON.stringify({ url: api.url }));
  for (const person of ['operator-an', 'operator-binh', 'registry', 'auditor-dung', 'hanoi']) {
    writeFileSync(join(plant, 'secrets', 'tokens', `${person}.token`), `${api.token(person)}\n`);
  }
});
afterAll(async () => {
  await api?.stop();
  rmSync(plant, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function cardmint(...args: string[]): Promise<Outcome> {
  let out = '';
  let err = '';
  const io: CliIo = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    interactive: false,
    env: { CARDMINT_PLANT: plant },
    cwd: plant,
  };
  const program = new Command('cardmint');
  registerClientCommands(program, io);
  return { code: await runCommandLine(program, args, io), out, err };
}

async function says(args: readonly string[], code: number, words: string): Promise<void> {
  const outcome = await cardmint(...args);
  expect(outcome.code).toBe(code);
  expect(code === 0 ? outcome.out : outcome.err).toContain(words);
}

describe('the default plant, when it does not run', () => {
  async function withoutPlant(args: readonly string[], address?: object): Promise<{ readonly brought: number } & Outcome> {
    const cwd = mkdtempSync(join(tmpdir(), 'cardmint-cli-'));
    const home = join(cwd, 'var', 'plant');
    mkdirSync(join(home, 'run'), { recursive: true });
    if (address !== undefined) writeFileSync(join(home, 'run', 'api.json'), JSON.stringify(address));
    let out = '';
    let err = '';
    let brought = 0;
    const io: CliIo = {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      interactive: false,
      env: {},
      cwd,
      bringUpPlant: () => {
        brought++;
        mkdirSync(join(home, 'secrets'), { recursive: true });
        symlinkSync(join(plant, 'secrets', 'tokens'), join(home, 'secrets', 'tokens'));
        writeFileSync(join(home, 'run', 'api.json'), JSON.stringify({ url: api.url, pid: process.pid }));
        return Promise.resolve();
      },
    };
    const program = new Command('cardmint');
    registerClientCommands(program, io);
    try {
      return { code: await runCommandLine(program, args, io), out, err, brought };
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  }

  test('is brought up for the command, also when a killed API left its address behind', async () => {
    expect(await withoutPlant(['stock', 'balance'])).toMatchObject({ code: 0, brought: 1 });
    // Linux gives no process this number: pid_max is at most 2^22.
    expect(await withoutPlant(['stock', 'balance'], { url: 'http://127.0.0.1:9', pid: 2 ** 22 + 1 })).toMatchObject({
      code: 0,
      brought: 1,
    });
  });

  test('is left alone when the command names another plant, or steers a line that would have no processes', async () => {
    expect(await withoutPlant(['stock', 'balance', '--plant', 'elsewhere'])).toMatchObject({ code: 4, brought: 0 });
    expect(await withoutPlant(['stock', 'balance', '--url', 'http://127.0.0.1:9'])).toMatchObject({ brought: 0 });
    expect(await withoutPlant(['line', 'start'])).toMatchObject({ code: 4, brought: 0 });
  });
});

const commands = (): readonly Command[] => {
  const program = new Command('cardmint');
  registerClientCommands(program, { out: () => undefined, err: () => undefined, interactive: false, env: {}, cwd: '/' });
  const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)];
  return program.commands.flatMap(all);
};

describe('--help teaches', () => {
  test('what a day looks like, where results land, what the exit codes mean', async () => {
    const { code, out } = await cardmint('--help');
    expect(code).toBe(0);
    for (const word of ['cardmint start', 'batches release', '--out folder', 'Exit codes', '/docs']) expect(out).toContain(word);
  });

  test('every command says what it does', () => {
    expect(commands().length).toBeGreaterThan(20);
    for (const command of commands()) expect(command.description(), command.name()).not.toBe('');
  });
});

describe('a day at the plant', () => {
  test('stock in, batch made, approved by two, made, reported', async () => {
    writeFileSync(join(plant, 'note.json'), JSON.stringify(testNote('NOTE-9', 3)));
    await says(['stock', 'receive', 'note.json'], 0, '3 blanks received');
    await says(['stock', 'receive', 'note.json'], 0, 'had been received before');
    const cardId = await insertTestCard(api.store);
    const created = JSON.parse((await cardmint('batches', 'create', '--json')).out) as { batches: { batchId: string }[] };
    const batchId = created.batches[0]?.batchId ?? '';
    await says(['batches', 'release', batchId, '--as', 'operator-an'], 0, 'waits for a second person');
    await says(['batches', 'release', batchId, '--as', 'operator-an'], 3, 'DUAL_CONTROL_SAME_PERSON');
    await says(['batches', 'release', batchId, '--as', 'operator-binh'], 0, 'RELEASED by operator-an and operator-binh');
    await driveTestCard(api.store, cardId, { number: 1, serial: testSerial(1) }, 'INSPECTED');
    const shown = await cardmint('cards', 'show', cardId);
    expect(shown.out).toMatch(/blank\s+B-0001/u);
    expect(shown.out).toMatch(/INSPECTED\s+inspect:1/u);
    expect((await cardmint('report')).out).toMatch(/3 received = 2 vault \+ 0 line \+ 1 good \+ 0 spoiled \+ 0 destroyed {3}✓ balances/u);
    expect((await cardmint('cards', 'list', '--state', 'INSPECTED')).out).toContain(cardId);
    expect((await cardmint('batches', 'list')).out).toContain('1 INSPECTED');
  });

  test('the line and its seats', async () => {
    await says(['line', 'hold'], 0, 'line-1  held (operator, operator-an)');
    await says(['line', 'start'], 0, 'running');
    expect((await cardmint('seats', 'out', 'encode:1')).out).toMatch(/encode:1\s+OUT/u);
    expect((await cardmint('seats', 'in', 'encode:1')).out).toMatch(/encode:1\s+in/u);
  });

  test('events are followed, one line each', async () => {
    const { code, out } = await cardmint('events', '--since', '1', '--count', '3', '--json');
    expect(code).toBe(0);
    const seqs = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(seqs).toEqual([2, 3, 4]);
  });
});

describe('errors: a code, both languages, what to do, an exit code', () => {
  test.each<[string, string[], number, string]>([
    ['no such card', ['cards', 'show', `crd-${'0'.repeat(26)}`], 3, 'NOT_FOUND'],
    ['an id of another shape', ['cards', 'show', '../../etc/passwd'], 3, 'PATH_INVALID'],
    ['no such file', ['orders', 'submit', 'absent.json'], 2, 'FILE_UNREADABLE'],
    ['no such person', ['report', '--as', 'nobody'], 2, 'TOKEN_FILE_MISSING'],
    ['not allowed', ['report', '--as', 'hanoi'], 5, 'FORBIDDEN'],
    ['no API there', ['report', '--url', 'http://127.0.0.1:1'], 4, 'API_UNREACHABLE'],
    ['no plant there', ['report', '--plant', '/nonexistent'], 4, 'PLANT_NOT_RUNNING'],
    ['no address', ['report', '--url', 'ftp://x'], 2, 'URL_INVALID'],
  ])('%s', async (_name, args, code, name) => {
    const outcome = await cardmint(...args);
    expect(outcome.code).toBe(code);
    expect(outcome.out).toBe('');
    expect(outcome.err).toMatch(new RegExp(`^${name}`, 'u'));
    expect(outcome.err).toMatch(/^ {2}vi {2}\S[^]*^ {2}en {2}\S/mu);
    expect(JSON.parse((await cardmint(...args, '--json')).err)).toMatchObject({ error: { code: name } });
  });

  test.each<[string, string[]]>([
    ['unknown command', ['cardz']],
    ['unknown option', ['report', '--loud']],
    ['missing argument', ['batches', 'release']],
    ['no number', ['batches', 'create', '--cards', 'many']],
  ])('wrong usage ends with 2: %s', async (_name, args) => {
    const { code, err } = await cardmint(...args);
    expect(code).toBe(2);
    expect(err).toContain('--help');
  });

  test('a bad order file: the API’s own code and place, nothing of its content', async () => {
    const file = join(plant, 'orders.json');
    writeFileSync(file, '{"format":"cardmint-orders/1","orders":[{"orderId":"a","fullName":"Nguyễn Thị Canary"}]}');
    const { code, err } = await cardmint('orders', 'submit', 'orders.json');
    expect(code).toBe(3);
    expect(err).toMatch(/^FIELD_UNKNOWN {2}\(\/orders\/0\/fullName\)/u);
    expect(err).not.toContain('Canary');
    expect(readFileSync(file, 'utf8')).toContain('Canary');
  });
});
