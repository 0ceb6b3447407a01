import { equalBytes } from '#encoder/bytes';
import type { ListRule } from '#pki/signed-list';
import { encodeDeviationList, readDeviationList } from '../content.ts';

/** Deviations, descriptions and document numbers: encoded again, every SET OF is in order, and every length and time as it was. */
export const setsInOrder: ListRule = {
  id: 'deviation-list-in-der',
  clause: 'Doc 9303-12 §10: MUST be produced in DER; ISO/IEC 8825-1 §11.6',
  level: 'must',
  holds: ({ content }) => equalBytes(encodeDeviationList(readDeviationList(content)), content),
};
