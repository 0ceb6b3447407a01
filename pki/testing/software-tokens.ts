import { randomBytes } from 'node:crypto';
import { Secret } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';

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
