import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { LyingHsm, SoftwareHsm, type Lie } from '#hsm-mocks';
import { publicKeyOfPoint, verifyEcdsaRaw } from '#pki/ec';
import { inMemoryProcess, ManualClock } from '#pki/testing';
import type { Channel, HostChannel } from './hosted-channel.ts';
import { hostedHsm, type HostedEvent, type HostedHsm, type HostedOptions } from './hosted-hsm.ts';
import { serveHsm } from './hosted-serve.ts';
import { HsmError } from './hsm-error.ts';
import type { EcKey, Hsm } from './hsm.ts';

const NOW = new Date('2026-11-22T04:00:00Z');
const digest = () => Uint8Array.from(createHash('sha256').update('what is signed').digest());
const pin = () => new Secret(utf8('4711'));

/** The device behind the processes: its keys and counts outlive each of them. */
class Device extends SoftwareHsm {
  logins = 0;

  constructor() {
    super({ pin: pin() });
  }

  signed = 0;

  override sign(...args: Parameters<Hsm['sign']>): Promise<Uint8Array> {
    this.signed += 1;
    return super.sign(...args);
  }

  override open(given: Secret): Promise<void> {
    this.logins += 1;
    return super.open(given);
  }
}

let device: Device;
let clock: ManualClock;
let events: HostedEvent[];
let starts: number;

beforeEach(() => {
  device = new Device();
  clock = new ManualClock(NOW);
  events = [];
  starts = 0;
});

/** Each start serves what `behind` gives for it, counted from 1. */
function host(behind: (start: number) => Hsm = () => device, options: Partial<HostedOptions> = {}): HostedHsm {
  const start = () => {
    starts += 1;
    const hsm = behind(starts);
    return inMemoryProcess((channel) => {
      serveHsm(hsm, channel);
    });
  };
  return hostedHsm({ start, clock, onEvent: (event) => events.push(event), ...options });
}

/** Lies at the first calls of `sign`, over all processes together. */
function liar(...lies: readonly Lie[]): HostedHsm {
  const lying = new LyingHsm(device, lies);
  return host(() => lying);
}

const signingKey = (hsm: Hsm) => hsm.generateEcKey({ label: 'k', curve: 'P-256', purpose: 'sign' });
const isGood = (key: EcKey, signature: Uint8Array) =>
  verifyEcdsaRaw('sha256', utf8('what is signed'), publicKeyOfPoint('P-256', key.point), signature);
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'ok',
    (error: unknown) => (error as { code: string }).code,
  );

describe('a session that is lost, or busy', () => {
  test.each(['HSM_SESSION_LOST', 'HSM_SESSION_BUSY'] as const)('%s: the same call once more, with the input as it was', async (code) => {
    const hsm = liar(code);
    await hsm.open(pin());
    const key = await signingKey(hsm);
    const input = digest();
    const pending = hsm.sign(key, input);
    input.fill(0);
    expect(isGood(key, await pending)).toBe(true);
    expect(device.signed).toBe(1);
    expect(hsm.state()).toBe('ready');
    expect(starts).toBe(1);
  });

  test('lost twice in a row: the process is recycled, and the call fails', async () => {
    const hsm = liar('HSM_SESSION_LOST', 'HSM_SESSION_LOST');
    await hsm.open(pin());
    const key = await signingKey(hsm);
    expect(await codeOf(hsm.sign(key, digest()))).toBe('HSM_SESSION_LOST');
    expect(hsm.state()).toEqual({ openUntil: new Date(NOW.getTime() + 5000) });
  });
});

