import type { ListRule } from '#pki/signed-list';
import { readMasterListContent } from '../content.ts';

export const certificatesThere: ListRule = {
  id: 'at-least-one-certificate',
  clause: 'Doc 9303-12 §5.3: a list of the CSCA certificates that are trusted',
  level: 'must',
  holds: ({ content }) => readMasterListContent(content).certificates.length > 0,
};
