import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { DH_DOMAINS, type DhDomain } from '#encoder/access';
import { ByteReader, toHex } from '#encoder/bytes';
import { enter, readTlv, tlv } from '#encoder/tlv';
import type { ChipKey, KeyRole } from '../memory.ts';
import { answer, status } from '../responses.ts';
import type { Chip } from './chip.ts';
import { dhTemplate, makeDhKey, readDhKey } from './dh-keys.ts';
import { members, u16 } from './file-commands.ts';

const generate = promisify(generateKeyPair);

/** Key references of the profile: control reference template and reference 84. */
const KEYS = {
  activeAuthentication: { template: 0xb6, reference: 0x01 },
  chipAuthentication: { template: 0xa6, reference: 0x02 },
} as const satisfies Record<KeyRole, unknown>;

/** Curves by the contents octets of their object identifier (RFC 5480 §2.1.1.1, RFC 5639 §4.1), as node:crypto calls them. */
const CURVES: Readonly<Record<string, string>> = {
  '2A8648CE3D030107': 'prime256v1',
  '2B81040022': 'secp384r1',
  '2B2403030208010107': 'brainpoolP256r1',
  '2B240303020801010B': 'brainpoolP384r1',
  '2B240303020801010D': 'brainpoolP512r1',
  '2B81040023': 'secp521r1',
};
const RSA_BITS: readonly number[] = [1024, 2048, 3072];

type Algorithm =
  | { readonly kind: 'RSA'; readonly bits: number }
  | { readonly kind: 'EC'; readonly curve: string }
  | { readonly kind: 'DH'; readonly domain: DhDomain };

/** What the two roles can have. */
const KINDS: Readonly<Record<KeyRole, readonly Algorithm['kind'][]>> = {
  activeAuthentication: ['RSA', 'EC'],
  chipAuthentication: ['EC', 'DH'],
};

/**
 * GENERATE ASYMMETRIC KEY PAIR (ISO/IEC 7816-8 §6.1): P1 = 80 makes the pair unless it is there, P1 = 81 only reads. The
 * answer is the public key template 7F49; the private half stays.
 */
export async function generateKeyPairCommand(chip: Chip, command: ParsedCommandApdu): Promise<ResponseApdu> {
  if ((command.p1 !== 0x80 && command.p1 !== 0x81) || command.p2 !== 0) return status(StatusWord.INCORRECT_P1_P2);
  const wanted = requestOf(command.data);
  if (wanted === undefined) return status(StatusWord.WRONG_DATA);
  const held = chip.memory.key(wanted.role);
  if (held !== undefined) return answer(publicKeyTemplate(held));
  if (command.p1 === 0x81) return status(StatusWord.REFERENCED_DATA_NOT_FOUND);
  const made = await make(chip, wanted.algorithm);
  chip.memory.setKey(wanted.role, made);
  return answer(publicKeyTemplate(made));
}

/** Control reference template: 84 the key, and its algorithm: 80 bits of an RSA modulus, 06 a curve, 81 a MODP group. */
function requestOf(data: Uint8Array): { readonly role: KeyRole; readonly algorithm: Algorithm } | undefined {
  const templates = members(data);
  for (const role of ['activeAuthentication', 'chipAuthentication'] as const) {
    const { template, reference } = KEYS[role];
    const objects = members(templates?.get(template) ?? new Uint8Array(0));
    if (objects?.get(0x84)?.[0] !== reference) continue;
    const algorithm = algorithmOf(objects);
    return algorithm === undefined || !KINDS[role].includes(algorithm.kind) ? undefined : { role, algorithm };
  }
  return undefined;
}

function algorithmOf(objects: ReadonlyMap<number, Uint8Array>): Algorithm | undefined {
  const bits = u16(objects.get(0x80));
  const curve = CURVES[toHex(objects.get(0x06) ?? new Uint8Array(0))];
  if (RSA_BITS.includes(bits)) return { kind: 'RSA', bits };
  const domain = DH_DOMAINS.find(({ parameterId }) => objects.get(0x81)?.[0] === parameterId);
  if (domain !== undefined) return { kind: 'DH', domain };
  return curve === undefined ? undefined : { kind: 'EC', curve };
}

function make(chip: Chip, algorithm: Algorithm): ChipKey | Promise<ChipKey> {
  if (algorithm.kind === 'RSA') return chip.takeRsaKey(algorithm.bits);
  chip.keyMade();
  return algorithm.kind === 'DH' ? makeDhKey(algorithm.domain, chip.random) : makeEcKey(algorithm.curve);
}

/** 7F49 (ISO/IEC 7816-8 §6.1, table 6): RSA modulus 81 and exponent 82; curve 06 and uncompressed point 86; or a DH key (Doc 9303-11 §9.4.3). */
export function publicKeyTemplate(key: ChipKey): Uint8Array {
  const dh = readDhKey(key);
  if (dh !== undefined) return dhTemplate(dh);
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' });
  return publicKey.asymmetricKeyType === 'rsa' ? rsaTemplate(publicKey) : ecTemplate(key.publicKey);
}

function rsaTemplate(publicKey: KeyObject): Uint8Array {
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64url'));
  return tlv(0x7f49, tlv(0x81, bytes(n)), tlv(0x82, bytes(e)));
}

/** SubjectPublicKeyInfo: algorithm { id-ecPublicKey, curve }, and a BIT STRING whose first byte counts unused bits. */
function ecTemplate(spki: Uint8Array): Uint8Array {
  const body = enter(new ByteReader(spki, 'SPKI'), 0x30);
  const algorithm = enter(body, 0x30);
  readTlv(algorithm);
  return tlv(0x7f49, tlv(0x06, readTlv(algorithm).value), tlv(0x86, readTlv(body).value.slice(1)));
}

async function makeEcKey(namedCurve: string): Promise<ChipKey> {
  const { privateKey, publicKey } = await generate('ec', { namedCurve });
  return {
    privateKey: Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' })),
    publicKey: Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })),
  };
}
