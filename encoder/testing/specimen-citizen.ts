import type { CitizenRecord } from '#encoder/profiles';

/** The invented citizen whose DG13, MRZ and QR are worked out byte by byte in the tests; nobody has this number. Images are each test's own. */
export const SPECIMEN_CITIZEN = {
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
} as const satisfies Omit<CitizenRecord, 'portrait' | 'leftIndexFinger' | 'rightIndexFinger'>;