describe('a device that fails', () => {
  test('the process is killed; calls fail at once until another one has logged in', async () => {
    const hsm = liar('HSM_DEVICE_FAILED');
    await hsm.open(pin());
    const key = await signingKey(hsm);
    expect(await codeOf(hsm.sign(key, digest()))).toBe('HSM_DEVICE_FAILED');
    await expect(hsm.sign(key, digest())).rejects.toMatchObject({
      code: 'HSM_BREAKER_OPEN',
      remedy: 'wait',
      detail: 'until 2026-11-22T04:00:05.000Z',
    });
    await clock.pass(4999);
    expect([await codeOf(hsm.random(8)), starts]).toEqual(['HSM_BREAKER_OPEN', 1]);
    await clock.pass(1);
    expect([hsm.state(), starts, device.logins]).toEqual(['ready', 2, 2]);
    expect(isGood(key, await hsm.sign(key, digest()))).toBe(true);
  });

  test('the pause doubles from 5 s to 60 s while nothing works, and starts again once something has', async () => {
    const failing: Lie[] = Array.from({ length: 7 }, () => 'HSM_DEVICE_FAILED' as const);
    const hsm = liar(...failing, 'honest', 'HSM_DEVICE_FAILED');
    await hsm.open(pin());
    const key = await signingKey(hsm);
    const pauses: number[] = [];
    for (let failure = 0; failure < 9; failure += 1) {
      if ((await codeOf(hsm.sign(key, digest()))) === 'ok') continue;
      const state = hsm.state();
      if (typeof state === 'string') throw new Error(state);
      const pause = state.openUntil.getTime() - clock.now();
      pauses.push(pause);
      await clock.pass(pause);
      expect(hsm.state()).toBe('ready');
    }
    expect(pauses).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 5000]);
  });

  test('a token that is not there when the plant starts comes by itself when it is', async () => {
    class Absent extends SoftwareHsm {
      override async open(): Promise<void> {
        await Promise.resolve();
        throw new HsmError('HSM_TOKEN_NOT_FOUND');
      }
    }
    const hsm = host((start) => (start === 1 ? new Absent({ pin: pin() }) : device));
    expect(await codeOf(hsm.open(pin()))).toBe('HSM_TOKEN_NOT_FOUND');
    await clock.pass(5000);
    expect(hsm.state()).toBe('ready');
  });

  test('a process that cannot be started is tried again too', async () => {
    let failures = 2;
    const hsm = hostedHsm({
      clock,
      start: () => {
        if (failures-- > 0) throw new Error('EAGAIN');
        return inMemoryProcess((channel) => {
          serveHsm(device, channel);
        });
      },
    });
    expect(await codeOf(hsm.open(pin()))).toBe('HSM_PROCESS_LOST');
    await clock.pass(5000);
    expect(await codeOf(hsm.random(1))).toBe('HSM_BREAKER_OPEN');
    await clock.pass(10_000);
    expect(hsm.state()).toBe('ready');
  });

  test('calls that were on their way are lost with the process: in doubt, and never made again', async () => {
    const hsm = liar('slow', 'slow', 'HSM_DEVICE_FAILED');
    await hsm.open(pin());
    const key = await signingKey(hsm);
    const codes = await Promise.all([hsm.sign(key, digest()), hsm.sign(key, digest()), hsm.sign(key, digest())].map(codeOf));
    expect(codes).toEqual(['HSM_PROCESS_LOST', 'HSM_PROCESS_LOST', 'HSM_DEVICE_FAILED']);
    await clock.pass(60_000);
    expect(hsm.state()).toBe('ready');
    expect(starts).toBe(2);
  });
});

describe('a token that hangs', () => {
  test('at the deadline the process is killed; the call is in doubt and not made again', async () => {
    const hsm = liar('signs-then-hangs');
    await hsm.open(pin());
    const key = await signingKey(hsm);
    const answers = Promise.all([codeOf(hsm.sign(key, digest())), clock.pass(1999).then(() => hsm.state())]);
    await clock.pass(1);
    expect(await answers).toEqual(['HSM_TIMED_OUT', 'ready']);
    expect(hsm.state()).toEqual({ openUntil: new Date(NOW.getTime() + 7000) });
    await clock.pass(5000);
    expect(hsm.state()).toBe('ready');
    expect(device.signed).toBe(1);
  });

  test('making a key has a deadline of its own', async () => {
    class Slow extends Device {
      override generateRsaKey(): Promise<never> {
        return new Promise(() => undefined);
      }
    }
    device = new Slow();
    const hsm = host();
    await hsm.open(pin());
    const answer = codeOf(hsm.generateRsaKey({ label: 'k', bits: 4096, purpose: 'sign' }));
    await clock.pass(119_999);
    expect(hsm.state()).toBe('ready');
    await clock.pass(1);
    expect(await answer).toBe('HSM_TIMED_OUT');
  });
});

