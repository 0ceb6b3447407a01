import { type Reader, ReaderError } from '#encoder/readers';

/**
 * Whether a seat's reader can be used at all, card or no card. Asked before work is taken: an outage of the PC/SC service costs
 * no card an attempt and no doorbell its answer, and the seat is back as soon as its reader is.
 */
export async function readerAnswers(reader: Reader): Promise<boolean> {
  try {
    await reader.waitFor(false, 0);
    return true;
  } catch (error) {
    if (!(error instanceof ReaderError)) throw error;
    return error.code === 'CARD_STAYS';
  }
}
