import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { ByteReader, concat, Secret, uintBE } from '#encoder/bytes';
import { KeySets, type KeyKind, type KeySet, type Scp02CardSession, type Scp03CardSession } from '#encoder/globalplatform';
import type { ChipMemory } from './memory.ts';
import { status } from './responses.ts';

/** What the key sets of a chip open, whatever its protocol. */
export type ChipSession = Scp02CardSession | Scp03CardSession;

/** Where the memory keeps key sets, once PUT KEY has changed those of the maker, and how often in a row nobody could authenticate. */
const ITEM = { keySets: 0x00d8, failures: 0x0082 } as const;

/** So many failures in a row, and no session begins any more (chip specification §2). */
export const FAILURES_MAX = 10;

/** The key sets that open this chip, of the kind that its channel takes. The caller destroys them. */
export function transportKeySets(memory: ChipMemory, kind: KeyKind): KeySets {
  const stored = memory.item(ITEM.keySets);
  if (stored !== undefined) return new KeySets(decodeSets(stored, kind));
  const { enc, mac, dek } = memory.transportKeys;
  const keys = { enc: new Secret(enc), mac: new Secret(mac), dek: new Secret(dek), version: memory.personality.keyVersion };
  return new KeySets([{ kind, keys }]);
}

/** For who owns the memory: the version numbers of the sets that this chip has. */
export function keyVersionsOf(memory: ChipMemory): readonly number[] {
  const sets = transportKeySets(memory, 'AES');
  try {
    return sets.all.map(({ keys }) => keys.version);
  } finally {
    sets.destroy();
  }
}

/** Key Information Template E0 (GPC v2.3.1 §11.3.3.1). */
export function keyInformationOf(memory: ChipMemory, kind: KeyKind): Uint8Array {
  const sets = transportKeySets(memory, kind);
  try {
    return sets.information();
  } finally {
    sets.destroy();
  }
}

/**
 * INITIALIZE UPDATE: `begin` makes the session of the set that P1 names, 00 the first one (GPC v2.3.1 §E.5.1.3, Amendment D v1.2 §7.1.1).
 */
export function initializeUpdate<S extends ChipSession>(
  memory: ChipMemory,
  command: ParsedCommandApdu,
  { kind, begin }: { readonly kind: KeyKind; readonly begin: (keys: KeySet['keys']) => S | undefined },
): { readonly session?: S; readonly response: ResponseApdu } {
  if (failuresOf(memory) >= FAILURES_MAX) return { response: status(StatusWord.AUTHENTICATION_BLOCKED) };
  const sets = transportKeySets(memory, kind);
  try {
    const set = sets.find(command.p1);
    if (set === undefined) return { response: status(StatusWord.REFERENCED_DATA_NOT_FOUND) };
    const session = begin(set.keys);
    if (session === undefined) return { response: status(StatusWord.CONDITIONS_NOT_SATISFIED) };
    return { session, response: session.initializeUpdate(command) };
  } finally {
    sets.destroy();
  }
}

/** EXTERNAL AUTHENTICATE. Failures in a row are counted over power cuts. */
export function externalAuthenticate(memory: ChipMemory, command: ParsedCommandApdu, session: ChipSession): ResponseApdu {
  const response = session.externalAuthenticate(command);
  const failures = failuresOf(memory);
  if (isFailure(response)) memory.setItem(ITEM.failures, uintBE(failures + 1, 1));
  else if (response.sw === StatusWord.SUCCESS && failures > 0) memory.setItem(ITEM.failures, uintBE(0, 1));
  return response;
}

/** PUT KEY (GPC v2.3.1 §11.8) inside the channel: in memory before it is answered, all of it or nothing. */
export function putKeyCommand(memory: ChipMemory, command: ParsedCommandApdu, session: ChipSession): ResponseApdu {
  const sets = transportKeySets(memory, session.protocol === 'SCP02' ? '3DES' : 'AES');
  try {
    const response = sets.putKey(command, session);
    if (response.sw !== StatusWord.SUCCESS) return response;
    const lie = memory.defect?.kind;
    if (lie !== 'keysStay') memory.setItem(ITEM.keySets, encodeSets(sets.all));
    const { data } = response;
    return lie === 'checkValueLies' ? { ...response, data: data.with(data.length - 1, (data.at(-1) ?? 0) ^ 1) } : response;
  } finally {
    sets.destroy();
  }
}

function failuresOf(memory: ChipMemory): number {
  return memory.item(ITEM.failures)?.[0] ?? 0;
}

/** A wrong MAC or a wrong cryptogram; the other refusals of EXTERNAL AUTHENTICATE say nothing of keys. */
function isFailure({ sw }: ResponseApdu): boolean {
  return sw === StatusWord.SECURITY_STATUS_NOT_SATISFIED || sw === StatusWord.AUTHENTICATION_FAILED;
}

/** Each set: version (1), length of a key (1), ENC, MAC, DEK. */
function encodeSets(sets: readonly KeySet[]): Uint8Array {
  return concat(
    ...sets.map(({ keys: { enc, mac, dek, version } }) =>
      concat(uintBE(version, 1), uintBE(enc.length, 1), enc.reveal(), mac.reveal(), dek.reveal()),
    ),
  );
}

function decodeSets(bytes: Uint8Array, kind: KeyKind): readonly KeySet[] {
  const reader = new ByteReader(bytes, 'key sets');
  const sets: KeySet[] = [];
  while (reader.remaining > 0) {
    const version = reader.uint(1, 'version');
    const length = reader.uint(1, 'length');
    const key = (): Secret => new Secret(reader.take(length, 'key'));
    sets.push({ kind, keys: { enc: key(), mac: key(), dek: key(), version } });
  }
  return sets;
}
