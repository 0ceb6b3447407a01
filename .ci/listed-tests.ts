import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

const ROOT = new URL('..', import.meta.url).pathname;
/** Folders in which each file is one lint rule with its id. */
const RULES = [
  'pki/x509/lint/rules',
  'pki/crl/lint/rules',
  'pki/sod/lint/rules',
  'pki/signed-list/rules',
  'pki/master-list/rules',
  'pki/deviation-list/rules',
];
const COLUMNS = 150;
const PORT = 'Hsm port: ';

/**
 * What a person wants to see by name at the end of `npm test`: every lint rule with the number of tests that name it, the mutants, and the
 * conformance suite of the HSM port with whom it was run against. A rule that no test names is said to be so.
 */
export default class ListedTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => ({ file: module.relativeModuleId, test })));
    for (const folder of RULES) listRules(folder, tests);
    const mutants = tests.filter(({ file, test }) => file.endsWith('mutants.test.ts') && test.fullName.includes('mutant'));
    if (mutants.length > 0)
      print(
        `mutants, ${passed(mutants)} of ${mutants.length} refused as they must`,
        mutants.map(({ test }) => test.name),
        '\n  ',
      );
    const suites = tests.filter(({ test }) => test.fullName.startsWith(PORT));
    const implementations = new Set(suites.map(({ test }) => test.fullName.slice(PORT.length).split(' > ')[0] ?? ''));
    for (const name of implementations) {
      const suite = suites.filter(({ test }) => test.fullName.startsWith(`${PORT}${name} > `));
      print(`conformance of the HSM port: ${name}, ${passed(suite)} of ${suite.length} passed`, []);
    }
  }
}

interface Named {
  readonly file: string;
  readonly test: TestCase;
}

function listRules(folder: string, tests: readonly Named[]): void {
  const home = folder.split('/').slice(0, 2).join('/');
  const own = tests.filter(({ file }) => file.startsWith(`${home}/`) || file.startsWith('pki/signed-list/'));
  if (!own.some(({ file }) => file.startsWith(`${home}/`)) || !existsSync(join(ROOT, folder))) return;
  const ids = readdirSync(join(ROOT, folder)).flatMap((name) => {
    const id = /\b(?:id|rule): '([a-z0-9-]+)'/.exec(readFileSync(join(ROOT, folder, name), 'utf8'))?.[1];
    return id === undefined ? [] : [id];
  });
  const named = ids.map((id) => `${id} ${passed(own.filter(({ test }) => test.fullName.includes(id))) || 'NOT TESTED'}`);
  print(`${folder}: ${ids.length} rules, each with the tests that name it`, named);
}

function passed(tests: readonly Named[]): number {
  return tests.filter(({ test }) => test.result().state === 'passed').length;
}

function print(title: string, items: readonly string[], separator = ', '): void {
  const lines = items.reduce<string[]>(
    (all, item) => {
      const last = all.at(-1) ?? '';
      return separator !== ', ' || last.length + item.length > COLUMNS
        ? [...all, item]
        : [...all.slice(0, -1), last === '' ? item : `${last}, ${item}`];
    },
    [''],
  );
  process.stdout.write(`${[`\n ${title}`, ...lines.filter((line) => line !== '').map((line) => `   ${line}`)].join('\n')}\n`);
}
