import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { releaseTestCards, testSerial } from '#production/batches';
import { createLineControl } from '#production/cards';

import { driveTestCard, startTestApi, tearTestCard, type TestApi } from './testing.ts';

/** Without the background switches Chromium asks the network for things of its own at every start. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let api: TestApi;
let browser: Browser;
let page: Page;
let cardIds: readonly string[];
const complaints: string[] = [];

beforeAll(async () => {
  api = await startTestApi();
  ({ cardIds } = await releaseTestCards(api.store, 4));
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: QUIET });
  page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  // A blocked inline style, a script error, a failed request: all of them end up here.
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
});
afterAll(async () => {
  await browser?.close();
  await api?.stop();
});

const countOf = async (stage: string): Promise<string | null> => page.locator(`[data-stage=${stage}]`).getAttribute('data-count');
async function shows(what: () => Promise<unknown>, expected: unknown): Promise<void> {
  await expect.poll(what, { timeout: 20_000 }).toEqual(expected);
}

test('a wrong token is refused in words, and shows nothing', async () => {
  await page.goto(api.url);
  await page.fill('#token', 'nobodys-token-0123456789abcdef');
  await page.keyboard.press('Enter');
  await shows(() => page.textContent('#enter-error'), 'Mã truy cập không đúng.');
  expect(await page.isVisible('#plant')).toBe(false);
  // The browser itself writes a line for each 401.
  complaints.length = 0;
});

test('a province’s token may not see the plant', async () => {
  await page.fill('#token', api.token('hanoi'));
  await page.click('#enter button');
  await shows(() => page.textContent('#enter-error'), 'Vai trò của bạn không được xem trang này.');
  complaints.length = 0;
});

test('after the token: the state of the plant, in Vietnamese', async () => {
  await page.fill('#token', api.token('auditor-dung'));
  await page.keyboard.press('Enter');
  await shows(() => countOf('RELEASED'), '4');
  expect(await page.textContent('#line-mode')).toBe('Đang chạy');
  expect(await page.textContent('#balanced')).toBe('✓ Sổ cân');
  expect(await page.textContent('#batches')).toContain('Hà Nội');
  expect(await page.inputValue('#token')).toBe('');
});

test('a change in the database shows up without a reload', async () => {
  await driveTestCard(api.store, cardIds[0] ?? '', { number: 1, serial: testSerial(1) }, 'INSPECTED');
  await shows(() => countOf('INSPECTED'), '1');
  await shows(() => countOf('RELEASED'), '3');
  await shows(() => page.textContent('#yield .value ~ text, #yield text'), '100%');
  await shows(async () => (await page.textContent('#events'))?.includes('Thẻ đã soi lại, đạt'), true);

  await createLineControl(api.store, { line: 'line-1' }).report({
    place: 'encode:1',
    doing: 'encoding',
    cardId: cardIds[1] ?? '',
    serial: null,
  });
  await shows(() => page.textContent('[data-place="encode:1"] .doing'), 'đang ghi chip');

  await tearTestCard(api.store, cardIds[1] ?? '', { number: 2, serial: testSerial(2) });
  await shows(async () => (await page.textContent('#yield'))?.includes('bị rút khi đang ghi'), true);
  await shows(() => page.textContent('#balanced'), '✓ Sổ cân');
  await shows(async () => (await page.textContent('#stages .bad'))?.replace(/\D/gu, ''), '1');
});

test('PostgreSQL goes away and comes back: the page says so and catches up', async () => {
  await api.store.postgres.crash();
  await driveTestCard(api.store, cardIds[2] ?? '', { number: 3, serial: testSerial(3) }, 'INSPECTED');
  await shows(() => countOf('INSPECTED'), '2');
  complaints.length = 0;
});

test('English at a click, kept after a reload together with the token of this tab', async () => {
  await page.click('[data-language=en]');
  expect(await page.textContent('#line-mode')).toBe('Running');
  await page.reload();
  await shows(() => countOf('INSPECTED'), '2');
  expect(await page.textContent('#balanced')).toBe('✓ Balances');
  expect(await page.getAttribute('html', 'lang')).toBe('en');
});

test('every control is reached by the keyboard and has a name; leaving forgets the token', async () => {
  await page.focus('body');
  const names: string[] = [];
  for (let i = 0; i < 7; i++) {
    await page.keyboard.press('Tab');
    names.push(await page.evaluate(() => document.activeElement?.textContent?.trim().slice(0, 30) ?? ''));
  }
  expect(names).toEqual(expect.arrayContaining(['Skip to content', 'Tiếng Việt', 'English', 'Leave']));
  await page.click('#leave');
  expect(await page.isVisible('#enter')).toBe(true);
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
});

test('the page’s policy blocked nothing of its own, and no script failed', () => {
  expect(complaints).toEqual([]);
});

test('/docs shows the API within its own policy', async () => {
  const docs = await browser.newPage();
  const blocked: string[] = [];
  docs.on('console', (message) => {
    if (message.type() === 'error') blocked.push(message.text());
  });
  await docs.goto(`${api.url}/docs/`);
  await docs.waitForSelector('.opblock');
  expect(await docs.textContent('.info .title')).toContain('Cardmint control API');
  expect(blocked).toEqual([]);
});
