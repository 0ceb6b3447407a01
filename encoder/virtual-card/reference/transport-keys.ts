import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { ByteReader, concat, Secret, uintBE } from '#encoder/bytes';
import { KeySets, type KeySet, type Scp03CardSession } from '#encoder/globalplatform';
import type { ChipMemory } from '../memory.ts';

/** Where the memory keeps key sets, once PUT KEY has changed those of the maker. */
const KEY_SETS_ITEM = 0x00d8;
/** The maker's set. */
const MAKERS_VERSION = 0x01;

/** The key sets that open this chip. The caller destroys them. */
export function transportKeySets(memory: ChipMemory): KeySets {
  const stored = memory.item(KEY_SETS_ITEM);
  if (stored !== undefined) return new KeySets(decodeSets(stored));
  const { enc, mac, dek } = memory.transportKeys;
  const keys = { enc: new Secret(enc), mac: new Secret(mac), dek: new Secret(dek), version: MAKERS_VERSION };
  return new KeySets([{ kind: 'AES', keys }]);
}

/** Key Information Template E0 (GPC v2.3.1 §11.3.3.1). */
export function keyInformationOf(memory: ChipMemory): Uint8Array {
  const sets = transportKeySets(memory);
  try {
    return sets.information();
  } finally {
    sets.destroy();
  }
}

/** PUT KEY (GPC v2.3.1 §11.8) inside the channel: in memory before it is answered, all of it or nothing. */
export function putKeyCommand(memory: ChipMemory, command: ParsedCommandApdu, session: Scp03CardSession): ResponseApdu {
  const sets = transportKeySets(memory);
  try {
    const response = sets.putKey(command, session);
    if (response.sw === StatusWord.SUCCESS) memory.setItem(KEY_SETS_ITEM, encodeSets(sets.all));
    return response;
  } finally {
    sets.destroy();
  }
}

/** Each set: version (1), length of a key (1), ENC, MAC, DEK. */
function encodeSets(sets: readonly KeySet[]): Uint8Array {
  return concat(
    ...sets.map(({ keys: { enc, mac, dek, version } }) =>
      concat(uintBE(version, 1), uintBE(enc.length, 1), enc.reveal(), mac.reveal(), dek.reveal()),
    ),
  );
}

function decodeSets(bytes: Uint8Array): readonly KeySet[] {
  const reader = new ByteReader(bytes, 'key sets');
  const sets: KeySet[] = [];
  while (reader.remaining > 0) {
    const version = reader.uint(1, 'version');
    const length = reader.uint(1, 'length');
    const key = (): Secret => new Secret(reader.take(length, 'key'));
    sets.push({ kind: 'AES', keys: { enc: key(), mac: key(), dek: key(), version } });
  }
  return sets;
}
