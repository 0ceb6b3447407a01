import { inSetOrder } from '#encoder/tlv';
import type { ListRule } from '../list-kind.ts';

export const certificatesInOrder: ListRule = {
  id: 'included-certificates-in-der-order',
  clause: 'Doc 9303-12 §9, §10: MUST be produced in DER; ISO/IEC 8825-1 §11.6',
  level: 'must',
  holds: ({ form: { certificates } }) => inSetOrder(certificates).every((certificate, at) => certificate === certificates[at]),
};
