import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCodedError, utf8 } from '#encoder/bytes';
import { decodeDn, decodeLdif, encodeDn, encodeLdif, nameText, type LdifEntry } from './index.ts';
import { encodeName } from '#pki/x509';

const text = (value: Uint8Array) => Buffer.from(value).toString('utf8');
const entry = (dn: string, ...attributes: readonly (readonly [string, string])[]): LdifEntry => ({
  dn,
  attributes: attributes.map(([type, value]) => ({ type, value: utf8(value) })),
});
const content = (entries: readonly LdifEntry[]) => entries.map(({ dn, attributes }) => ({ dn, attributes }));

describe('RFC 2849', () => {
  test('example 1 and example 2: entries, folded lines, comments, CR LF', () => {
    const file = [
      'version: 1',
      'dn: cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com',
      'objectclass: top',
      'cn: Barbara Jensen',
      'description:Babs is a big sailing fan, and travels extensively in sea',
      ' rch of perfect sailing conditions.',
      '# a comment',
      ' that is folded',
      '',
      '',
      'dn: cn=Bjorn Jensen, ou=Accounting, dc=airius, dc=com',
      'sn: Jensen',
      '',
    ];
    for (const end of ['\n', '\r\n']) {
      const [first, second, ...others] = decodeLdif(utf8(file.join(end)));
      expect(others).toEqual([]);
      expect([first?.dn, first?.line]).toEqual(['cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com', 2]);
      expect(first?.attributes.map(({ type, value }) => `${type}=${text(value)}`).at(-1)).toBe(
        'description=Babs is a big sailing fan, and travels extensively in search of perfect sailing conditions.',
      );
      expect([second?.dn, second?.line]).toEqual(['cn=Bjorn Jensen, ou=Accounting, dc=airius, dc=com', 11]);
    }
  });

  test('example 3 and example 5: values and names in base64', () => {
    const file = [
      'version: 1',
      'dn:: b3U95Za25qWt6YOoLG89QWlyaXVz',
      'description:: V2hhdCBhIGNhcmVmdWwgcmVhZGVyIHlvdSBhcmUhICBUaGlzIHZhbHVlIGlzIGJhc2UtNjQtZW5jb2RlZCBiZWNhdXNlIGl0IGhhcyBhIGNvbnRyb2wgY2hhcmFjdGVyIGluIGl0IChhIENSKS4NICBCeSB0aGUgd2F5LCB5b3Ugc2hvdWxkIHJlYWxseSBnZXQgb3V0IG1vcmUu',
    ];
    const [only] = decodeLdif(utf8(`${file.join('\n')}\n`));
    expect(only?.dn).toBe('ou=営業部,o=Airius');
    expect(text(only?.attributes[0]?.value ?? new Uint8Array())).toContain('(a CR).\r  By the way');
  });

  test('every line is at most 76 columns and ASCII; what is not safe is in base64', () => {
    const values = [
      'x'.repeat(500),
      ' begins with a space',
      ':colon',
      '<less',
      'ends with a space ',
      'Việt Nam',
      'two\nlines',
      '',
      'safe: yes',
    ];
    const entries = [entry(`cn=${'a'.repeat(200)}`, ...values.map((value) => ['cn', value] as const)), entry('cn=Đỗ', ['cn', 'Đỗ'])];
    const lines = Buffer.from(encodeLdif(entries)).toString('latin1').split('\n');
    expect(lines.every((each) => each.length <= 76 && /^[\x20-\x7e]*$/.test(each))).toBe(true);
    expect(lines.filter((each) => /^(dn|cn):: /.test(each))).toHaveLength(8);
    expect(content(decodeLdif(encodeLdif(entries)))).toEqual(entries);
  });

  test('whatever is written is read again', () => {
    const attribute = fc.record(
      {
        type: fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,10}(;binary)?$/).filter((type) => !/^(dn|changetype|control)/i.test(type)),
        value: fc.uint8Array({ maxLength: 300 }),
      },
      { noNullPrototype: true },
    );
    const any = fc.record(
      { dn: fc.string({ unit: 'grapheme', maxLength: 100 }), attributes: fc.array(attribute, { minLength: 1, maxLength: 5 }) },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 4 }), (entries) => {
        expect(content(decodeLdif(encodeLdif(entries)))).toEqual(entries);
      }),
    );
  });

  test.each([
    ['nothing', '', 'line 1', 'empty'],
    ['no version', 'dn: cn=x\ncn: x\n', 'line 1', 'not version 1'],
    ['another version', 'version: 2\n\ndn: cn=x\ncn: x\n', 'line 1', 'not version 1'],
    ['a byte order mark', '\ufeffversion: 1\n', 'line 1', 'not version 1'],
    ['a value by URL is never fetched', 'version: 1\ndn: cn=x\njpegphoto:< file:///etc/passwd\n', 'line 3', 'a value by URL'],
    ['a change', 'version: 1\ndn: cn=x\nchangetype: delete\n', 'line 3', 'changetype inside a record'],
    ['a record without dn', 'version: 1\n\ncn: x\n', 'line 3', 'no dn at the beginning of a record'],
    ['two names', 'version: 1\ndn: cn=x\ndn: cn=y\n', 'line 3', 'dn inside a record'],
    ['no attributes', 'version: 1\n\ndn: cn=x\n', 'line 3', 'a record without attributes'],
    ['a line without a colon', 'version: 1\ndn: cn=x\ncn\n', 'line 3', 'no attribute description'],
    ['an attribute of a strange name', 'version: 1\ndn: cn=x\nc n: x\n', 'line 3', 'no attribute description'],
    ['no base64', 'version: 1\ndn: cn=x\ncn:: ?\n', 'line 3', 'not base64'],
    ['base64 with bits left over', 'version: 1\ndn: cn=x\ncn:: QR==\n', 'line 3', 'not base64'],
    ['a plain value that must not be plain', 'version: 1\ndn: cn=x\ncn: Đỗ\n', 'line 3', 'a value that must be in base64'],
    ['a continuation of nothing', ' version: 1\n', 'line 1', 'continues no line'],
    ['a continuation of an empty line', 'version: 1\n\n cn: x\n', 'line 3', 'continues no line'],
  ])('bad input: %s', (_, file, where, detail) => {
    expect(() => decodeLdif(utf8(file))).toThrow(expect.objectContaining({ code: 'PKD_LDIF_MALFORMED', where, detail }));
  });

  test('bad input: more lines or attributes than any collection has', () => {
    const lines = new Uint8Array(4_000_001).fill(0x0a);
    const attributes = Array.from({ length: 513 }, () => ['cn', 'x'] as const);
    for (const [file, detail] of [
      [lines, 'more than 4000000 lines'],
      [encodeLdif([entry('cn=x', ...attributes)]), 'more than 512 attributes'],
    ] as const) {
      expect(() => decodeLdif(file)).toThrow(expect.objectContaining({ code: 'PKD_LDIF_MALFORMED', detail }));
    }
  });

  test('bad input: what is not UTF-8, and any byte of a file changed, ends in a code', () => {
    expect(() => decodeLdif(Uint8Array.of(0xff))).toThrow(expect.objectContaining({ code: 'PKD_LDIF_MALFORMED' }));
    const good = encodeLdif([entry('cn=x,c=VN', ['objectClass', 'top'], ['cn', 'Đỗ'])]);
    for (let at = 0; at < good.length; at += 1) {
      try {
        decodeLdif(good.map((byte, index) => (index === at ? byte ^ 0x9f : byte)));
      } catch (error) {
        expect(isCodedError(error) && error.code).toBe('PKD_LDIF_MALFORMED');
      }
    }
  });
});

