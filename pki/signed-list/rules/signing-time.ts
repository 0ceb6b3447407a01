import { signerInfoOf } from '#pki/cms';
import type { ListRule } from '../list-kind.ts';

export const signingTime: ListRule = {
  id: 'signing-time-present',
  clause: 'Doc 9303-12 tables 18 and 19, signedAttrs: MUST include signing time',
  level: 'must',
  holds: ({ info, kind }) => info !== undefined && signerInfoOf(info, kind.name).signingTime !== undefined,
};
