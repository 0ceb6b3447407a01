import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { ascii, isCodedError, Secret, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { issueCrl, prepareCrl } from '#pki/crl';
import { deviationsOf, issueDeviationList, prepareDeviationList } from '#pki/deviation-list';
import { issueMasterList, MASTER_LIST, prepareMasterList } from '#pki/master-list';
import { derInteger, derSequence, derSet } from '#encoder/tlv';
import { flawedList, NOW, specimenListSigner, specimenPki, type SpecimenPki } from '#pki/testing';
import { addDays, parseCertificate } from '#pki/x509';
import {
  CHECKSUMS,
  decodeDn,
  decodeLdif,
  encodeLdif,
  pkdUpload,
  readPkd,
  verifyPkdFiles,
  type LdifEntry,
  type PkdUploadRequest,
} from './index.ts';

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
const AT = addDays(NOW, 1);
let pki: SpecimenPki;
let request: PkdUploadRequest;
let unordered: Uint8Array;
beforeAll(async () => {
  await hsm.open(pin);
  pki = await specimenPki(hsm);
  const other = await specimenPki(hsm);
  const signing = { csca: pki.csca, algorithm: { key: 'ec', hash: 'sha384' }, at: AT } as const;
  const [ml, dl] = [await specimenListSigner(hsm, pki, 'master-list-signer'), await specimenListSigner(hsm, pki, 'deviation-list-signer')];
  const masterList = prepareMasterList({ ...signing, certificates: [pki.csca, other.csca], signer: ml.certificate.certificate });
  const found = deviationsOf([
    {
      documentSigners: [pki.signer.certificate.certificate],
      documentType: 'ID',
      documents: { of: 'all' },
      kind: { type: 'chip' },
      description: 'slow',
    },
  ]);
  const deviationList = prepareDeviationList({ ...signing, content: found, signer: dl.certificate.certificate });
  const csca = parseCertificate(pki.csca);
  const crl = prepareCrl({
    csca,
    algorithm: { key: 'ec', hash: 'sha512' },
    number: 1,
    thisUpdate: NOW,
    nextUpdate: addDays(NOW, 90),
    revoked: [],
  });
  request = {
    country: 'VN',
    documentSigners: [pki.signer.certificate.certificate],
    crl: await issueCrl(crl, (digest) => hsm.sign(pki.cscaKey, digest)),
    masterList: await issueMasterList(masterList, (digest) => hsm.sign(ml.key, digest)),
    deviationList: await issueDeviationList(deviationList, (digest) => hsm.sign(dl.key, digest)),
    csca: [pki.csca],
    at: AT,
    technicalLifeYears: 25,
  };
  const inTheOrderOfBirth = derSequence(derInteger(0), derSet(...[pki.csca, other.csca].toSorted((a, b) => Buffer.compare(b, a))));
  unordered = await flawedList(hsm, MASTER_LIST, inTheOrderOfBirth, { ...ml, csca: pki.csca });
});

const fileOf = (upload: ReturnType<typeof pkdUpload>, name: string) =>
  upload.files.find((file) => file.name === name)?.content ?? new Uint8Array();
const valuesOf = (entry: LdifEntry | undefined, type: string) =>
  entry?.attributes.flatMap((attribute) => (attribute.type === type ? [Buffer.from(attribute.value).toString('utf8')] : []));

describe('an upload to the PKD', () => {
  test('what keeps its profile is in the conformant branch, under the names and classes of the PKD', () => {
    const upload = pkdUpload(request);
    expect(upload.files.map(({ name }) => name)).toEqual(['pkd-vn-data.ldif', CHECKSUMS]);
    const issuer = String.raw`CN\=CSCA SPECIMEN\,O\=Cardmint Specimen\,C\=VN`;
    const above = 'c=VN,dc=data,dc=upload,dc=pkd,dc=icao,dc=int';
    const entries = decodeLdif(fileOf(upload, 'pkd-vn-data.ldif'));
    expect(entries.map(({ dn }) => dn)).toEqual([
      `cn=${issuer}+sn=4567,o=dsc,${above}`,
      `cn=${issuer},o=crl,${above}`,
      `cn=${issuer},o=ml,${above}`,
      `cn=${issuer},o=dl,${above}`,
    ]);
    expect(entries.map((entry) => valuesOf(entry, 'objectClass'))).toEqual([
      ['top', 'person', 'organizationalPerson', 'inetOrgPerson', 'pkdDownload'],
      ['top', 'cRLDistributionPoint', 'pkdDownload'],
      ['top', 'person', 'pkdMasterList', 'pkdDownload'],
      ['top', 'person', 'pkdDeviationList', 'pkdDownload'],
    ]);
    expect(entries.map(({ attributes }) => attributes.at(-1)?.type)).toEqual([
      'userCertificate;binary',
      'certificateRevocationList;binary',
      'pkdMasterListContent',
      'pkdDeviationListContent',
    ]);
    expect([valuesOf(entries[0], 'cn'), valuesOf(entries[0], 'sn')]).toEqual([['CN=CSCA SPECIMEN,O=Cardmint Specimen,C=VN'], ['4567']]);
  });

  test('the reader gives back what was put in', () => {
    const objects = readPkd(fileOf(pkdUpload(request), 'pkd-vn-data.ldif'));
    expect(objects.map(({ kind, content }) => [kind, content])).toEqual([
      ['dsc', pki.signer.certificate.certificate],
      ['crl', request.crl],
      ['ml', request.masterList],
      ['dl', request.deviationList],
    ]);
    expect(objects.every(({ conformant, conformance, country }) => conformant && conformance.length === 0 && country === 'VN')).toBe(true);
  });

  test('what breaks a rule is in the non-conformant branch, with the rule as code and the clause in the text', () => {
    const upload = pkdUpload({ ...request, masterList: unordered, technicalLifeYears: 40, at: addDays(NOW, 91) });
    expect(upload.files.map(({ name }) => name)).toEqual(['pkd-vn-data.ldif', 'pkd-vn-nc-data.ldif', CHECKSUMS]);
    const codes = upload.entries.map(({ kind, conformance }) => [kind, conformance.map(({ code }) => code)]);
    expect(codes).toEqual([
      ['dsc', ['ERR:DSC.not-after-covers-the-last-card']],
      ['crl', ['ERR:CRL.stale']],
      ['ml', ['ERR:ML.listed-certificates-in-der-order']],
      ['dl', []],
    ]);
    const file = fileOf(upload, 'pkd-vn-nc-data.ldif');
    const [first] = decodeLdif(file);
    expect(decodeDn(first?.dn ?? '')[3]).toEqual([{ type: 'dc', value: 'nc-data' }]);
    expect(valuesOf(first, 'pkdConformanceCode')).toEqual(['ERR:DSC.not-after-covers-the-last-card']);
    expect(valuesOf(first, 'pkdConformanceText')?.[0]).toMatch(/^not after covers the last card \(Doc 9303-12 /);
    expect(readPkd(file).every(({ conformant }) => !conformant)).toBe(true);
    expect(readPkd(file).map(({ conformance }) => conformance)).toEqual(upload.entries.slice(0, 3).map(({ conformance }) => conformance));
  });

  test('a Document Signer that our CSCA has not certified, and a list that nobody may believe', () => {
    const stranger = pkdUpload({ ...request, csca: [] });
    expect(stranger.entries.map(({ conformance }) => conformance.map(({ code }) => code))).toEqual([
      ['ERR:DSC.certified-by-the-csca'],
      ['ERR:CRL.issuer'],
      ['ERR:ML.master-list-signer-untrusted'],
      ['ERR:DL.deviation-list-signer-untrusted'],
    ]);
  });

  test('refused: another country, the same object twice, bytes that are nothing', () => {
    const signer = pki.signer.certificate.certificate;
    expect(() => pkdUpload({ ...request, country: 'KR' })).toThrow(expect.objectContaining({ code: 'PKD_COUNTRY_MISMATCH', where: 'dsc' }));
    expect(() => pkdUpload({ ...request, documentSigners: [signer, signer] })).toThrow(
      expect.objectContaining({ code: 'PKD_ENTRY_DUPLICATE' }),
    );
    const junk = ascii('junk');
    for (const [kind, bad] of [
      ['dsc', { documentSigners: [junk] }],
      ['crl', { crl: junk }],
      ['ml', { masterList: junk }],
      ['dl', { deviationList: junk }],
      ['ml', { masterList: request.deviationList ?? junk }],
    ] as const) {
      expect(() => pkdUpload({ ...request, ...bad })).toThrow(expect.objectContaining({ code: 'PKD_OBJECT_UNREADABLE', where: kind }));
    }
  });
});

describe('checksums', () => {
  test('SHA-256 of each file, as sha256sum has them; a file that was changed, lost or added is named', () => {
    const { files } = pkdUpload(request);
    const [data, sums] = files;
    const sum = createHash('sha256')
      .update(data?.content ?? '')
      .digest('hex');
    expect(Buffer.from(sums?.content ?? []).toString()).toBe(`${sum}  pkd-vn-data.ldif\n`);
    expect(verifyPkdFiles(files)).toBeUndefined();
    const changed = files.map((file) => (file === data ? { ...file, content: file.content.with(100, 0) } : file));
    for (const wrong of [changed, files.slice(1), files.slice(0, 1), [...files, { name: 'more.ldif', content: ascii('x') }]]) {
      expect(() => verifyPkdFiles(wrong)).toThrow(expect.objectContaining({ code: 'PKD_CHECKSUM_MISMATCH' }));
    }
  });
});

describe('a collection of the PKD is read', () => {
  const dn = (own: string, branch = 'data', direction = 'download') =>
    `${own},o=dsc,c=NZ,dc=${branch},dc=${direction},dc=pkd,dc=icao,dc=int`;
  const own = String.raw`cn=OU\=Passport CA\,C\=NZ+sn=42E575AF`;
  const attributes = (...more: readonly (readonly [string, string])[]) =>
    (
      [
        ['pkdVersion', '1150'],
        ['userCertificate;binary', 'DER'],
        ['sn', '42E575AF'],
        ['cn', 'OU=Passport CA,C=NZ'],
        ['objectClass', 'inetOrgPerson'],
        ...more,
      ] as const
    ).map(([type, value]) => ({ type, value: utf8(value) }));
  const file = (entry: LdifEntry) => encodeLdif([entry]);

  test('with the entries of the tree, its own versions, and warnings in the conformant branch', () => {
    const tree: LdifEntry[] = [
      {
        dn: 'dc=data,dc=download,dc=pkd,dc=icao,dc=int',
        attributes: [
          { type: 'objectClass', value: utf8('top') },
          { type: 'objectClass', value: utf8('domain') },
        ],
      },
      { dn: 'c=NZ,dc=data,dc=download,dc=pkd,dc=icao,dc=int', attributes: [{ type: 'objectClass', value: utf8('country') }] },
    ];
    const warned = { dn: dn(own), attributes: attributes(['pkdConformanceCode', 'WARN:DSC.ISS.11'], ['pkdConformanceText', 'a warning']) };
    expect(readPkd(encodeLdif([...tree, warned]))).toEqual([
      {
        kind: 'dsc',
        country: 'NZ',
        issuer: 'OU=Passport CA,C=NZ',
        serialNumber: '42E575AF',
        content: utf8('DER'),
        conformant: true,
        conformance: [{ code: 'WARN:DSC.ISS.11', text: 'a warning' }],
        version: 1150,
      },
    ]);
  });

  test('names are compared as directories do: without case, spaces as one', () => {
    const loose = { dn: dn(own.replace('Passport CA', 'PASSPORT  ca')), attributes: attributes() };
    expect(readPkd(file(loose))[0]).toMatchObject({ kind: 'dsc', serialNumber: '42E575AF' });
  });

  test('older collections have CscaMasterListData', () => {
    const old = {
      dn: dn('cn=x').replace('o=dsc', 'o=ml'),
      attributes: [
        { type: 'cn', value: utf8('x') },
        { type: 'CscaMasterListData', value: utf8('CMS') },
      ],
    };
    expect(readPkd(file(old))[0]).toMatchObject({ kind: 'ml', content: utf8('CMS') });
  });

  test.each([
    ['a name of another tree', { dn: dn(own).replace('dc=icao', 'dc=acme'), attributes: [] }, 'not a name of the PKD'],
    ['another branch', { dn: dn(own, 'secret'), attributes: [] }, 'not a name of the PKD'],
    ['neither up nor down', { dn: dn(own, 'data', 'sideways'), attributes: [] }, 'not a name of the PKD'],
    ['an unknown kind', { dn: dn(own).replace('o=dsc', 'o=xyz'), attributes: [] }, 'not a name of the PKD'],
    ['a country of three letters', { dn: dn(own).replace('c=NZ', 'c=NZL'), attributes: [] }, 'no country of two letters'],
    ['no serial number', { dn: dn('cn=x'), attributes: [['cn', 'x']] }, 'the relative name is not cn, or cn and sn'],
    [
      'a name whose value is not in the entry',
      { dn: dn(own.replace('42E575AF', '00')), attributes: [] },
      'sn of the name is not in the entry',
    ],
    ['non-conformant without a reason', { dn: dn(own, 'nc-data'), attributes: [] }, 'non-conformant, and no code says why'],
    ['two certificates', { dn: dn(own), attributes: [['userCertificate;binary', 'x']] }, '2 values of userCertificate;binary'],
    ['a version that is none', { dn: dn(own), attributes: [['pkdversion', 'x']] }, undefined],
    ['no name at all', { dn: 'cn', attributes: [] }, 'no attribute type in a name'],
  ] as const)('bad input: %s', (_, { dn: name, attributes: more }, detail) => {
    const bad = file({ dn: name, attributes: attributes(...more) });
    if (detail === undefined) expect(readPkd(bad)[0]?.version).toBe(1150);
    else expect(() => readPkd(bad)).toThrow(expect.objectContaining({ code: 'PKD_ENTRY_MALFORMED', where: 'line 3', detail }));
  });

  test('bad input: no certificate, the same name twice, any byte of a file changed', () => {
    const good = { dn: dn(own), attributes: attributes() };
    const none = { ...good, attributes: good.attributes.filter(({ type }) => !type.startsWith('user')) };
    expect(() => readPkd(file(none))).toThrow(
      expect.objectContaining({ code: 'PKD_ENTRY_MALFORMED', detail: '0 values of userCertificate;binary' }),
    );
    expect(() => readPkd(encodeLdif([good, good]))).toThrow(expect.objectContaining({ code: 'PKD_ENTRY_DUPLICATE' }));
    const bytes = file(good);
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bits of [1, 0x20, 0x80]) {
        try {
          readPkd(bytes.map((byte, index) => (index === at ? byte ^ bits : byte)));
        } catch (error) {
          expect(isCodedError(error) && error.code).toMatch(/^PKD_(LDIF|ENTRY)_MALFORMED$/);
        }
      }
    }
  });
});
