import { randomBytes } from 'node:crypto';
import { Secret } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import type { Hsm } from '#pki/hsm';

export interface SoftwareToken {
  readonly hsm: SoftwareHsm;
  readonly pin: Secret;
}

/** Several software tokens, open, each with a PIN of its own: `const { authority, a, b } = await softwareTokens('authority', 'a', 'b')`. */
export async function softwareTokens<Name extends string>(...names: readonly Name[]): Promise<Readonly<Record<Name, SoftwareToken>>> {
  const opened = await Promise.all(
    names.map(async (name) => {
      const pin = Secret.takeOver(randomBytes(8));
      const hsm = new SoftwareHsm({ pin });
      await hsm.open(pin);
      return [name, { hsm, pin }] as const;
    }),
  );
  return Object.fromEntries(opened) as Readonly<Record<Name, SoftwareToken>>;
}

/** The software HSM in the place of a token of a plant: what a real ceremony does is tested without one. */
export function disguised(hsm: Hsm): Hsm {
  return new Proxy(hsm, {
    get(target, property) {
      if (property === 'kind') return 'pkcs11';
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
