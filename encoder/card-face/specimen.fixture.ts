import sharp from 'sharp';
import type { CitizenRecord } from '#encoder/profiles';
import { SPECIMEN_CITIZEN } from '#encoder/testing';

/** An invented citizen for the tests of this room (`facts/vietnam.md` §3 and §4.1, first synthetic example), with plain images. */
export async function specimenRecord(changes: Partial<CitizenRecord> = {}): Promise<CitizenRecord> {
  const plain = (width: number, height: number, background: string) => sharp({ create: { width, height, channels: 3, background } });
  const finger = await plain(300, 400, '#dcdcdc').greyscale().png().toBuffer();
  return {
    ...SPECIMEN_CITIZEN,
    portrait: await plain(480, 640, '#8fa6c0').jpeg().toBuffer(),
    leftIndexFinger: finger,
    rightIndexFinger: finger,
    ...changes,
  };
}

export const SPECIMEN_MRZ = ['IDVNM1900001230001190000123<<1', '9002155F3002153VNM<<<<<<<<<<<6', 'NGUYEN<<THI<DAO<<<<<<<<<<<<<<<'] as const;

export const SPECIMEN_QR = '001190000123|012345678|Nguyễn Thị Đào|15021990|Nữ|Số 1 Phố Mẫu, Phúc Xá, Ba Đình, Hà Nội|10052021';
