import { AccessError } from './access-error.ts';
import type { CipherSuite } from './cipher-suite.ts';
import { checkOther, type KeyAgreementGroup } from './key-agreement-group.ts';
import { pseudoRandomElement } from './pseudo-random.ts';
import type { RandomSource } from './session-result.ts';

/** What a mapping works with; `PaceParameters` is one. */
export interface MappingContext {
  readonly group: KeyAgreementGroup;
  readonly suite: CipherSuite;
}

/** What the terminal sends in DO'81', and what it makes of DO'82'. */
export interface TerminalMapping {
  readonly send: Uint8Array;
  /** The ephemeral generator. Throws `AccessError` ACCESS_POINT_INVALID or ACCESS_ANSWER_INVALID. */
  finish(received: Uint8Array): Uint8Array;
}

/** What the chip answers in DO'82', and the ephemeral generator. */
export interface ChipMapping {
  readonly send: Uint8Array;
  readonly generator: Uint8Array;
  /** The private key behind `send`, when the chip proves itself with it afterwards. */
  readonly mapKey?: bigint;
}

/** How the nonce becomes a generator, at both ends (Doc 9303-11 §4.4.3.3). */
export interface PaceMapping {
  readonly name: 'GM' | 'IM' | 'CAM';
  /** The chip proves its static key in the last step, by object 8A. */
  readonly authenticatesChip: boolean;
  terminal(context: MappingContext, nonce: Uint8Array, random: RandomSource): TerminalMapping;
  /** Throws `AccessError` for what a terminal must not send. */
  chip(context: MappingContext, exchange: { nonce: Uint8Array; received: Uint8Array }, random: RandomSource): ChipMapping;
}

const WHERE = 'PACE/map nonce';

/** The generator is s·G + H, with H from an anonymous key agreement (Doc 9303-11 §4.4.3.3.1). */
export const GENERIC_MAPPING: PaceMapping = {
  name: 'GM',
  authenticatesChip: false,
  terminal({ group }, nonce, random) {
    const ownKey = group.randomKey(random);
    const ownPublic = group.publicKey(ownKey);
    return { send: ownPublic, finish: (otherPublic) => mapGeneric({ group }, { nonce, ownKey, ownPublic, otherPublic }) };
  },
  chip(context, exchange, random) {
    const { send, generator } = mapWithKey(context, exchange, random);
    return { send, generator };
  },
};

/** Maps as Generic Mapping does; the chip keeps its private key for the proof (Doc 9303-11 §4.4.3.3.3, §4.4.3.5). */
export const CHIP_AUTHENTICATION_MAPPING: PaceMapping = {
  ...GENERIC_MAPPING,
  name: 'CAM',
  authenticatesChip: true,
  chip: mapWithKey,
};

/** The generator is f(Rp(s, t)): the terminal sends its nonce t, the chip nothing (Doc 9303-11 §4.4.3.3.2, §4.4.5.2.2). */
export const INTEGRATED_MAPPING: PaceMapping = {
  name: 'IM',
  authenticatesChip: false,
  terminal(context, nonce, random) {
    const t = random(context.suite.keyLength);
    return {
      send: t,
      finish(received) {
        if (received.length > 0) throw new AccessError('ACCESS_ANSWER_INVALID', { where: WHERE, detail: `${received.length} bytes` });
        return mapIntegrated(context, { s: nonce, t });
      },
    };
  },
  chip(context, { nonce, received }) {
    if (received.length !== context.suite.keyLength) {
      throw new AccessError('ACCESS_ANSWER_INVALID', { where: WHERE, detail: `${received.length} bytes` });
    }
    return { send: new Uint8Array(0), generator: mapIntegrated(context, { s: nonce, t: received }) };
  },
};

/** G' = s·G + H with H = ownKey·otherPublic (Doc 9303-11 §4.4.3.3.1). Both ends compute it. */
export function mapGeneric(
  { group }: Pick<MappingContext, 'group'>,
  parts: { nonce: Uint8Array; ownKey: bigint; ownPublic: Uint8Array; otherPublic: Uint8Array },
): Uint8Array {
  checkOther(group, parts, WHERE);
  return group.mapGeneric(parts.nonce, parts.ownKey, parts.otherPublic);
}

/** G' = f(Rp(s, t)) (Doc 9303-11 §4.4.3.3.2). Both ends compute it. */
export function mapIntegrated({ group, suite }: MappingContext, nonces: { s: Uint8Array; t: Uint8Array }): Uint8Array {
  return group.mapField(pseudoRandomElement(suite, nonces, group.prime));
}

function mapWithKey(
  { group }: MappingContext,
  { nonce, received }: { nonce: Uint8Array; received: Uint8Array },
  random: RandomSource,
): Required<ChipMapping> {
  const mapKey = group.randomKey(random);
  const send = group.publicKey(mapKey);
  return { send, generator: mapGeneric({ group }, { nonce, ownKey: mapKey, ownPublic: send, otherPublic: received }), mapKey };
}