describe('quarantine', () => {
  test('a key that is another: no call reaches the token again, whatever time passes', async () => {
    const hsm = host();
    await hsm.open(pin());
    const [one, two] = [await signingKey(hsm), await signingKey(hsm)];
    expect(await codeOf(hsm.sign({ ...one, point: two.point }, digest()))).toBe('HSM_KEY_MISMATCH');
    expect(hsm.state()).toBe('quarantined');
    await expect(hsm.sign(one, digest())).rejects.toMatchObject({
      code: 'HSM_QUARANTINED',
      remedy: 'quarantine',
      detail: 'HSM_KEY_MISMATCH',
    });
    await clock.pass(86_400_000);
    expect(await codeOf(hsm.open(pin()))).toBe('HSM_QUARANTINED');
    expect([starts, device.logins, device.signed]).toEqual([1, 1, 1]);
  });

  test('what was answered while its key was being destroyed does not make it one that vanished', async () => {
    const hsm = host();
    await hsm.open(pin());
    const key = await signingKey(hsm);
    await Promise.all([hsm.sign(key, digest()), hsm.destroy(key.keyId)]);
    expect(await codeOf(hsm.sign(key, digest()))).toBe('HSM_KEY_NOT_FOUND');
    expect(hsm.state()).toBe('ready');
  });

  test('a key that has worked and is not found has vanished; one that never worked here, or was destroyed, is only not there', async () => {
    const hsm = host();
    await hsm.open(pin());
    const [kept, destroyed] = [await signingKey(hsm), await signingKey(hsm)];
    await hsm.destroy(destroyed.keyId);
    expect(await codeOf(hsm.sign(destroyed, digest()))).toBe('HSM_KEY_NOT_FOUND');
    expect(await codeOf(hsm.findEcKey({ ...kept, keyId: new Uint8Array(20) }))).toBe('HSM_KEY_NOT_FOUND');
    expect(hsm.state()).toBe('ready');
    await device.destroy(kept.keyId);
    expect(await codeOf(hsm.sign(kept, digest()))).toBe('HSM_KEY_VANISHED');
    expect(hsm.state()).toBe('quarantined');
  });

  test('what was asked before is still answered, so that it leaves no doubt', async () => {
    const hsm = liar('slow');
    await hsm.open(pin());
    const key = await signingKey(hsm);
    const before = hsm.sign(key, digest());
    hsm.quarantine(new HsmError('HSM_KEY_EXPOSED'));
    expect(await codeOf(hsm.sign(key, digest()))).toBe('HSM_QUARANTINED');
    expect(isGood(key, await before)).toBe(true);
    await setImmediate();
    await expect(device.random(1)).rejects.toMatchObject({ code: 'HSM_NOT_OPEN' });
  });
});

describe('the PIN', () => {
  test('a wrong one is given to the token once, whatever is called after, whatever time passes', async () => {
    const hsm = host();
    const wrong = () => new Secret(utf8('0000'));
    expect(await codeOf(hsm.open(wrong()))).toBe('HSM_PIN_INCORRECT');
    const after = [hsm.open(wrong()), hsm.open(pin()), hsm.random(8), hsm.list(), hsm.destroy(new Uint8Array(20))];
    expect(new Set(await Promise.all(after.map(codeOf)))).toEqual(new Set(['HSM_PIN_INCORRECT']));
    await clock.pass(86_400_000);
    await hsm.close();
    expect(await codeOf(hsm.open(pin()))).toBe('HSM_PIN_INCORRECT');
    expect([hsm.state(), starts, device.logins]).toEqual(['pin-refused', 1, 1]);
  });

  test('refused at a later start, because someone changed it: latched as well', async () => {
    const changed = new Device();
    changed.open = async () => {
      changed.logins += 1;
      await Promise.resolve();
      throw new HsmError('HSM_PIN_LOCKED');
    };
    const lying = new LyingHsm(device, ['HSM_DEVICE_FAILED']);
    const hsm = host((start) => (start === 1 ? lying : changed));
    await hsm.open(pin());
    const key = await signingKey(hsm);
    await codeOf(hsm.sign(key, digest()));
    await clock.pass(86_400_000);
    expect([hsm.state(), starts, changed.logins]).toEqual(['pin-refused', 2, 1]);
    expect(await codeOf(hsm.sign(key, digest()))).toBe('HSM_PIN_LOCKED');
  });

  test('refused at the login after a lost session: latched as well', async () => {
    const hsm = liar('HSM_PIN_INCORRECT');
    await hsm.open(pin());
    const key = await signingKey(hsm);
    expect(await codeOf(hsm.sign(key, digest()))).toBe('HSM_PIN_INCORRECT');
    await clock.pass(86_400_000);
    expect([hsm.state(), starts]).toEqual(['pin-refused', 1]);
  });

  test('one that the token never accepted is not given again when the first login got no answer', async () => {
    const mute = new Device();
    mute.open = () => {
      mute.logins += 1;
      return new Promise(() => undefined);
    };
    const hsm = host(() => mute);
    const answer = codeOf(hsm.open(pin()));
    await clock.pass(86_400_000);
    expect(await answer).toBe('HSM_TIMED_OUT');
    expect([hsm.state(), starts, mute.logins]).toEqual(['closed', 1, 1]);
  });
});

