import { signerInfoOf } from '#pki/cms';
import type { ListRule } from '../list-kind.ts';

export const contentType: ListRule = {
  id: 'content-type-of-the-list',
  clause: 'Doc 9303-12 tables 18 and 19, eContentType; RFC 5652 §11.1',
  level: 'must',
  holds: ({ form, info, kind }) =>
    form.contentType === kind.contentType && info !== undefined && signerInfoOf(info, kind.name).contentType === kind.contentType,
};
