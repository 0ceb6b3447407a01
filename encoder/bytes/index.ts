/**
 * What every format stands on: codecs, a reader that knows where it is, secrets that cannot be printed, and the root of
 * all coded errors. It is not a place for any format of its own: those live in the rooms named after their standard.
 */
export { CodedError, isCodedError } from './coded-error.ts';
export type { Bilingual, ErrorContext, ErrorMeaning, ErrorTable } from './coded-error.ts';
export { DecodeError, type DecodeErrorCode } from './decode-error.ts';
export { ByteReader } from './byte-reader.ts';
export { ascii, bytesToInteger, concat, decodeUtf8, equalBytes, equalConstantTime, uintBE, utf8, xor } from './bytes.ts';
export type { Codec, Example } from './codec.ts';
export { fromHex, toHex } from './hex.ts';
export { Secret } from './secret.ts';
