import { bytesToInteger } from '#encoder/bytes';
import { createHash } from 'node:crypto';
import { pow } from '@noble/curves/abstract/modular.js';
import { AccessError } from './access-error.ts';
import { randomBelow } from './curves.ts';
import { DH_DOMAINS, type DhDomain } from './dh-domains.ts';
import { noGenerator, type KeyAgreementGroup } from './key-agreement-group.ts';

/** Multiplicative groups for key agreement over DH: elements as unsigned integers in the fewest bytes (Doc 9303-11 §9.4.1, §9.4.3). */
export function dhGroup(domain: DhDomain): KeyAgreementGroup {
  const { p, g, q } = domain;
  const size = fewestBytes(p).length;
  return {
    name: domain.name,
    parameterId: domain.parameterId,
    publicKeyTag: 0x84,
    prime: p,
    order: q,
    randomKey: (random) => randomBelow(q, random),
    publicKey: (key, generator) => fewestBytes(pow(generator === undefined ? g : bytesToInteger(generator), key, p)),
    check(element, where) {
      const invalid = (detail: string) => new AccessError('ACCESS_POINT_INVALID', { where, detail });
      if (element.length === 0 || element.length > size || element[0] === 0) throw invalid(`${element.length} bytes`);
      const y = bytesToInteger(element);
      // RFC 2631 §2.1.5: in the range, and of order q, so that a small subgroup tells nothing of the private key.
      if (y < 2n || y >= p || pow(y, q, p) !== 1n) throw invalid('not in the group');
    },
    sharedSecret: (key, other) => inFieldSize(pow(bytesToInteger(other), key, p), size),
    compress: (element) => Uint8Array.from(createHash('sha1').update(element).digest()),
    mapGeneric(nonce, key, other) {
      const generator = (pow(g, bytesToInteger(nonce) % q, p) * pow(bytesToInteger(other), key, p)) % p;
      if (generator === 1n) throw noGenerator('one');
      return fewestBytes(generator);
    },
    mapField(element) {
      const generator = pow(element, (p - 1n) / q, p);
      if (generator < 2n) throw noGenerator('zero or one');
      return fewestBytes(generator);
    },
  };
}

/** MODP group of a standardised domain parameter number, undefined when it is none. */
export function dhGroupById(parameterId: number): KeyAgreementGroup | undefined {
  const domain = DH_DOMAINS.find((candidate) => candidate.parameterId === parameterId);
  return domain === undefined ? undefined : dhGroup(domain);
}

/** An unsigned integer as data objects carry it (Doc 9303-11 §9.4.1). */
export function fewestBytes(value: bigint): Uint8Array {
  const digits = value.toString(16);
  return inFieldSize(value, Math.ceil(digits.length / 2));
}

function inFieldSize(value: bigint, size: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex'));
}
