import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { LyingHsm, SoftwareHsm, type Lie } from '#hsm-mocks';
import { explicitSpki, publicKeyOfPoint, verifyEcdsaRaw } from '#pki/ec';
import { inMemoryProcess, softHsmHome, softHsmProcess, type Provocation, type SoftHsmProcess, type SoftHsmToken } from '#pki/testing';
import { addYears, cscaCertificate, issueCertificate, prepareCertificate, type IssuingKey } from '#pki/x509';
import { hostedHsm, type HostedHsm, type HostedState } from './hosted-hsm.ts';
import { serveHsm } from './hosted-serve.ts';
import type { EcKey, Hsm } from './hsm.ts';

/**
 * The fault table of the invariants (§3.4), row by row. What can be provoked is provoked beneath the product's own classes, in a real process with the
 * real library; return values that SoftHSM never gives are given at the boundary of pkcs11js, in that same process. What only a dishonest token
 * does, `LyingHsm` does. The row "clock in the HSM wrong" has no test here: the port takes no time from a token.
 */
interface Line {
  readonly hsm: HostedHsm;
  readonly key: EcKey;
  readonly token: SoftHsmToken;
  readonly beneath: SoftHsmProcess;
  /** Until the token is in this state, or enters it again; the test's own timeout is the limit. */
  readonly until: (state: Extract<HostedState, string>) => Promise<void>;
  readonly next: (state: Extract<HostedState, string>) => Promise<void>;
  readonly signs: () => Promise<string>;
}

const DEADLINE_MS = 1500;
const PAUSE_MS = 400;
const message = utf8('what is signed');
const digest = Uint8Array.from(createHash('sha256').update(message).digest());
const removals: (() => Promise<void>)[] = [];
const lastRemovals: (() => Promise<void>)[] = [];
let kept: Line | undefined;

afterEach(async () => {
  for (const remove of removals.splice(0)) await remove();
});
afterAll(async () => {
  for (const remove of lastRemovals.splice(0)) await remove();
});

/** For faults that a token comes back from: the same one for all of them. */
async function standingLine(): Promise<Line> {
  if (kept?.hsm.state() !== 'ready') kept = await line(lastRemovals);
  return kept;
}

/** For faults that it does not come back from. */
async function line(removedLater = removals): Promise<Line> {
  const token = softHsmHome('line');
  const beneath = softHsmProcess(token);
  const watchers: ((state: HostedState) => void)[] = [];
  const hsm = hostedHsm({
    start: beneath.start,
    deadlineMs: DEADLINE_MS,
    breaker: { firstMs: PAUSE_MS, maxMs: 4 * PAUSE_MS },
    onEvent: ({ state }) => {
      for (const watcher of watchers.splice(0)) watcher(state);
    },
  });
  removedLater.push(async () => {
    await hsm.close();
    token.remove();
  });
  await hsm.open(token.pin);
  const key = await hsm.generateEcKey({ label: 'line', curve: 'P-256', purpose: 'sign' });
  const next = async (state: string) => {
    while ((await new Promise<HostedState>((resolve) => watchers.push(resolve))) !== state);
  };
  const until = async (state: string) => {
    if (hsm.state() !== state) await next(state);
  };
  return { hsm, key, token, beneath, until, next, signs: () => outcomeOf(signsWell(hsm, key)) };
}

async function signsWell(hsm: Hsm, key: EcKey): Promise<string> {
  const signature = await hsm.sign(key, digest);
  return verifyEcdsaRaw('sha256', message, publicKeyOfPoint(key.curve, key.point), signature) ? 'signed' : 'wrong signature';
}

function outcomeOf(call: Promise<string>): Promise<string> {
  return call.catch((error: unknown) => (error as { code: string }).code);
}

const returned = (returnValue: number, from = 'C_SignAsync', times = 1): Provocation => ({ provoke: 'return', from, returnValue, times });

