import { generateKeyPairSync } from 'node:crypto';
import { parseResponse } from '#encoder/apdu';
import { EC_DOMAINS, openBac, type EcDomainName, type SmChannel } from '#encoder/access';
import { concat, fromHex, Secret, toHex, uintBE } from '#encoder/bytes';
import { imageFolder, TEST_CHIP_ID } from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { createImage, type Defect, type Personality } from '../memory.ts';
import { clearChannel, random } from '../testing.ts';
import { VirtualCard, type VirtualCardOptions } from '../virtual-card.ts';

/** Passport applets for the tests of this folder. */
export type PassportProgram = 'passport-applet' | 'passport-applet-pace';

export interface PassportCards {
  readonly open: (
    program: PassportProgram,
    options?: { readonly defect?: Defect; readonly personality?: Partial<Personality> },
  ) => VirtualCard;
  /** The image that `open` opened last. */
  readonly lastImage: () => string;
  readonly again: (options?: VirtualCardOptions) => VirtualCard;
  readonly remove: () => void;
}

export function passportCards(): PassportCards {
  const folder = imageFolder();
  let made = 0;
  const lastImage = (): string => folder.path(`${made}.image`);
  const again = (options: VirtualCardOptions = {}): VirtualCard => {
    const card = VirtualCard.open(lastImage(), { durable: false, ...options });
    card.powerOn();
    return card;
  };
  return {
    lastImage,
    again,
    remove: folder.remove,
    open(program, { defect, personality } = {}) {
      made += 1;
      const key = (): Secret => new Secret(new Uint8Array(16));
      createImage(lastImage(), {
        serial: 'VN26A00000010',
        chipId: TEST_CHIP_ID,
        transportKeys: { enc: key(), mac: key(), dek: key() },
        personality: { ...personality, program },
        ...(defect === undefined ? {} : { defect }),
      });
      return again();
    },
  };
}

/** The bytes of a command in, the answer as hex out: the table of the chip family is written in commands. */
export async function send(card: VirtualCard, hex: string): Promise<string> {
  return toHex(await card.process(fromHex(hex)));
}

export const MRZ_INFORMATION = 'L898902C<369080619406236';
export const CAN = '123456';
/** Doc 9303-11 Appendix D.2: the document of the worked example. */
export const BAC_SECRETS = '621E5F1F094C383938393032433C5F18063639303830365F1906393430363233';
export const PUT_BAC = `00DA0062${lc(BAC_SECRETS)}${BAC_SECRETS}`;
export const PUT_CAN = '00DA00650B 6509 6607 02 313233343536'.replaceAll(' ', '');
export const LOCK = '00DADEAD';
export const PERSONALISED = '00DADEAF';

export function lc(hex: string): string {
  return toHex(Uint8Array.of(hex.length / 2));
}

export function create(fid: string, size: number): string {
  return `00E00000066304${toHex(uintBE(size, 2))}${fid}`;
}

export function select(fid: string): string {
  return `00A4020C02${fid}`;
}

export function update(offset: number, data: Uint8Array): string {
  return `00D6${toHex(uintBE(offset, 2))}${toHex(Uint8Array.of(data.length))}${toHex(data)}`;
}

/** CREATE, SELECT and UPDATE BINARY in pieces. Throws when one is refused. */
export async function writeFile(card: VirtualCard, fid: string, content: Uint8Array): Promise<void> {
  const pieces: string[] = [];
  for (let at = 0; at < content.length; at += 255) pieces.push(update(at, content.slice(at, at + 255)));
  for (const command of [create(fid, content.length), select(fid), ...pieces]) {
    const answer = await send(card, command);
    if (answer !== '9000') throw new Error(`${command.slice(0, 10)}: ${answer}`);
  }
}

export function bac(card: VirtualCard, mrzInformation = MRZ_INFORMATION): Promise<SmChannel> {
  return openBac(clearChannel(card), { mrzInformation, random });
}

/** The status word of a command inside secure messaging, with its data. */
export async function secured(channel: SmChannel, hex: string): Promise<{ data: string; sw: string }> {
  const bytes = fromHex(hex);
  const [cla = 0, ins = 0, p1 = 0, p2 = 0, p3 = 0] = bytes;
  const data = bytes.slice(5);
  const command = data.length === 0 && bytes.length === 5 ? { le: p3 === 0 ? 256 : p3 } : { data };
  const response = await channel.send({ cla, ins, p1, p2, ...command });
  return { data: toHex(response.data), sw: toHex(uintBE(response.sw, 2)) };
}

export async function swOf(card: VirtualCard, hex: string): Promise<number> {
  return parseResponse(await card.process(fromHex(hex)), hex.slice(2, 4)).sw;
}

/** PUT DATA 60 and 61 of a fresh RSA-1024 key, and its SubjectPublicKeyInfo. */
export function activeAuthenticationKey(): { readonly commands: readonly string[]; readonly publicKey: Uint8Array } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const { n = '', d = '' } = privateKey.export({ format: 'jwk' });
  const number = (text: string): string => Buffer.from(text, 'base64url').toString('hex').padStart(256, '0').toUpperCase();
  return {
    commands: [`00DA006085600004 8180${number(n)}`, `00DA006185610004 8180${number(d)}`].map((hex) => hex.replaceAll(' ', '')),
    publicKey: Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })),
  };
}

/** Data of PUT DATA 63. */
export function domainKeyData(curve: EcDomainName, privateValue: bigint): Uint8Array {
  const { Point, size } = EC_DOMAINS[curve];
  const { p, a, b } = Point.CURVE();
  const field = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(2 * size, '0'));
  return concat(
    tlv(0x81, field(p)),
    tlv(0x82, field(a)),
    tlv(0x83, field(b)),
    tlv(0x84, Point.BASE.toBytes(false)),
    tlv(0x85, field(Point.Fn.ORDER)),
    tlv(0x86, field(privateValue)),
    tlv(0x87, Uint8Array.of(0x01)),
  );
}

export function putChipAuthentication(curve: EcDomainName, privateValue: bigint): string {
  const data = toHex(domainKeyData(curve, privateValue));
  return `00DA0063${lc(data)}${data}`;
}
