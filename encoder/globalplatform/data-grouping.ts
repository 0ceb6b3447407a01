import { pad2 } from '#encoder/access';
import { ByteReader, concat, uintBE } from '#encoder/bytes';
import { BLOCK_BYTES, KEY_KIND_OF } from './key-kind.ts';
import { ScpError } from './scp-error.ts';
import type { SecureChannel } from './secure-channel.ts';

/** A data grouping (EMV CPS 1.1 §2.2): two-byte identifier, length, data. */
export interface DataGrouping {
  readonly dgi: number;
  readonly data: Uint8Array;
  /** The data is encrypted under the DEK: the grouping travels in commands that say so. */
  readonly encrypted?: boolean;
}

/** A DGI's length field is one byte, 00 to FE, or FF and two bytes, 0000 to FFFE (GPC v2.3.1 §11.11.2.3; EMV CPS 1.1 §2.2). */
const DGI_MAX = 0xffff;
const DGI_SHORT_MAX = 0xfe;
const DGI_DATA_MAX = 0xfffe;
const GROUPINGS_MAX = 256;

/** Throws `ScpError` SCP_NOT_ASKED: an identifier of more than two bytes, or data that no length field can say. */
export function encodeDataGrouping({ dgi, data }: DataGrouping): Uint8Array {
  if (!Number.isInteger(dgi) || dgi < 0 || dgi > DGI_MAX) throw new ScpError('SCP_NOT_ASKED', { where: 'DGI', detail: 'two bytes needed' });
  if (data.length > DGI_DATA_MAX) throw new ScpError('SCP_NOT_ASKED', { where: 'DGI', detail: `${data.length} bytes` });
  const length = data.length <= DGI_SHORT_MAX ? uintBE(data.length, 1) : concat(uintBE(0xff, 1), uintBE(data.length, 2));
  return concat(uintBE(dgi, 2), length, data);
}

/** Card side: all data groupings in the bytes of a STORE DATA sequence. Throws `DecodeError`. */
export function decodeDataGroupings(bytes: Uint8Array): readonly DataGrouping[] {
  const reader = new ByteReader(bytes, 'STORE DATA');
  const groupings: DataGrouping[] = [];
  while (reader.remaining > 0) {
    if (groupings.length >= GROUPINGS_MAX) throw reader.error('BYTES_LIMIT', 'DGI', `more than ${GROUPINGS_MAX} data groupings`);
    const dgi = reader.uint(2, 'DGI');
    const short = reader.uint(1, 'length');
    const length = short === 0xff ? reader.uint(2, 'length') : short;
    if (length > DGI_DATA_MAX) throw reader.error('BYTES_UNEXPECTED', 'length', 'FF FFFF');
    groupings.push({ dgi, data: reader.take(length, 'data') });
  }
  return groupings;
}

/**
 * A grouping with its data under the DEK of the channel. EMV CPS 1.1 §5.5 pads data with 80 00 … that is not whole blocks and leaves keys
 * and PIN blocks alone (`whenNeeded`). Where the length varies and the chip always takes padding off, as in the reference
 * profile, whole blocks need padding too (`always`).
 */
export function encryptGrouping(
  channel: SecureChannel,
  { dgi, data }: DataGrouping,
  padding: 'whenNeeded' | 'always' = 'whenNeeded',
): DataGrouping {
  if (padding === 'whenNeeded') return { dgi, data: channel.encryptSensitive(data), encrypted: true };
  const padded = pad2(data, BLOCK_BYTES[KEY_KIND_OF[channel.protocol]]);
  const encrypted = channel.encryptSensitive(padded);
  padded.fill(0);
  return { dgi, data: encrypted, encrypted: true };
}
