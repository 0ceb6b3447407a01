import { describe, expect, it } from 'vitest';
import { csvField, manifestCsv, type Manifest } from './manifest.ts';

const MANIFEST: Manifest = {
  format: 'cardmint-manifest/1',
  consignment: 'shp-1',
  batch: 'bat-1',
  created: '2026-11-21T08:00:00.000Z',
  from: 'Plant',
  to: { province: '01', name: 'Hà Nội' },
  counts: { boxes: 1, cards: 1 },
  boxes: [
    {
      box: 'box-1',
      number: 1,
      office: '01.00004',
      officeName: '=HYPERLINK("http://x";"Công an, phường")',
      seal: 'CM1',
      cards: [{ cardId: 'crd-1', serial: 'B-0001', chipId: '0000000000000017', sodSha256: 'aa' }],
    },
  ],
};

describe('the manifest as CSV (RFC 4180; bad-input §5.9, threats 33, 34)', () => {
  it('starts with a BOM, ends lines with CRLF and quotes every field', () => {
    const text = Buffer.from(manifestCsv(MANIFEST)).toString('utf8');
    expect(text.charCodeAt(0)).toBe(0xfeff);
    const [head, row, end] = text.slice(1).split('\r\n');
    expect(end).toBe('');
    expect(head?.split(',')).toHaveLength(10);
    expect(row).toBe(
      `"shp-1","1","CM1","'01.00004","'=HYPERLINK(""http://x"";""Công an, phường"")","1","crd-1","B-0001","'0000000000000017","aa"`,
    );
  });

  it.each(['=1+1', '+1', '-1', '@x', '\t=1', '\r=1', '\n=1', ' =1', '\0=1', '|x', '%x'])('disarms %j', (value) => {
    expect(csvField(value)).toBe(`"'${value}"`);
  });

  it.each(['001190000123', '0000000000000017', '00000000000E0017', '1234567890123'])(
    'keeps the digits of %s from a spreadsheet',
    (value) => {
      expect(csvField(value)).toBe(`"'${value}"`);
    },
  );

  it.each(['B-0001', '000000000000C001', 'Hà Nội', '12', ''])('leaves %j as it is', (value) => {
    expect(csvField(value)).toBe(`"${value}"`);
  });
});
