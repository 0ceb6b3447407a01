import type { SodRule } from '../rule.ts';

/** Of an early draft; in German documents of the first years. */
export const ALTERNATE_CONTENT_TYPE = '1.3.27.1.1.1';

export const sodContentTypeOfIcao = {
  id: 'sod-content-type-of-icao',
  clause: 'Doc 9303-10 table 37: eContentType is not 1.3.27.1.1.1, the security object of an early draft',
  binds: 'everyone',
  tolerable: true,
  about: 'signed-data',
  holds: ({ contentType }) => contentType !== ALTERNATE_CONTENT_TYPE,
} as const satisfies SodRule;
