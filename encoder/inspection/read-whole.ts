import { selectFile, SHORT_READ_MAX } from '#encoder/access';
import { type ApduChannel, expectSuccess, StatusWord } from '#encoder/apdu';
import { concat } from '#encoder/bytes';

/** EF.CVCA has 36 bytes, EF.DIR and EF.ATR/INFO a few data objects. */
const BYTES_MAX = 4096;

/**
 * A file that is not one data object, whose length only its end tells: EF.CVCA (Doc 9303-11 K.2), EF.ATR/INFO and EF.DIR (Doc
 * 9303-10 §3.11.1, §3.11.2). Errors: `CardError` CARD_REFUSED; the channel's own.
 */
export async function readWhole(channel: ApduChannel, fid: number): Promise<Uint8Array> {
  await selectFile(channel, fid);
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < BYTES_MAX;) {
    const response = await channel.send({ cla: 0, ins: 0xb0, p1: offset >> 8, p2: offset & 0xff, le: SHORT_READ_MAX });
    const atEnd = response.sw === StatusWord.END_OF_FILE || (offset > 0 && response.sw === StatusWord.WRONG_OFFSET);
    const part = atEnd ? response.data : expectSuccess(response, 'READ BINARY');
    parts.push(part);
    offset += part.length;
    if (atEnd || part.length < SHORT_READ_MAX) break;
  }
  return concat(...parts);
}