describe('RFC 4514', () => {
  test.each([
    [[[{ type: 'cn', value: 'a,b+c"d\\e<f>g;h=i' }]], String.raw`cn=a\,b\+c\"d\\e\<f\>g\;h\=i`],
    [[[{ type: 'cn', value: ' #lead and trail ' }]], String.raw`cn=\ #lead and trail\ `],
    [[[{ type: 'cn', value: '#1' }]], String.raw`cn=\#1`],
    [[[{ type: 'cn', value: ' ' }], [{ type: 'c', value: '  ' }]], String.raw`cn=\ ,c=\ \ `],
    [
      [
        [
          { type: 'cn', value: 'Nguyễn' },
          { type: 'sn', value: '0A' },
        ],
        [{ type: 'c', value: 'VN' }],
      ],
      'cn=Nguyễn+sn=0A,c=VN',
    ],
    [[[{ type: '2.5.4.3', value: 'x' }]], '2.5.4.3=x'],
  ])('%j is %s', (name, string) => {
    expect(encodeDn(name)).toBe(string);
    expect(decodeDn(string)).toEqual(name);
  });

  test('§4: hex pairs and the other way to escape', () => {
    expect(decodeDn(String.raw`CN=Lu\C4\8Di\C4\87`)).toEqual([[{ type: 'CN', value: 'Lučić' }]]);
    expect(decodeDn(String.raw`CN=Before\0dAfter,DC=example,DC=net`)[0]).toEqual([{ type: 'CN', value: 'Before\rAfter' }]);
    expect(decodeDn(String.raw`cn=CN\3DCSCA003\2COU\3DMOFA`)[0]).toEqual([{ type: 'cn', value: 'CN=CSCA003,OU=MOFA' }]);
  });

  test('whatever is written is read again', () => {
    const attribute = fc.record(
      { type: fc.constantFrom('cn', 'sn', '2.5.4.5'), value: fc.string({ unit: 'grapheme', maxLength: 20 }) },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(fc.array(attribute, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }), (name) => {
        expect(decodeDn(encodeDn(name))).toEqual(name);
      }),
    );
  });

  test.each([
    '',
    'cn',
    '=x',
    'cn=a,',
    'cn=a+',
    'cn=a;b',
    'cn="a"',
    'cn= a',
    'cn=a ',
    'cn=#0401',
    'cn=\\zz',
    'cn=\\',
    'cn=\\ff',
    'c n=a',
    `cn=${'a'.repeat(3000)}`,
  ])('bad input: %s', (string) => {
    expect(() => decodeDn(string)).toThrow(expect.objectContaining({ code: 'PKD_ENTRY_MALFORMED' }));
  });

  test('the name of a certificate, last part first, serialNumber by name, what has no name in hex', () => {
    const name = encodeName({ country: 'VN', organization: 'Bộ, Công an', serialNumber: '013', commonName: 'CSCA = VN' });
    expect(nameText(name)).toBe(String.raw`CN=CSCA = VN,serialNumber=013,O=Bộ\, Công an,C=VN`);
    expect(decodeDn(nameText(name).replace('CSCA = VN', 'CSCA'))[1]).toEqual([{ type: 'serialNumber', value: '013' }]);
  });
});
