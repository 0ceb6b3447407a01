import { ByteReader } from '#encoder/bytes';
import { readTlv } from '#encoder/tlv';
import type { SodRule } from '../rule.ts';

export const sodOneObject = {
  id: 'sod-one-object',
  clause: 'Doc 9303-10 §4.6.2: EF.SOD is one template with tag 77, nothing after it',
  binds: 'everyone',
  about: 'file',
  holds: ({ file }) => {
    const reader = new ByteReader(file, 'EF.SOD');
    try {
      return readTlv(reader).tag === 0x77 && reader.remaining === 0;
    } catch {
      return false;
    }
  },
} as const satisfies SodRule;
