import { expect, it } from 'vitest';
import { CmsError } from '#pki/cms';
import { HsmError, type HsmErrorCode } from '#pki/hsm';
import { LiveTokens, surelyNotSigned } from './live-tokens.ts';
import type { SignerToken } from './token.ts';

/** A token that fails with a code, or works; what it was asked is counted. */
function token(name: string): SignerToken & { fault: HsmErrorCode | undefined; probes: number; answer(): Promise<string> } {
  const made = {
    name,
    fault: undefined as HsmErrorCode | undefined,
    probes: 0,
    answer: async () => {
      await Promise.resolve();
      if (made.fault !== undefined) throw new HsmError(made.fault);
      return name;
    },
    proveAlive: async () => {
      made.probes += 1;
      await made.answer();
    },
  };
  return made as unknown as ReturnType<typeof token>;
}

function plant() {
  const [a, b] = [token('a'), token('b')];
  let now = 0;
  const told: string[] = [];
  const tokens = new LiveTokens(
    [a, b],
    () => now,
    (name, code) => told.push(`${name} ${code}`),
  );
  const ask = () => tokens.first((asked) => (asked as typeof a).answer());
  return { a, b, tokens, ask, told, pass: (ms: number) => (now += ms) };
}

it('the first that lives answers, always in the same order', async () => {
  const { a, ask, told } = plant();
  expect(await ask()).toBe('a');
  a.fault = 'HSM_DEVICE_FAILED';
  expect(await ask()).toBe('b');
  expect(told).toEqual(['a HSM_DEVICE_FAILED']);
});

it('a token that failed is left alone for five seconds, then ten, up to a minute, and is back when it proves that it lives', async () => {
  const { a, ask, pass } = plant();
  a.fault = 'HSM_DEVICE_FAILED';
  await ask();
  const pauses: number[] = [];
  for (let probes = 0, waited = 0; pauses.length < 5; waited += 1000) {
    pass(1000);
    await ask();
    await new Promise((resolve) => setImmediate(resolve));
    if (a.probes > probes) {
      pauses.push(waited + 1000);
      probes = a.probes;
      waited = -1000;
    }
  }
  expect(pauses).toEqual([5000, 10_000, 20_000, 40_000, 60_000]);
  a.fault = undefined;
  pass(60_000);
  expect(await ask()).toBe('b');
  await new Promise((resolve) => setImmediate(resolve));
  expect(await ask()).toBe('a');
});

it('a look at its health while it is left alone makes the pause no longer, and finds it when it is well', async () => {
  const { a, ask, tokens, pass } = plant();
  a.fault = 'HSM_DEVICE_FAILED';
  await ask();
  for (let look = 0; look < 4; look += 1) {
    pass(1000);
    await tokens.probe();
  }
  a.fault = undefined;
  pass(1000);
  await ask();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await ask()).toBe('a');
});

it('P13: none alive is TOKEN_UNAVAILABLE with each one’s fault, and each request asks again whether one lives', async () => {
  const { a, b, ask } = plant();
  a.fault = 'HSM_DEVICE_FAILED';
  b.fault = 'HSM_PIN_INCORRECT';
  await expect(ask()).rejects.toMatchObject({ code: 'TOKEN_UNAVAILABLE', detail: 'a HSM_DEVICE_FAILED, b HSM_PIN_INCORRECT' });
  b.fault = undefined;
  expect(await ask()).toBe('b');
});

it('§3.4: a token that lost a key stays out, whatever it says later', async () => {
  const { a, b, ask, tokens, pass } = plant();
  a.fault = 'HSM_KEY_VANISHED';
  expect(await ask()).toBe('b');
  a.fault = undefined;
  b.fault = 'HSM_DEVICE_FAILED';
  pass(3_600_000);
  await expect(ask()).rejects.toMatchObject({ code: 'TOKEN_UNAVAILABLE' });
  await tokens.probe();
  expect([a.probes, tokens.standingOf(a)]).toEqual([0, 'HSM_KEY_VANISHED']);
});

it('§3.4: a signature that its certificate does not verify is the token’s fault: the next one signs, and it is left alone', async () => {
  const { tokens, ask, pass, told } = plant();
  const asked: string[] = [];
  const answer = await tokens.first(async ({ name }) => {
    asked.push(name);
    await Promise.resolve();
    if (name === 'a') throw new CmsError('CMS_SIGNATURE_REJECTED');
    return name;
  });
  expect([answer, await ask(), asked, told]).toEqual(['b', 'b', ['a', 'b'], ['a CMS_SIGNATURE_REJECTED']]);
  pass(5000);
  await tokens.probe();
  expect(await ask()).toBe('a');
});

it('§3.4: one wrong key is its own fault; two in a row are the token’s, which stays out', async () => {
  const { a, tokens, ask, pass } = plant();
  const wrong = new Error('wrong');
  tokens.rejected(a, 'key-1', wrong);
  tokens.rejected(a, 'key-1', wrong);
  expect(await ask()).toBe('a');
  tokens.verified(a);
  tokens.rejected(a, 'key-2', wrong);
  expect(await ask()).toBe('a');
  tokens.rejected(a, 'key-3', wrong);
  pass(3_600_000);
  await tokens.probe();
  expect(await ask()).toBe('b');
});

it('what is wrong with the request is not the token’s fault', async () => {
  const { a, ask, tokens } = plant();
  a.fault = 'HSM_INPUT_INVALID';
  await expect(ask()).rejects.toMatchObject({ code: 'HSM_INPUT_INVALID' });
  expect(tokens.standingOf(a)).toBe('ok');
});

it('only a refusal before signing is sure to have signed nothing', () => {
  const sure = (code: HsmErrorCode): boolean => surelyNotSigned(new HsmError(code));
  expect((['HSM_KEY_NOT_FOUND', 'HSM_PIN_INCORRECT', 'HSM_NOT_OPEN', 'HSM_INPUT_INVALID'] as const).every(sure)).toBe(true);
  expect((['HSM_DEVICE_FAILED', 'HSM_SESSION_LOST', 'HSM_SESSION_BUSY', 'HSM_LIBRARY_FAILED'] as const).some(sure)).toBe(false);
  expect(surelyNotSigned(new Error('anything'))).toBe(false);
});