describe('CKR_SESSION_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN: drop session, reopen, re-verify key, retry same intent; never new intent', () => {
  test.each<[string, Provocation]>([
    ['all sessions closed by another user of the library', { provoke: 'close-all-sessions' }],
    ['logged out by another user of the library', { provoke: 'log-out' }],
    ['CKR_SESSION_HANDLE_INVALID', returned(0xb3)],
    ['CKR_USER_NOT_LOGGED_IN', returned(0x101)],
  ])('%s', async (_name, provocation) => {
    const { beneath, signs, hsm } = await standingLine();
    const [process, logins] = [beneath.child().pid, beneath.called('C_Login')];
    beneath.provoke(provocation);
    expect(await signs()).toBe('signed');
    expect([hsm.state(), beneath.child().pid]).toEqual(['ready', process]);
    expect(beneath.called('C_Login')).toBe(logins + 1);
  });

  test('the key is proven anew by its public half: another under its identifier is refused', async () => {
    const { hsm, key, beneath } = await line();
    const other = await hsm.generateEcKey({ label: 'line', curve: 'P-256', purpose: 'sign' });
    beneath.provoke({ provoke: 'close-all-sessions' });
    expect(await outcomeOf(signsWell(hsm, { ...key, point: other.point }))).toBe('HSM_KEY_MISMATCH');
    expect(hsm.state()).toBe('quarantined');
  });

  test('many calls at once lose their sessions: each is answered, with its own signature', async () => {
    const { hsm, key, beneath } = await standingLine();
    const signing = Array.from({ length: 20 }, () => signsWell(hsm, key));
    beneath.provoke({ provoke: 'close-all-sessions' });
    const more = Array.from({ length: 20 }, () => signsWell(hsm, key));
    expect(new Set(await Promise.all([...signing, ...more]))).toEqual(new Set(['signed']));
  });
});

describe('CKR_OBJECT_HANDLE_INVALID / key vanished / token re-init: quarantine token, page, stop line; do not search by label', () => {
  const vanishing: readonly [string, (line: Line) => void][] = [
    [
      'token initialised again under the same label and PIN',
      ({ token }) => {
        token.reinitialise();
      },
    ],
    [
      'CKR_OBJECT_HANDLE_INVALID',
      ({ beneath }) => {
        beneath.provoke(returned(0x82));
      },
    ],
    [
      'CKR_KEY_HANDLE_INVALID',
      ({ beneath }) => {
        beneath.provoke(returned(0x60));
      },
    ],
  ];
  test.each(vanishing)('%s', async (_name, vanish) => {
    const at = await line();
    // Another key with the same label, which a search by label would find.
    await at.hsm.generateEcKey({ label: 'line', curve: 'P-256', purpose: 'sign' });
    vanish(at);
    expect(await at.signs()).toBe('HSM_KEY_VANISHED');
    expect(at.hsm.state()).toBe('quarantined');
    const asked = at.beneath.called('C_SignAsync');
    expect([await at.signs(), await at.signs()]).toEqual(['HSM_QUARANTINED', 'HSM_QUARANTINED']);
    await gone(at.beneath);
    expect(at.beneath.called('C_SignAsync')).toBe(asked);
  });

  test('initialised again while its process was being recycled: the key is missed at its first use', async () => {
    const { beneath, token, signs, hsm, next } = await line();
    beneath.child().kill('SIGKILL');
    token.reinitialise();
    await next('ready');
    expect(await signs()).toBe('HSM_KEY_VANISHED');
    expect(hsm.state()).toBe('quarantined');
  });
});

describe('CKR_DEVICE_REMOVED/ERROR/MEMORY, CKR_TOKEN_NOT_PRESENT, CKR_FUNCTION_FAILED, CKR_GENERAL_ERROR: recycle the process, breaker open', () => {
  test.each([
    ['CKR_DEVICE_REMOVED', 0x32, 'HSM_DEVICE_FAILED'],
    ['CKR_DEVICE_ERROR', 0x30, 'HSM_DEVICE_FAILED'],
    ['CKR_DEVICE_MEMORY', 0x31, 'HSM_TOKEN_FULL'],
    ['CKR_TOKEN_NOT_PRESENT', 0xe0, 'HSM_TOKEN_NOT_FOUND'],
    ['CKR_FUNCTION_FAILED', 0x06, 'HSM_DEVICE_FAILED'],
    ['CKR_GENERAL_ERROR', 0x05, 'HSM_DEVICE_FAILED'],
  ])('%s', async (_name, returnValue, code) => {
    const { beneath, signs, until } = await standingLine();
    const failed = beneath.child();
    beneath.provoke(returned(returnValue));
    expect(await signs()).toBe(code);
    expect(await signs()).toBe('HSM_BREAKER_OPEN');
    await until('ready');
    expect(failed.signalCode).toBe('SIGKILL');
    expect(beneath.child().pid).not.toBe(failed.pid);
    expect(await signs()).toBe('signed');
  });

  test('the token is pulled out: its process is started again and again, a person brings another, and nothing is signed with it', async () => {
    const { beneath, token, hsm, signs, next } = await line();
    token.pullOut();
    beneath.child().kill('SIGKILL');
    await next('starting');
    await next('starting');
    expect(await signs()).toBe('HSM_BREAKER_OPEN');
    token.reinitialise();
    await next('ready');
    expect(await signs()).toBe('HSM_KEY_VANISHED');
    expect(hsm.state()).toBe('quarantined');
  });
});

