import type { KeyRole, SecretRole } from '../memory.ts';
import { VirtualCardError } from '../virtual-card-error.ts';

/** What a data grouping identifier means on this chip. */
export type CpsGrouping =
  /** The whole content of a file; in the eMRTD application unless it says MF. The identifier is four hexadecimal digits. */
  | { readonly file: string; readonly directory?: 'MF' }
  /** Under the DEK. */
  | { readonly secret: Exclude<SecretRole, 'pin'> }
  /** Under the DEK: PKCS #8 PrivateKeyInfo, DER. */
  | { readonly key: KeyRole }
  | { readonly bindingTag: true }
  /** The CVCA certificate, 7F21, in one sequence with the date on which the chip begins. */
  | { readonly trustPoint: true }
  /** Six unpacked digits (BSI TR-03110-3 §D.2.1.3). */
  | { readonly currentDate: true }
  | { readonly lock: true };

/** What the chips of a CPS family leave to their maker: data of the image. */
export interface CpsConfiguration {
  readonly scp: 'SCP02-15' | 'SCP02-55' | 'SCP03';
  /** Tag of the binding tag in GET DATA, four hexadecimal digits. */
  readonly bindingTagObject: string;
  /** By identifier, four upper-case hexadecimal digits. */
  readonly groupings: Readonly<Record<string, CpsGrouping>>;
}

const FILES: readonly (readonly [string, CpsGrouping])[] = [
  ...Array.from({ length: 16 }, (_, at) => (0x0101 + at).toString(16).padStart(4, '0').toUpperCase()),
  '011C',
  '011D',
  '011E',
].map((file) => [file, { file }]);

/** A chip that says nothing else. */
export const DEFAULT_CPS: CpsConfiguration = {
  scp: 'SCP02-15',
  bindingTagObject: 'DF22',
  groupings: {
    ...Object.fromEntries(FILES),
    '2F00': { file: '2F00', directory: 'MF' },
    '2F01': { file: '2F01', directory: 'MF' },
    F11C: { file: '011C', directory: 'MF' },
    F11D: { file: '011D', directory: 'MF' },
    '8001': { key: 'activeAuthentication' },
    '8002': { key: 'chipAuthentication' },
    A001: { secret: 'mrz' },
    A002: { secret: 'can' },
    A003: { bindingTag: true },
    A004: { trustPoint: true },
    A005: { currentDate: true },
    DEAD: { lock: true },
  },
};

const HEX4 = /^[0-9A-F]{4}$/;

/** The configuration of an image, with the default for what it leaves out. Throws `VirtualCardError` IMAGE_CORRUPT: it is not one. */
export function cpsConfiguration(own: Partial<CpsConfiguration> = {}): CpsConfiguration {
  const configuration = { ...DEFAULT_CPS, ...own };
  const { scp, bindingTagObject, groupings } = configuration;
  const numbers = Object.entries(groupings).flatMap(([dgi, meaning]) => ('file' in meaning ? [dgi, meaning.file] : [dgi]));
  if (!['SCP02-15', 'SCP02-55', 'SCP03'].includes(scp) || ![bindingTagObject, ...numbers].every((number) => HEX4.test(number))) {
    throw new VirtualCardError('IMAGE_CORRUPT', { where: 'personality.cps' });
  }
  return configuration;
}
