import type { ScpSession } from './scp-session.ts';

/** The two kinds of transport key: triple DES with two keys for SCP02, AES for SCP03. */
export type KeyKind = '3DES' | 'AES';

/** The keys that each protocol is opened with. */
export const KEY_KIND_OF = { SCP02: '3DES', SCP03: 'AES' } as const satisfies Record<ScpSession['protocol'], KeyKind>;

export const KEY_BYTES = { '3DES': [16], AES: [16, 24, 32] } as const satisfies Record<KeyKind, readonly number[]>;

export const BLOCK_BYTES = { '3DES': 8, AES: 16 } as const satisfies Record<KeyKind, number>;

/** Key type coding (GPC v2.3.1 table 11-16). */
export const KEY_TYPE = { '3DES': 0x80, AES: 0x88 } as const satisfies Record<KeyKind, number>;