describe('CKR_OPERATION_ACTIVE: the session is discarded', () => {
  test('the same call goes through in another session', async () => {
    const { beneath, signs, hsm } = await standingLine();
    const logins = beneath.called('C_Login');
    beneath.provoke(returned(0x90, 'C_SignInit'));
    expect(await signs()).toBe('signed');
    expect([hsm.state(), beneath.called('C_Login')]).toEqual(['ready', logins]);
  });
});

describe('CKR_CRYPTOKI_NOT_INITIALIZED: someone called C_Finalize; the process is ended', () => {
  test('finalised by another user of the library', async () => {
    const { beneath, signs, until } = await standingLine();
    const finalised = beneath.child();
    beneath.provoke({ provoke: 'finalise' });
    expect(await signs()).toBe('HSM_LIBRARY_FAILED');
    await until('ready');
    expect(finalised.signalCode).toBe('SIGKILL');
    expect(await signs()).toBe('signed');
  });
});

describe('CKR_PIN_INCORRECT: never retried', () => {
  test('a wrong PIN reaches C_Login once, whatever is called after', async () => {
    const token = softHsmHome('line');
    const beneath = softHsmProcess(token);
    removals.push(async () => {
      token.remove();
      await Promise.resolve();
    });
    const hsm = hostedHsm({ start: beneath.start, breaker: { firstMs: 1, maxMs: 1 } });
    const wrong = new Secret(utf8('00000000x'));
    const later = [
      () => hsm.open(wrong),
      () => hsm.open(token.pin),
      () => hsm.random(8),
      () => hsm.list(),
      () => hsm.generateEcKey({ label: 'k', curve: 'P-256', purpose: 'sign' }),
    ];
    for (const call of [() => hsm.open(wrong), ...later]) expect(await outcomeOf(call().then(() => 'ok'))).toBe('HSM_PIN_INCORRECT');
    await gone(beneath);
    expect([hsm.state(), beneath.called('C_Login')]).toEqual(['pin-refused', 1]);
  });

  const refusing: readonly [string, (line: Line) => void][] = [
    [
      'changed by someone, and refused at the login of the next process',
      ({ beneath, token }) => {
        token.changePin();
        beneath.child().kill('SIGKILL');
      },
    ],
    // SoftHSM goes on taking the old PIN in a process that knew it.
    [
      'refused at the login after a lost session',
      ({ beneath }) => {
        beneath.provoke(returned(0xa0, 'C_Login'));
        beneath.provoke({ provoke: 'close-all-sessions' });
      },
    ],
  ];
  test.each(refusing)('%s: once', async (_name, refuse) => {
    const at = await line();
    const { beneath, token, signs, until, hsm } = at;
    expect(beneath.called('C_Login')).toBe(1);
    refuse(at);
    await signs();
    await until('pin-refused');
    for (const again of [1, 2, 3]) expect([again, await signs()]).toEqual([again, 'HSM_PIN_INCORRECT']);
    await hsm.close();
    expect(await outcomeOf(hsm.open(token.pin).then(() => 'ok'))).toBe('HSM_PIN_INCORRECT');
    await gone(beneath);
    expect(beneath.called('C_Login')).toBe(2);
  });
});

describe('hang: timeout in the parent, kill the process; the intent stays unresolved', () => {
  test('a stopped process (SIGSTOP) is killed at the deadline; whoever waits is told that the outcome is not known', async () => {
    const { beneath, signs, hsm, until } = await standingLine();
    const hanging = beneath.child();
    hanging.kill('SIGSTOP');
    const [first, second] = [signs(), signs()];
    expect((await Promise.all([first, second])).toSorted()).toEqual(['HSM_PROCESS_LOST', 'HSM_TIMED_OUT']);
    expect(hsm.state()).toMatchObject({ openUntil: expect.any(Date) as Date });
    await until('ready');
    expect([hanging.signalCode, await signs()]).toEqual(['SIGKILL', 'signed']);
  });
});

