import { generateKeyPairSync } from 'node:crypto';
import sharp from 'sharp';
import { withJfifHeader } from '#encoder/lds';
import type { CitizenRecord } from './citizen-record.ts';

/** The invented citizen of the synthetic example (facts on the Vietnamese card §2.1 and §3), with plain images. */
export async function specimenRecord(changes: Partial<CitizenRecord> = {}): Promise<CitizenRecord> {
  const picture = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#8fa6c0' } });
  const finger = Uint8Array.from(await picture(300, 400).toColourspace('b-w').png().toBuffer());
  return {
    personalNumber: '001190000123',
    fullName: 'Nguyễn Thị Đào',
    dateOfBirth: '1990-02-15',
    sex: 'female',
    nationality: 'VNM',
    ethnicity: 'Kinh',
    religion: 'Không',
    placeOfOrigin: 'Phúc Xá, Ba Đình, Hà Nội',
    placeOfResidence: 'Số 1 Phố Mẫu, Phúc Xá, Ba Đình, Hà Nội',
    personalMarks: 'Nốt ruồi c:1cm dưới mắt trái',
    father: 'Nguyễn Văn Anh',
    mother: 'Trần Thị Bình',
    spouses: [],
    oldIdentityNumber: '012345678',
    dateOfIssue: '2021-05-10',
    dateOfExpiry: '2030-02-15',
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
