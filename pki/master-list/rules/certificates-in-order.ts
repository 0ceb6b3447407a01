import { inSetOrder } from '#encoder/tlv';
import type { ListRule } from '#pki/signed-list';
import { readMasterListContent } from '../content.ts';

export const certificatesInOrder: ListRule = {
  id: 'listed-certificates-in-der-order',
  clause: 'Doc 9303-12 §9: MUST be produced in DER; ISO/IEC 8825-1 §11.6',
  level: 'must',
  holds({ content }) {
    const { certificates } = readMasterListContent(content);
    return inSetOrder(certificates).every((certificate, at) => certificate === certificates[at]);
  },
};
