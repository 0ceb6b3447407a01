import { type ParsedCommandApdu, StatusWord } from '#encoder/apdu';
import { ByteReader, bytesToInteger, DecodeError, equalBytes } from '#encoder/bytes';
import { decodeTlvs, enter, tlv } from '#encoder/tlv';
import { AccessError } from './access-error.ts';
import { chipAuthenticationSession } from './chip-authentication.ts';
import { agreementOf, type ChipAuthenticationKey } from './chip-authentication-key.ts';
import type { ChipAuthenticationParameters } from './chip-authentication-parameters.ts';
import { answer, asList, type CardStep, type OneOrMore } from './session-result.ts';

/** What a terminal has selected: one protocol with one key. */
interface Selection {
  readonly parameters: ChipAuthenticationParameters;
  readonly key: ChipAuthenticationKey;
}

/**
 * The chip's end of Chip Authentication version 1 (Doc 9303-11 §6.2.4). A returned `session` replaces the one that protected the
 * command, after its response; without one the old session goes on. The keys stay the caller's.
 */
export class ChipAuthenticationCardSession {
  readonly #offered: readonly ChipAuthenticationParameters[];
  readonly #keys: readonly ChipAuthenticationKey[];
  #selected: Selection | undefined;

  constructor(offered: OneOrMore<ChipAuthenticationParameters>, keys: OneOrMore<ChipAuthenticationKey>) {
    this.#offered = asList(offered);
    this.#keys = asList(keys);
  }

  /** Answers 00 22 41 A4, plain command. */
  mseSetAt(command: ParsedCommandApdu): CardStep {
    this.#selected = undefined;
    return guard(() => {
      const objects = objectsOf(command, 'MSE:Set AT');
      const parameters = this.#offered.find(({ oid }) => equalBytes(objects.get(0x80) ?? new Uint8Array(0), oid));
      if (parameters === undefined) return answer(StatusWord.WRONG_DATA);
      const selection = this.#select([parameters], objects.get(0x84));
      if (selection === undefined) return answer(StatusWord.REFERENCED_DATA_NOT_FOUND);
      this.#selected = selection;
      return answer(StatusWord.SUCCESS);
    });
  }

  /** Answers 00 86 00 00 after `mseSetAt`, plain command. */
  generalAuthenticate(command: ParsedCommandApdu): CardStep {
    const selection = this.#selected;
    this.#selected = undefined;
    if (selection === undefined) return answer(StatusWord.CONDITIONS_NOT_SATISFIED);
    return guard(() => {
      const reader = new ByteReader(command.data, 'GENERAL AUTHENTICATE');
      const inner = enter(reader, 0x7c);
      reader.end();
      const ephemeral = enter(inner, 0x80).rest();
      inner.end();
      return agree(selection, ephemeral, tlv(0x7c));
    });
  }

  /** Answers 00 22 41 A6, plain command: all of Chip Authentication with 3DES (§6.2.4.1). */
  mseSetKat(command: ParsedCommandApdu): CardStep {
    this.#selected = undefined;
    return guard(() => {
      const objects = objectsOf(command, 'MSE:Set KAT');
      const tripleDes = this.#offered.filter(({ suite }) => suite.name === '3DES');
      if (tripleDes.length === 0) return answer(StatusWord.FUNCTION_NOT_SUPPORTED);
      const selection = this.#select(tripleDes, objects.get(0x84));
      if (selection === undefined) return answer(StatusWord.REFERENCED_DATA_NOT_FOUND);
      return agree(selection, objects.get(0x91) ?? new Uint8Array(0), new Uint8Array(0));
    });
  }

  /** The key that is referred to, or the only one that fits: "REQUIRED if the private key is ambiguous". */
  #select(candidates: readonly ChipAuthenticationParameters[], reference: Uint8Array | undefined): Selection | undefined {
    const fitting = candidates.flatMap((parameters) =>
      this.#keys.filter((key) => agreementOf(key).agreement === parameters.agreement).map((key) => ({ parameters, key })),
    );
    if (reference === undefined) return fitting.length === 1 ? fitting[0] : undefined;
    const keyId = bytesToInteger(reference);
    return fitting.find(({ key }) => key.keyId === keyId);
  }
}

function agree({ parameters, key }: Selection, ephemeral: Uint8Array, data: Uint8Array): CardStep {
  const { group } = agreementOf(key);
  group.check(ephemeral, 'CA/ephemeral key');
  const secret = group.sharedSecret(bytesToInteger(key.privateKey.reveal()), ephemeral);
  return {
    response: { data, sw: StatusWord.SUCCESS },
    session: chipAuthenticationSession(parameters.suite, secret),
    ephemeralKeys: { terminal: group.compress(ephemeral) },
  };
}

function objectsOf(command: ParsedCommandApdu, path: string): ReadonlyMap<number, Uint8Array> {
  return new Map(decodeTlvs(command.data, path).map(({ tag, value }) => [tag, value]));
}

function guard(step: () => CardStep): CardStep {
  try {
    return step();
  } catch (error) {
    if (error instanceof DecodeError || error instanceof AccessError) return answer(StatusWord.WRONG_DATA);
    throw error;
  }
}
