import { type Codec, type Example, fromHex } from '#encoder/bytes';
import { decodeOnly, DER, enter, readOid } from '#encoder/tlv';

/**
 * EF.CardSecurity (Doc 9303-10 §3.11.4): a bare ContentInfo in the master file. The signed SecurityInfos inside are made and
 * read where CMS is (`pki/`); here it is one SEQUENCE of type signedData whose lengths must be right.
 */
export interface EfCardSecurity {
  /** ContentInfo with SignedData, DER. */
  readonly contentInfo: Uint8Array;
}

/** RFC 3369 §5.1. */
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const CONTENT = 0xa0;

export const efCardSecurity: Codec<EfCardSecurity> = {
  encode({ contentInfo }) {
    checkContentInfo(contentInfo);
    return contentInfo;
  },
  decode(bytes) {
    checkContentInfo(bytes);
    return { contentInfo: bytes };
  },
};

function checkContentInfo(bytes: Uint8Array): void {
  const contentInfo = decodeOnly(bytes, DER.SEQUENCE, 'EF.CardSecurity');
  if (readOid(contentInfo) !== SIGNED_DATA) throw contentInfo.error('BYTES_UNEXPECTED', 'contentType', 'not signedData');
  const content = enter(contentInfo, CONTENT);
  contentInfo.end();
  enter(content, DER.SEQUENCE);
  content.end();
}

export const efCardSecurityExamples: readonly Example<EfCardSecurity>[] = [
  {
    name: 'an empty SignedData',
    source: 'synthetic, RFC 3369 §3 and §5.1',
    value: { contentInfo: fromHex('300F 06092A864886F70D010702 A002 3000') },
    hex: '300F 06092A864886F70D010702 A002 3000',
  },
];
