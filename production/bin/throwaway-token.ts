import { randomBytes } from 'node:crypto';
import { Secret, utf8 } from '#encoder/bytes';
import { Pkcs11Hsm } from '#pki/hsm';
import { ensureToken } from '#production/plant';

/**
 * A new SoftHSM token under this folder, open in this process: one a process, because the library serves one configuration. Its PIN is
 * random and kept nowhere else, so the token is good for nothing when it is closed.
 */
export async function openThrowawayToken(folder: string, name: string): Promise<Pkcs11Hsm> {
  const pin = (): Secret => new Secret(utf8(randomBytes(16).toString('hex')));
  const [userPin, soPin] = [pin(), pin()];
  const { conf, tokenLabel, module } = await ensureToken(folder, { name, soPin, pin: userPin });
  process.env['SOFTHSM2_CONF'] = conf;
  const hsm = new Pkcs11Hsm({ tokenLabel, modulePath: module });
  await hsm.open(userPin);
  userPin.destroy();
  soPin.destroy();
  return hsm;
}
