import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { ByteReader } from '#encoder/bytes';
import { enter, readTlv, tlv } from '#encoder/tlv';
import { answer, status, type Chip } from './chip.ts';
import { members } from './file-commands.ts';
import type { ChipKey, KeyRole } from './memory.ts';

const generate = promisify(generateKeyPair);

/** Key references of the profile: control reference template and reference 84. */
const ACTIVE_AUTHENTICATION = { template: 0xb6, reference: 0x01 } as const;
const CHIP_AUTHENTICATION = { template: 0xa6, reference: 0x02 } as const;

/**
 * GENERATE ASYMMETRIC KEY PAIR (ISO/IEC 7816-8 §6.1): P1 = 80 makes the pair unless it is there, P1 = 81 only reads. The
 * answer is the public key template 7F49; the private half stays.
 */
export async function generateKeyPairCommand(chip: Chip, command: ParsedCommandApdu): Promise<ResponseApdu> {
  if ((command.p1 !== 0x80 && command.p1 !== 0x81) || command.p2 !== 0) return status(StatusWord.INCORRECT_P1_P2);
  const role = roleOf(command.data);
  if (role === undefined) return status(StatusWord.WRONG_DATA);
  const held = chip.memory.key(role);
  if (held !== undefined) return answer(publicKeyTemplate(role, held));
  if (command.p1 === 0x81) return status(StatusWord.REFERENCED_DATA_NOT_FOUND);
  const made = role === 'activeAuthentication' ? await chip.takeRsaKey() : await makeEcKey();
  chip.memory.setKey(role, made);
  return answer(publicKeyTemplate(role, made));
}

function roleOf(data: Uint8Array): KeyRole | undefined {
  const templates = members(data);
  const reference = (tag: number): number | undefined => members(templates?.get(tag) ?? new Uint8Array(0))?.get(0x84)?.[0];
  if (reference(ACTIVE_AUTHENTICATION.template) === ACTIVE_AUTHENTICATION.reference) return 'activeAuthentication';
  if (reference(CHIP_AUTHENTICATION.template) === CHIP_AUTHENTICATION.reference) return 'chipAuthentication';
  return undefined;
}

/** 7F49 (ISO/IEC 7816-8 §6.1, table 6): RSA modulus 81 and exponent 82; or the uncompressed point 86. */
export function publicKeyTemplate(role: KeyRole, key: ChipKey): Uint8Array {
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' });
  return role === 'activeAuthentication' ? rsaTemplate(publicKey) : tlv(0x7f49, tlv(0x86, pointOf(key.publicKey)));
}

function rsaTemplate(publicKey: KeyObject): Uint8Array {
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64url'));
  return tlv(0x7f49, tlv(0x81, bytes(n)), tlv(0x82, bytes(e)));
}

/** The point is what the BIT STRING of a SubjectPublicKeyInfo holds, after its count of unused bits. */
function pointOf(spki: Uint8Array): Uint8Array {
  const body = enter(new ByteReader(spki, 'SPKI'), 0x30);
  readTlv(body);
  return readTlv(body).value.slice(1);
}

async function makeEcKey(): Promise<ChipKey> {
  const { privateKey, publicKey } = await generate('ec', { namedCurve: 'brainpoolP256r1' });
  return {
    privateKey: Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' })),
    publicKey: Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })),
  };
}
