import { generateKeyPairSync } from 'node:crypto';
import sharp from 'sharp';
import { withJfifHeader } from '#encoder/lds';
import { SPECIMEN_CITIZEN } from '#encoder/testing';
import type { CitizenRecord } from './citizen-record.ts';

/** The invented citizen of the synthetic example (facts on the Vietnamese card §2.1 and §3), with plain images. */
export async function specimenRecord(changes: Partial<CitizenRecord> = {}): Promise<CitizenRecord> {
  const picture = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#8fa6c0' } });
  const finger = Uint8Array.from(await picture(300, 400).toColourspace('b-w').png().toBuffer());
  return {
    ...SPECIMEN_CITIZEN,
    portrait: withJfifHeader(Uint8Array.from(await picture(480, 640).jpeg().toBuffer())),
    leftIndexFinger: finger,
    rightIndexFinger: finger,
    ...changes,
  };
}

/** Fresh public keys of the kinds of the 2021 profile, as a chip would hand them out. */
export function chipKeys(paramEncoding: 'named' | 'explicit' = 'named'): {
  readonly activeAuthenticationKey: Uint8Array;
  readonly chipAuthenticationKey: Uint8Array;
} {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1', paramEncoding });
  return {
    activeAuthenticationKey: Uint8Array.from(rsa.publicKey.export({ type: 'spki', format: 'der' })),
    chipAuthenticationKey: Uint8Array.from(ec.publicKey.export({ type: 'spki', format: 'der' })),
  };
}
