import type { ListRule } from '#pki/signed-list';
import { readMasterListContent } from '../content.ts';

export const certificatesUnique: ListRule = {
  id: 'listed-certificates-each-once',
  clause: 'Doc 9303-12 §9.2: certList is a set',
  level: 'must',
  holds({ content }) {
    const { certificates } = readMasterListContent(content);
    return new Set(certificates.map((certificate) => Buffer.from(certificate).toString('hex'))).size === certificates.length;
  },
};
