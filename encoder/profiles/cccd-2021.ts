import { VIETNAM_MRZ } from '#encoder/mrz';
import { validateProfile, type CardProfile } from './profile.ts';
import { ProfileError } from './profile-error.ts';

const printable = (index: number, field: string, absent = 'refused') => ({ index, kind: 'printable', field, absent });
const utf8 = (index: number, field: string, absent = 'refused') => ({ index, kind: 'utf8', field, absent });

/**
 * The Vietnamese citizen identity card with chip of 2021 (Circular 06/2021/TT-BCA) as far as it is known in public.
 * What is not known stands here as a datum and not in code: the key of Chip Authentication (brainpoolP256r1 is that of
 * PACE), absent parents and old numbers in DG13, expiry of people born on 29 February, the letters of minority languages.
 *
 * DG3 and Terminal Authentication are on the public card. They are not listed while the chip does not answer them: a reader
 * that is told of Terminal Authentication and gets an error takes the card for broken.
 */
const CCCD_2021 = {
  id: 'cccd-2021',
  title: { vi: 'Căn cước công dân gắn chip (mẫu 2021)', en: 'Citizen identity card with chip (2021 design)' },
  specimen: false,
  files: ['EF.CardAccess', 'EF.COM', 'EF.DG1', 'EF.DG2', 'EF.DG13', 'EF.DG14', 'EF.DG15', 'EF.SOD'],
  com: { ldsVersion: '0107', unicodeVersion: '040000', dataGroups: [1, 2, 13, 15, 14] },
  algorithms: {
    sod: { digest: 'SHA-256', digestParameters: 'absent', signature: { kind: 'ecdsa', curve: 'brainpoolP384r1' } },
    activeAuthentication: { kind: 'rsa', bits: 2048 },
    chipAuthentication: { kind: 'ecdh', curve: 'brainpoolP256r1' },
  },
  access: {
    bac: true,
    pacePasswords: ['MRZ', 'CAN'],
    announces: [
      { kind: 'ChipAuthenticationInfo', protocol: 'id-CA-ECDH-AES-CBC-CMAC-128', version: 1 },
      { kind: 'PACEInfo', protocol: 'id-PACE-ECDH-GM-AES-CBC-CMAC-128', version: 2, parameterId: 13 },
    ],
  },
  dg13: {
    version: 1,
    rows: [
      printable(1, 'personalNumber'),
      utf8(2, 'fullName'),
      printable(3, 'dateOfBirth'),
      utf8(4, 'sex'),
      utf8(5, 'nationality'),
      utf8(6, 'ethnicity'),
      utf8(7, 'religion'),
      utf8(8, 'placeOfOrigin'),
      utf8(9, 'placeOfResidence'),
      utf8(10, 'personalMarks'),
      printable(11, 'dateOfIssue'),
      utf8(12, 'dateOfExpiry'),
      { index: 13, kind: 'members', fields: ['father', 'mother'], absentMember: 'empty-string', absent: 'index-only' },
      { index: 14, kind: 'list', field: 'spouses', absent: 'index-only' },
      printable(15, 'oldIdentityNumber', 'index-only'),
      printable(16, 'chipId'),
    ],
    words: { male: 'Nam', female: 'Nữ', noExpiry: 'Không thời hạn', nationalities: { VNM: 'Việt Nam' } },
  },
  mrz: VIETNAM_MRZ,
  validity: { ages: [25, 40, 60], graceYears: 2, leapDay: 'february-28', holderAge: { least: 14, most: 130 } },
  text: {
    // Without `|`, which separates the fields of the QR code, and without `<`, which fills the MRZ.
    punctuation: ` ,.:;-/()'’"+&%`,
    namePunctuation: ` -'’`,
    nameCharactersMost: 100,
    textCharactersMost: 200,
    spousesMost: 4,
  },
  portrait: { bytesMost: 18 * 1024, width: { least: 240, most: 960 }, height: { least: 320, most: 1280 }, components: [3], jfif: true },
  finger: { bytesMost: 512 * 1024, width: { least: 100, most: 1000 }, height: { least: 100, most: 1000 } },
  limits: { fileBytes: 32_767, chipBytes: 72 * 1024, sodBytes: 4096 },
};

export const cccd2021: CardProfile = validateProfile(CCCD_2021);

/** The same card for demonstrations and tests: MẪU / SPECIMEN on both faces, a specimen CSCA behind it. */
export const cccd2021Specimen: CardProfile = validateProfile({
  ...CCCD_2021,
  id: 'cccd-2021-specimen',
  title: { vi: `${CCCD_2021.title.vi} – MẪU`, en: `${CCCD_2021.title.en} – SPECIMEN` },
  specimen: true,
});

export const CARD_PROFILES: ReadonlyMap<string, CardProfile> = new Map(
  [cccd2021, cccd2021Specimen].map((profile) => [profile.id, profile]),
);

/** The installed profile with this id; `ProfileError` `PROFILE_UNKNOWN` otherwise. */
export function profileById(id: string): CardProfile {
  const profile = CARD_PROFILES.get(id);
  if (profile === undefined) throw new ProfileError('PROFILE_UNKNOWN');
  return profile;
}
