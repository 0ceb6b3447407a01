import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildProduct, demoPlace, killQuietly, processesOf, startDemo, until } from './testing/demo-process.ts';
import { onTheLine, progressOf } from './testing/line-work.ts';
import { expectBooks, openBooks } from './testing/plant-books.ts';

/**
 * Issue 4, "two tokens": one token dies while cards are signed, its keys and all. Signing, opening records and deriving chips' keys go on with
 * the other one, and no card is made twice for it.
 */
const PEOPLE = 10;
const place = demoPlace();

beforeAll(buildProduct);
afterAll(() => place.remove());

it('a token is wiped out while cards are on the line: every card is made, and what it signs with is the other token', async () => {
  const demo = startDemo(place, PEOPLE);
  await until(demo, 'cards are being written', async () => (await onTheLine(place, 'encode')) >= 2 && true);
  const killed = processesOf(place).filter(({ command }) => command.includes('token.js') && command.endsWith('cardmint-a'));
  expect(killed.map(({ pid }) => killQuietly(pid, 'SIGKILL'))).toContain(true);
  const tokens = join(place.plantDir, 'softhsm', 'a', 'tokens');
  for (const name of readdirSync(tokens)) rmSync(join(tokens, name), { recursive: true, force: true });
  const died = new Date().toISOString();
  const before = await until(demo, 'the books answer', () => progressOf(place));
  expect(before.left).toBeGreaterThan(0);

  expect(await demo.ended, demo.output()).toEqual({ code: 0, signal: null });
  await expectBooks(place, PEOPLE);
  const signed = await openBooks(place, (ask) =>
    ask<{ token: string; n: string }>(
      `select d.token, count(*) as n from signature_intents i join signature_outcomes o using (intent_id) join document_signers d using (signer_hash)
       where o.result = 'signed' and o.at > '${died}' group by 1`,
    ),
  );
  expect(signed.map(({ token }) => token)).toEqual(['b']);
  expect(readFileSync(join(place.plantDir, 'logs', 'signer.log'), 'utf8')).toContain('a token failed');
});
