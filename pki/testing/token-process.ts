/** The process of `softHsmProcess`: the product's classes over the real library, which can be made to fail beneath them. */
import { appendFileSync } from 'node:fs';
import pkcs11js from 'pkcs11js';
import { channelToParent, Pkcs11Hsm, serveHsm } from '#pki/hsm';
import type { Provocation } from './softhsm-process.ts';

const [label = '', log = ''] = process.argv.slice(2);
const LOGGED: ReadonlySet<string> = new Set(['C_Login', 'C_SignAsync']);

let planned: { from: string; returnValue: number; times: number } | undefined;
let diesAfterSigning = false;

/** pkcs11js's class with a look at every call, between the product and the library. */
const Library = pkcs11js.PKCS11;
class WatchedLibrary extends Library {
  constructor() {
    super();
    return new Proxy(this, {
      get: (library, name) => {
        const member: unknown = Reflect.get(library, name);
        if (typeof member !== 'function' || typeof name !== 'string') return member;
        return (...args: readonly unknown[]): unknown => {
          reached(name);
          const result: unknown = Reflect.apply(member, library, args);
          return name === 'C_SignAsync' && diesAfterSigning ? (result as Promise<unknown>).then(die) : result;
        };
      },
    });
  }
}
Reflect.set(pkcs11js, 'PKCS11', WatchedLibrary);

function reached(name: string): void {
  if (LOGGED.has(name)) appendFileSync(log, `${name}\n`);
  if (planned?.from !== name || planned.times === 0) return;
  planned.times -= 1;
  throw new pkcs11js.Pkcs11Error(`CKR_PROVOKED:${planned.returnValue}`);
}

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

process.on('message', (message: Partial<Provocation>) => {
  if (message.provoke !== undefined) provoke(message as Provocation);
});

function provoke(what: Provocation): void {
  if (what.provoke === 'return') {
    planned = { ...what };
    return;
  }
  if (what.provoke === 'die-after-signing') {
    diesAfterSigning = true;
    return;
  }
  const other = new Library();
  other.load('/usr/lib/softhsm/libsofthsm2.so');
  const slots = other.C_GetSlotList(true);
  switch (what.provoke) {
    case 'close-all-sessions':
      for (const slot of slots) other.C_CloseAllSessions(slot);
      return;
    case 'log-out':
      for (const slot of slots.slice(0, 1))
        other.C_Logout(other.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION));
      return;
    case 'finalise':
      other.C_Finalize();
      return;
  }
}

serveHsm(new Pkcs11Hsm({ tokenLabel: label }), channelToParent());
