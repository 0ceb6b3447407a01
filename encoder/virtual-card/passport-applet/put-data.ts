import { trustPointsFile } from '#encoder/access';
import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { ByteReader, concat, DecodeError, equalBytes, utf8 } from '#encoder/bytes';
import { checkCvKey, CvCertificateError, encodeCvDate, readCvCertificateBody } from '#encoder/cv-certificate';
import { checkDigit } from '#encoder/mrz';
import { decodeOnly, readTlvs, tlv } from '#encoder/tlv';
import type { ChipMemory } from '../memory.ts';
import { DONE, status } from '../responses.ts';
import { isLocked, ITEM, type Applet } from './applet.ts';
import { domainKey } from './domain-key.ts';

/** What P2 of PUT DATA names. */
interface DataObject {
  /** Of the variant with PACE alone. */
  readonly pace?: true;
  /** P1 says nothing, and Lc may be extended. */
  readonly long?: true;
  /** Takes the value into memory, or says why not. Throws `DecodeError` for bytes of another form. */
  readonly put: (memory: ChipMemory, data: Uint8Array) => ResponseApdu;
}

const OBJECTS: Readonly<Record<number, DataObject>> = {
  0x60: { put: (memory, data) => putActiveAuthentication(memory, { modulus: rsaNumber(data, 0x60) }) },
  0x61: { put: (memory, data) => putActiveAuthentication(memory, { exponent: rsaNumber(data, 0x61) }) },
  0x62: { put: putBasicAccess },
  0x63: { put: putChipAuthentication },
  0x64: { put: putTrustPoint, long: true },
  0x65: { put: putPacePassword, pace: true },
};

/** P1 and P2 of the irreversible lock, and with PACE of the step before it. */
const LOCK = 0xdead;
const PERSONALISED = 0xdeaf;

/** 00 DA: all that the applet is told, and its lock. */
export function putData({ memory, pace }: Applet, command: ParsedCommandApdu): ResponseApdu {
  if (isLocked(memory)) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  const p1p2 = (command.p1 << 8) | command.p2;
  const object = OBJECTS[command.p2];
  if (command.extended && object?.long !== true) return status(StatusWord.WRONG_LENGTH);
  if (p1p2 === LOCK || (pace && p1p2 === PERSONALISED)) return close({ memory, pace }, command);
  if (object === undefined || (object.pace && !pace) || (command.p1 !== 0 && object.long !== true)) {
    return status(StatusWord.INCORRECT_P1_P2);
  }
  try {
    return object.put(memory, command.data);
  } catch (error) {
    if (error instanceof DecodeError || error instanceof CvCertificateError) return status(StatusWord.WRONG_DATA);
    throw error;
  }
}

function close({ memory, pace }: Pick<Applet, 'memory' | 'pace'>, command: ParsedCommandApdu): ResponseApdu {
  if (command.data.length > 0) return status(StatusWord.WRONG_LENGTH);
  const personalised = memory.item(ITEM.personalised) !== undefined;
  if (command.p2 === (PERSONALISED & 0xff)) {
    if (!personalised) memory.setItem(ITEM.personalised, Uint8Array.of(0x01));
    return DONE;
  }
  if (pace && !personalised) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  if (memory.defect?.kind !== 'lockLies') memory.lock();
  return DONE;
}

/** RSA-1024 and nothing else. */
const MODULUS_BYTES = 128;

/** `60|61 00 04 81 80` and 128 bytes: the outer length byte is 00. */
function rsaNumber(data: Uint8Array, tag: number): Uint8Array {
  const reader = new ByteReader(data, 'PUT DATA');
  const head = reader.take(5, 'head');
  if (!equalBytes(head, Uint8Array.of(tag, 0x00, 0x04, 0x81, MODULUS_BYTES))) throw reader.error('BYTES_UNEXPECTED', 'head');
  const number = reader.take(MODULUS_BYTES, 'number').slice();
  reader.end();
  return number;
}

/** The two halves come in two commands; each is in memory as soon as it is answered. */
function putActiveAuthentication(
  memory: ChipMemory,
  half: { readonly modulus: Uint8Array } | { readonly exponent: Uint8Array },
): ResponseApdu {
  const held = memory.key('activeAuthentication') ?? { publicKey: new Uint8Array(0), privateKey: new Uint8Array(0) };
  if ('exponent' in half) {
    memory.setKey('activeAuthentication', { publicKey: held.publicKey, privateKey: half.exponent });
    return DONE;
  }
  const has1024Bits = ((half.modulus[0] ?? 0) & 0x80) !== 0;
  const odd = ((half.modulus.at(-1) ?? 0) & 0x01) === 1;
  if (!has1024Bits || !odd) return status(StatusWord.WRONG_DATA);
  memory.setKey('activeAuthentication', { publicKey: half.modulus, privateKey: held.privateKey });
  return DONE;
}

const DOCUMENT_NUMBER = /^[0-9A-Z<]{9}$/;
const DATE = /^[0-9<]{6}$/;

/** `62 L {T L number}{T L birth}{T L expiry}`, whatever T is: the card makes the MRZ information of it, check digits included (Doc 9303-11 §4.3.2). */
function putBasicAccess(memory: ChipMemory, data: Uint8Array): ResponseApdu {
  const fields = readTlvs(decodeOnly(data, 0x62, 'PUT DATA')).map(({ value }) => Buffer.from(value).toString('latin1'));
  const [number = '', birth = '', expiry = ''] = fields;
  if (fields.length !== 3 || !DOCUMENT_NUMBER.test(number) || !DATE.test(birth) || !DATE.test(expiry)) {
    return status(StatusWord.WRONG_DATA);
  }
  memory.setSecrets({ mrz: utf8([number, birth, expiry].map((field) => field + checkDigit(field)).join('')) });
  return DONE;
}

function putChipAuthentication(memory: ChipMemory, data: Uint8Array): ResponseApdu {
  const key = domainKey(data);
  if (key === undefined) return status(StatusWord.WRONG_DATA);
  memory.setKey('chipAuthentication', { privateKey: key.privateKey, publicKey: utf8(key.curve) });
  return DONE;
}

/** Body 7F4E of a CVCA certificate, once: the trust point, and by its effective date the chip's first date (Doc 9303-11 §7.1.4.3). */
function putTrustPoint(memory: ChipMemory, body: Uint8Array): ResponseApdu {
  if (memory.trustPoints !== undefined) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  const reader = new ByteReader(body, 'PUT DATA');
  const { effectiveDate, publicKey } = readCvCertificateBody(reader);
  reader.end();
  checkCvKey(publicKey);
  if (publicKey.kind === 'ecdsa' && publicKey.domainParameters === undefined) return status(StatusWord.WRONG_DATA);
  const trustPoints = concat(tlv(0x5f25, encodeCvDate(effectiveDate)), body);
  trustPointsFile.decode(trustPoints);
  memory.setTrustPoints(trustPoints);
  return DONE;
}

/** `65 L {66 L <reference><password>}`; the reference is that of PACE (Doc 9303-11 §4.4.4.1). */
function putPacePassword(memory: ChipMemory, data: Uint8Array): ResponseApdu {
  const outer = decodeOnly(data, 0x65, 'PUT DATA');
  const value = decodeOnly(outer.rest(), 0x66, 'PUT DATA/65').rest();
  const can = value.slice(1);
  const digits = can.length === 6 && can.every((byte) => byte >= 0x30 && byte <= 0x39);
  if (value[0] !== CAN_REFERENCE || !digits) return status(StatusWord.WRONG_DATA);
  memory.setSecrets({ can });
  return DONE;
}

const CAN_REFERENCE = 0x02;