describe('returns OK with wrong signature / signature of previous message / DER vs raw / low length / not-normalised: verify-after-sign rejects', () => {
  test.each<[Lie, string]>([
    ['wrong-signature', 'CERTIFICATE_SIGNATURE_REJECTED'],
    ['other-message', 'CERTIFICATE_SIGNATURE_REJECTED'],
    ['previous-signature', 'CERTIFICATE_SIGNATURE_REJECTED'],
    ['short-signature', 'HSM_SIGNATURE_FORM'],
    ['der-signature', 'HSM_SIGNATURE_FORM'],
    ['not-normalised-signature', 'HSM_SIGNATURE_FORM'],
  ])('%s', async (lie, refusal) => {
    const pin = new Secret(utf8('1'));
    const honest = new SoftwareHsm({ pin });
    await honest.open(pin);
    const lying = new LyingHsm(honest, ['honest', lie, 'honest']);
    const hsm = hostedHsm({
      start: () =>
        inMemoryProcess((channel) => {
          serveHsm(lying, channel);
        }),
    });
    await hsm.open(pin);
    const key = await hsm.generateEcKey({ label: 'issuer', curve: 'P-256', purpose: 'sign' });
    expect([await issues(hsm, key, 1), await issues(hsm, key, 2), await issues(hsm, key, 3)]).toEqual(['issued', refusal, 'issued']);
    await hsm.close();
  });
});

describe('signs, then dies before reply: unresolved intent', () => {
  test('the process is killed between the signature and the answer: signed once, never made again here', async () => {
    const { beneath, signs, until } = await standingLine();
    const before = beneath.called('C_SignAsync');
    beneath.provoke({ provoke: 'die-after-signing' });
    expect(await signs()).toBe('HSM_PROCESS_LOST');
    expect(beneath.called('C_SignAsync')).toBe(before + 1);
    await until('ready');
    expect(beneath.called('C_SignAsync')).toBe(before + 1);
    expect(await signs()).toBe('signed');
  });
});

describe('slow (p99 2 s), 1 of 2 HSM down: throughput degrades, no reorder, no duplicates', () => {
  test('slow answers belong to their own calls, and nothing is signed twice', async () => {
    const pin = new Secret(utf8('1'));
    const honest = new SoftwareHsm({ pin });
    await honest.open(pin);
    const slow = new LyingHsm(honest, (call) => (call % 3 === 0 ? 'slow' : 'honest'), { slowMs: 60 });
    const hsm = hostedHsm({
      start: () =>
        inMemoryProcess((channel) => {
          serveHsm(slow, channel);
        }),
    });
    await hsm.open(pin);
    const key = await hsm.generateEcKey({ label: 'slow', curve: 'P-256', purpose: 'sign' });
    const publicKey = publicKeyOfPoint(key.curve, key.point);
    const good = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const own = utf8(`message ${index}`);
        return verifyEcdsaRaw('sha256', own, publicKey, await hsm.sign(key, createHash('sha256').update(own).digest()));
      }),
    );
    expect([good.filter(Boolean).length, await hsm.signaturesOf(key)]).toEqual([30, 30]);
    await hsm.close();
  });

  test('one token down does nothing to the other', async () => {
    const [a, b] = await Promise.all([line(), standingLine()]);
    const back = a.next('ready');
    a.beneath.child().kill('SIGKILL');
    expect((await Promise.all(Array.from({ length: 10 }, () => b.signs()))).every((outcome) => outcome === 'signed')).toBe(true);
    await back;
    expect([await a.signs(), b.hsm.state()]).toEqual(['signed', 'ready']);
  });
});

test('the process that asks is gone: the process of the token closes it and ends by itself', async () => {
  const token = softHsmHome('line');
  removals.push(async () => {
    token.remove();
    await Promise.resolve();
  });
  const beneath = softHsmProcess(token);
  const channel = beneath.start();
  await new Promise((resolve) => {
    channel.onMessage(resolve);
  });
  beneath.child().disconnect();
  await gone(beneath);
  expect([beneath.child().exitCode, beneath.child().signalCode]).toEqual([0, null]);
});

/** Until the last process is no more. */
async function gone(beneath: SoftHsmProcess): Promise<void> {
  const child = beneath.child();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** A certificate that this key signs for itself, by the product's own way of issuing, which verifies what the token says. */
async function issues(hsm: Hsm, key: EcKey, serialNumber: number): Promise<string> {
  const name = { country: 'VN', organization: 'Cardmint Specimen', commonName: 'CSCA SPECIMEN' };
  const from = new Date('2026-11-22T04:00:00Z');
  const request = cscaCertificate({
    subject: name,
    serialNumber: Uint8Array.of(serialNumber),
    curve: key.curve,
    point: key.point,
    usage: { notBefore: from, notAfter: addYears(from, 5) },
    notAfter: addYears(from, 31),
    mrzCountry: 'VNM',
    crlUrls: ['https://specimen.invalid/VNM.crl'],
  });
  const issuer: IssuingKey = { name, spki: explicitSpki(key.curve, key.point), algorithm: { key: 'ec', hash: 'sha256' } };
  return outcomeOf(issueCertificate(prepareCertificate(request, issuer), (tbs) => hsm.sign(key, tbs)).then(() => 'issued'));
}
