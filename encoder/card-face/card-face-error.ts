import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type CardFaceErrorCode =
  | 'FACE_FONT_MISSING'
  | 'FACE_FONT_UNREADABLE'
  | 'FACE_TEXT_UNFIT'
  | 'FACE_IMAGE_UNREADABLE'
  | 'FACE_MRZ_FORM'
  | 'FACE_QR_FIELDS'
  | 'FACE_QR_TOO_LONG'
  | 'FACE_PNG_CORRUPT'
  | 'FACE_PNG_SIZE'
  | 'FACE_MRZ_NOT_FOUND'
  | 'FACE_MRZ_UNREADABLE'
  | 'FACE_QR_UNREADABLE';

const TABLE = {
  FACE_FONT_MISSING: {
    what: { vi: 'Thiếu tệp phông chữ', en: 'a font file is missing' },
    todo: { vi: 'Cài gói Debian được nêu tên', en: 'install the Debian package that is named' },
  },
  FACE_FONT_UNREADABLE: {
    what: { vi: 'Tệp phông chữ không đọc được', en: 'the font file cannot be read as TrueType or OpenType' },
    todo: { vi: 'Cài lại gói phông chữ', en: 'install the font package again' },
  },
  FACE_TEXT_UNFIT: {
    what: { vi: 'Nội dung không vừa ô in', en: 'a text does not fit its printed field' },
    todo: { vi: 'Trả đơn về nơi đăng ký để sửa', en: 'send the order back to its registry' },
  },
  FACE_IMAGE_UNREADABLE: {
    what: { vi: 'Ảnh không giải mã được', en: 'an image cannot be decoded' },
    todo: { vi: 'Yêu cầu nơi đăng ký gửi lại ảnh', en: 'ask the registry for the image again' },
  },
  FACE_MRZ_FORM: {
    what: { vi: 'Vùng MRZ không đúng 3 dòng 30 ký tự', en: 'the MRZ is not three lines of 30 characters from A-Z, 0-9 and <' },
    todo: { vi: 'Kiểm tra bước lập MRZ', en: 'check the step that composes the MRZ' },
  },
  FACE_QR_FIELDS: {
    what: { vi: 'Nội dung mã QR không đúng bảy trường', en: 'the QR text does not have its seven fields in their form' },
    todo: { vi: 'Loại thẻ và kiểm tra bản ghi', en: 'reject the card and check the record' },
  },
  FACE_QR_TOO_LONG: {
    what: { vi: 'Nội dung mã QR quá dài cho ô in', en: 'the QR text is too long for its printed field' },
    todo: { vi: 'Trả đơn về nơi đăng ký để sửa', en: 'send the order back to its registry' },
  },
  FACE_PNG_CORRUPT: {
    what: { vi: 'Ảnh mặt thẻ bị hỏng', en: 'the picture of the card face is not an intact PNG' },
    todo: { vi: 'Chụp hoặc in lại mặt thẻ', en: 'take the picture of the face again' },
  },
  FACE_PNG_SIZE: {
    what: { vi: 'Ảnh mặt thẻ sai kích thước', en: 'the picture of the card face has the wrong size' },
    todo: { vi: 'Đặt lại máy quét ở 300 dpi, khổ ID-1', en: 'set the scanner to 300 dpi and ID-1 size' },
  },
  FACE_MRZ_NOT_FOUND: {
    what: { vi: 'Không tìm thấy vùng MRZ trên mặt sau', en: 'no MRZ is found on the back' },
    todo: { vi: 'Loại thẻ: mặt sau trống hoặc in lệch', en: 'reject the card: its back is blank or printed out of place' },
  },
  FACE_MRZ_UNREADABLE: {
    what: { vi: 'Có ký tự MRZ không đọc được', en: 'a character of the MRZ cannot be read' },
    todo: { vi: 'Loại thẻ hoặc đọc lại', en: 'read again or reject the card' },
  },
  FACE_QR_UNREADABLE: {
    what: { vi: 'Không đọc được mã QR trên mặt trước', en: 'the QR code on the front cannot be read' },
    todo: { vi: 'Loại thẻ hoặc đọc lại', en: 'read again or reject the card' },
  },
} as const satisfies ErrorTable<CardFaceErrorCode>;

/** Something about a card face is not as it must be. `where` names a field or an MRZ place (`line 2 column 7`), never its content. */
export class CardFaceError extends CodedError<CardFaceErrorCode> {
  constructor(code: CardFaceErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
