/**
 * The canonical record: what the approving authority said about one citizen, and all that any part of Cardmint may put on
 * a chip or a card face. One value, hashed once at approval; the print, the data groups and the QR are derived from it and
 * nothing else, so that they cannot disagree (`facts`: order = print = MRZ = DG1 = DG13 = QR).
 *
 * Texts are Unicode NFC exactly as registered; nothing here is upper-cased, trimmed or repaired.
 */
export interface CitizenRecord {
  /** Số định danh cá nhân: 12 ASCII digits, leading zeros kept. */
  readonly personalNumber: string;
  /** Full name as registered, family name first, words separated by one space. */
  readonly fullName: string;
  /** `YYYY-MM-DD`; `YYYY-MM` or `YYYY` when the rest is unknown, where the profile allows it. */
  readonly dateOfBirth: string;
  readonly sex: 'male' | 'female';
  /** ICAO three-letter code (Doc 9303-3 §5); `VNM` on every citizen's card. */
  readonly nationality: string;
  readonly ethnicity: string;
  /** `Không` when none. */
  readonly religion: string;
  readonly placeOfOrigin: string;
  readonly placeOfResidence: string;
  /** Đặc điểm nhận dạng. */
  readonly personalMarks: string;
  readonly father: string | null;
  readonly mother: string | null;
  readonly spouses: readonly string[];
  /** Số CMND cũ: 9 or 12 digits. */
  readonly oldIdentityNumber: string | null;
  /** `YYYY-MM-DD`, the date printed as date of issue. */
  readonly dateOfIssue: string;
  /** `YYYY-MM-DD`; null means "Không thời hạn", 991231 in the MRZ. */
  readonly dateOfExpiry: string | null;

  /** Tạm trú, nơi ở hiện tại: where the card has no place of residence to show (Circular 17/2024 art. 4). */
  readonly temporaryResidence?: string;
  readonly currentResidence?: string;
  readonly placeOfBirth?: string;
  /** The number of the document, where it is not made from the personal number. */
  readonly documentNumber?: string;
  /** As registered, family name first. */
  readonly otherNames?: readonly string[];
  readonly telephone?: string;
  readonly profession?: string;
  readonly title?: string;
  readonly personsToNotify?: readonly NotifiedPerson[];

  /** JPEG (JFIF), colour. Empty when none was taken: for small children, where the profile allows it. */
  readonly portrait: Uint8Array;
  /** Grey PNG, both index fingers. Empty when none was taken. */
  readonly leftIndexFinger: Uint8Array;
  readonly rightIndexFinger: Uint8Array;
}

/** Whom to call in an emergency (DG16). */
export interface NotifiedPerson {
  /** `YYYY-MM-DD`, when the holder named the person. */
  readonly dateRecorded: string;
  /** Family name first. */
  readonly name: string;
  readonly telephone: string;
  readonly address: string;
}
