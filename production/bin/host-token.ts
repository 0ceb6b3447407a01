import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { channelToChild, hostedHsm, HsmError, type HostedHsm, type HostedOptions } from '#pki/hsm';

/** Where a token's library is, and what the token is called in it. */
export interface TokenPlace {
  readonly name: string;
  readonly module: string;
  readonly tokenLabel: string;
  /** For `SOFTHSM2_CONF`; absent when the token is not SoftHSM's. */
  readonly conf?: string;
}

/**
 * A token in a process of its own (`token.ts`), which is killed when it hangs and started again when it ends: the fault table of the port
 * says when. The kernel ends it when we die, also when it is in the middle of a call.
 */
export function hostToken(place: TokenPlace, options: HostTokenOptions = {}): HostedHsm {
  const { program = builtProgram(), ...rest } = options;
  return hostedHsm({
    ...rest,
    start: () => {
      const command = ['--pdeathsig=KILL', '--', process.execPath, ...program, place.module, place.tokenLabel];
      const child = spawn('setpriv', command, {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        serialization: 'advanced',
        env: { ...kept(), ...(place.conf === undefined ? {} : { SOFTHSM2_CONF: place.conf }) },
      });
      return channelToChild(child);
    },
  });
}

/** What a token's process needs of ours: whose plant it belongs to, and how many calls it may make at once. */
function kept(): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const name of ['PATH', 'CARDMINT_PLANT', 'UV_THREADPOOL_SIZE']) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

export interface HostTokenOptions extends Omit<HostedOptions, 'start'> {
  /** What Node runs; tests run it from the source. */
  readonly program?: readonly string[];
}

function builtProgram(): readonly string[] {
  return ['--disable-proto=delete', fileURLToPath(new URL('token.js', import.meta.url))];
}

/** Mocks live in `hsm-mocks`, and no process of a plant builds one: here is where one would be found. Throws `HSM_LIBRARY_FAILED`. */
export function refuseMock(hsm: HostedHsm, name: string): void {
  if (hsm.behind !== 'pkcs11') throw new HsmError('HSM_LIBRARY_FAILED', { where: name, detail: 'no PKCS#11 token' });
}