describe('the channel', () => {
  test('secrets are wiped on both sides once they have crossed', async () => {
    const crossed: Uint8Array[] = [];
    const watched = (channel: HostChannel): HostChannel => ({
      ...channel,
      send: (message) => {
        channel.send(message);
        crossed.push(...secretsIn(message));
      },
      onMessage: (listener) => {
        channel.onMessage((message) => {
          crossed.push(...secretsIn(message));
          listener(message);
        });
      },
    });
    const watchedChild = (channel: Channel): Channel => ({ ...channel, ...watched({ ...channel, kill: () => undefined }) });
    const hsm = hostedHsm({
      start: () =>
        watched(
          inMemoryProcess((channel) => {
            serveHsm(device, watchedChild(channel));
          }),
        ),
    });
    const given = pin();
    await hsm.open(given);
    const own = await hsm.generateEcKey({ label: 'k', curve: 'P-256', purpose: 'derive' });
    const other = await hsm.generateEcKey({ label: 'k', curve: 'P-256', purpose: 'derive' });
    const [here, there] = [await hsm.ecdhDerive(own, other.point), await hsm.ecdhDerive(other, own.point)];
    expect(here.reveal()).toEqual(there.reveal());
    expect(here.reveal()).not.toEqual(new Uint8Array(32));
    expect(given.reveal()).toEqual(pin().reveal());
    // PIN, two shared secrets: each on its way out and in.
    expect(crossed.map((bytes) => bytes.length)).toHaveLength(6);
    expect(crossed.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
    await hsm.close();
  });

  test.each([
    ['no object', 'hello'],
    ['no kind of token', { serves: 'cloud' }],
    ['a code that is none', { id: 1, failure: { code: 'FINE' } }],
    ['no number', { id: '1', value: 1 }],
  ])('a process that answers %s is killed', async (_what, nonsense) => {
    let talk: Channel | undefined;
    const hsm = hostedHsm({
      clock,
      start: () =>
        inMemoryProcess((channel) => {
          talk = channel;
          serveHsm(device, channel);
        }),
    });
    await hsm.open(pin());
    talk?.send(nonsense);
    await clock.pass(0);
    expect(hsm.state()).toEqual({ openUntil: new Date(NOW.getTime() + 5000) });
  });

  test('only the methods of the port can be called', async () => {
    const said: unknown[] = [];
    const channel = inMemoryProcess((served) => {
      serveHsm(device, served);
    });
    channel.onMessage((message) => said.push(message));
    for (const method of ['constructor', 'toString', '__proto__', 'kind', 'hasOwnProperty']) channel.send({ id: 1, method, args: [] });
    channel.send({ id: 2, method: 'random', args: [4] });
    await clock.pass(0);
    expect(said).toEqual([{ serves: 'software' }, { id: 2, failure: { code: 'HSM_NOT_OPEN' } }]);
  });

  test('before it is opened and after it is closed nothing is asked; a second open is refused', async () => {
    const hsm = host();
    expect([await codeOf(hsm.random(1)), hsm.behind]).toEqual(['HSM_NOT_OPEN', undefined]);
    await hsm.open(pin());
    expect([hsm.kind, hsm.behind]).toEqual(['hosted', 'software']);
    expect(await codeOf(hsm.open(pin()))).toBe('HSM_LIBRARY_FAILED');
    await hsm.close();
    expect(await codeOf(hsm.random(1))).toBe('HSM_NOT_OPEN');
    await hsm.open(pin());
    expect(await hsm.random(4)).toHaveLength(4);
  });

  test('every change of state is told, with its cause', async () => {
    const hsm = liar('HSM_DEVICE_FAILED');
    await hsm.open(pin());
    await codeOf(hsm.sign(await signingKey(hsm), digest()));
    await clock.pass(5000);
    await hsm.close();
    expect(events.map(({ state, cause }) => [state, cause?.code])).toEqual([
      ['starting', undefined],
      ['ready', undefined],
      [{ openUntil: new Date(NOW.getTime() + 5000) }, 'HSM_DEVICE_FAILED'],
      ['starting', undefined],
      ['ready', undefined],
      ['closed', undefined],
    ]);
  });
});

function secretsIn(message: unknown): readonly Uint8Array[] {
  const { args = [], value } = message as { args?: readonly unknown[]; value?: unknown };
  return [...args, value].flatMap((one) => {
    const secret = (one as { secret?: unknown } | undefined)?.secret;
    return secret instanceof Uint8Array ? [secret] : [];
  });
}
