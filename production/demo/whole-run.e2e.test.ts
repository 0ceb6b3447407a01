import { createHash, verify, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Order } from '#production/orders';
import type { Manifest } from '#production/shipments';
import { encodingsOf, needlesOf, searcher, searchFolder } from './testing/clear-text.ts';
import { buildProduct, demoPlace, processesOf, startDemo, type DemoProcess, type Ended } from './testing/demo-process.ts';
import { mrzName, mrzOfOrder } from './testing/mrz-of-order.ts';
import { element, layDownSigned, openssl, textOfPdf } from './testing/openssl.ts';
import { expectBooks, openBooks, reportOf } from './testing/plant-books.ts';

/**
 * One whole demo with its default count, and its results checked with other tools: openssl, pdftotext, node:crypto and rules
 * written down anew. The product's own rooms are not asked whether the product is right.
 */
const PEOPLE = 24;
const CHIP_FILES = ['EF.COM', 'EF.CVCA', 'EF.CardAccess', 'EF.DG1', 'EF.DG13', 'EF.DG14', 'EF.DG15', 'EF.DG2', 'EF.DG3', 'EF.SOD'];

/** Three in each of the two tokens. */
const DOCUMENT_SIGNERS = [1, 2, 3, 4, 5, 6].map((number) => `ds-${number}.cer`);

const place = demoPlace();
const { outDir, plantDir, root } = place;
const at = (...path: string[]): string => join(outDir, ...path);
const bytesOf = (...path: string[]): Uint8Array => Uint8Array.from(readFileSync(at(...path)));
const jsonOf = <T>(...path: string[]): T => JSON.parse(readFileSync(at(...path), 'utf8')) as T;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let demo: DemoProcess;
let ended: Ended;
let orders: readonly Order[];
let good: readonly string[];
let scratch: string;
let dsPem: string;

beforeAll(async () => {
  await buildProduct();
  demo = startDemo(place, null);
  ended = await demo.ended;
  if (ended.code !== 0) throw new Error(`the demo ended with ${JSON.stringify(ended)}\n${demo.output()}`);
  orders = jsonOf<{ orders: Order[] }>('orders.json').orders;
  good = readdirSync(at('cards')).filter((card) => existsSync(at('cards', card, 'inspection.json')));
  scratch = join(root, 'scratch');
  mkdirSync(scratch);
  dsPem = join(scratch, 'ds.pem');
  writeFileSync(dsPem, await pemOf(...DOCUMENT_SIGNERS));
}, 600_000);

afterAll(async () => {
  await place.remove();
});

const orderOf = (card: string): Order => jsonOf<Order>('cards', card, 'order.json');

/** Certificates of `pki/`, one after the other. */
async function pemOf(...names: readonly string[]): Promise<string> {
  const each = await Promise.all(names.map((name) => openssl('x509', '-inform', 'DER', '-in', at('pki', name))));
  return each.join('');
}

interface Sent {
  readonly folder: string;
  readonly manifest: Manifest;
}

function shipments(): readonly Sent[] {
  return readdirSync(at('shipments')).map((id) => {
    const folder = at('shipments', id);
    return { folder, manifest: JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest };
  });
}

describe('issue 2, step 3: the books of a run', () => {
  it('ends 0, with no process left, every ledger balanced and every piece where the books say', async () => {
    expect(ended).toEqual({ code: 0, signal: null });
    await expectBooks(place, PEOPLE);
  });

  it('counts 27 orders, 3 of them refused by name before any blank is touched', async () => {
    expect(orders).toHaveLength(27);
    const { refused, touched } = await openBooks(place, async (ask) => ({
      refused: await ask<{ codes: string }>(
        `select f->>'code' as codes from orders, jsonb_array_elements(findings) f where state = 'REFUSED' and (f->>'refuses')::boolean order by 1`,
      ),
      touched: await ask(
        `select 1 from orders o join cards c on c.order_key = o.order_key where o.state = 'REFUSED' and c.reserved_serial is not null`,
      ),
    }));
    expect(refused.map(({ codes }) => codes)).toEqual(['DUPLICATE_PERSON', 'NATIONALITY_UNDETERMINED', 'RESIDENCE_MISSING']);
    expect(touched).toEqual([]);
  });

  it('balances after every step: the vault is full until the line starts, then 24 good, 2 spoiled, 4 kept', () => {
    const { books } = reportOf(place);
    expect(books.map(({ after }) => after)).toEqual(['delivery', 'lint', 'release', 'production', 'shipping', 'receipts']);
    for (const { received, vault, line, good: made, spoiled, destroyed, balanced, after } of books) {
      expect(balanced, after).toBe(true);
      expect(vault + line + made + spoiled + destroyed, after).toBe(received);
    }
    const whole = { received: 30, line: 0, destroyed: 0 };
    expect(books.slice(0, 3)).toEqual(
      ['delivery', 'lint', 'release'].map(
        (after) => expect.objectContaining({ ...whole, after, vault: 30, good: 0, spoiled: 0 }) as unknown,
      ),
    );
    expect(books.slice(3)).toEqual(
      ['production', 'shipping', 'receipts'].map(
        (after) => expect.objectContaining({ ...whole, after, vault: 4, good: 24, spoiled: 2 }) as unknown,
      ),
    );
  });

  it('spoils one blank and one card record, and begins the remake ahead of new work', async () => {
    const rows = await openBooks(place, (ask) =>
      ask<{ card_id: string; state: string; supersedes: string | null; began: Date }>(
        `select c.card_id, c.state, c.supersedes, min(h.at) filter (where h.to_state = 'BLANK_BOUND') as began
           from cards c join card_history h using (card_id) group by c.card_id order by began`,
      ),
    );
    const spoiled = rows.find(({ state }) => state === 'SPOILED');
    const remake = rows.find(({ supersedes }) => supersedes !== null);
    expect(remake?.supersedes).toBe(spoiled?.card_id);
    expect(rows.findIndex((row) => row === remake)).toBeGreaterThan(rows.findIndex((row) => row === spoiled));
    expect(rows.at(-1)).not.toBe(remake);
    expect(jsonOf('cards', remake?.card_id ?? '', 'blank.json')).toMatchObject({ supersedes: spoiled?.card_id });
    expect(existsSync(at('cards', spoiled?.card_id ?? '', 'chip'))).toBe(false);
  });

  it('ships 24: one province has received all, one misses a card, one is still waiting', () => {
    const { shipments: sent, openCases } = reportOf(place);
    expect(sent.map(({ state }) => state).toSorted()).toEqual(['RECEIVED', 'RECEIVED_WITH_CASE', 'SHIPPED']);
    expect(sent.reduce((sum, { cards }) => sum + cards, 0)).toBe(PEOPLE);
    expect(openCases).toBe(1);
  });
});

describe('design/house.md: what lies in var/demo', () => {
  it('has every file that the house plan lists, and what opens DG3 (issue 3); no other', () => {
    expect(readdirSync(outDir).toSorted()).toEqual(['cards', 'orders.json', 'pki', 'report.json', 'shipments']);
    expect(readdirSync(at('pki')).toSorted()).toEqual([
      'birth-certificate-signer-2.cer',
      'birth-certificate-signer.cer',
      'csca-2.cer',
      'csca-link.cer',
      'csca.cer',
      'csca.crl',
      'cvca.cvcert',
      'document-verifier.cvcert',
      ...DOCUMENT_SIGNERS,
      'manifest-signer-2.cer',
      'manifest-signer.cer',
      'master-list-signer.cer',
      'master-list.ml',
      'pkd',
      'terminal.cvcert',
      'terminal.key.pem',
    ]);
    expect(good).toHaveLength(PEOPLE);
    expect(readdirSync(at('cards'))).toHaveLength(PEOPLE + 1);
    for (const card of good) {
      const files = [
        'back.png',
        'birth-certificate.jws',
        'blank.json',
        'chip',
        'front.png',
        'inspection.json',
        'order.json',
        'virtual-card.image',
      ];
      expect(readdirSync(at('cards', card)).toSorted()).toEqual(files);
      expect(readdirSync(at('cards', card, 'chip')).toSorted()).toEqual(CHIP_FILES);
    }
    for (const { folder } of shipments()) {
      const received = existsSync(join(folder, 'receipt.json')) ? ['receipt.json', 'receipt.p7s'] : [];
      expect(readdirSync(folder).toSorted()).toEqual(['manifest.csv', 'manifest.json', 'manifest.p7s', 'manifest.pdf', ...received]);
    }
    expect(shipments().filter(({ folder }) => existsSync(join(folder, 'receipt.json')))).toHaveLength(2);
  });
});

describe('Doc 9303-12: what the keys have signed, by openssl', () => {
  it('EF.SOD of every card is a CMS that verifies with the Document Signer, after tag 77 is stripped', async () => {
    for (const card of good) {
      const sod = bytesOf('cards', card, 'chip', 'EF.SOD');
      const { tag, begin, end } = element(sod, 0);
      expect([tag, end]).toEqual([0x77, sod.length]);
      const cms = join(scratch, `${card}.cms`);
      const content = join(scratch, `${card}.lds`);
      writeFileSync(cms, sod.subarray(begin));
      const said = await openssl(
        'cms',
        '-verify',
        '-inform',
        'DER',
        '-noverify',
        '-certfile',
        dsPem,
        '-in',
        cms,
        '-binary',
        '-out',
        content,
      );
      expect(said).toMatch(/successful/i);
      // Doc 9303-10 §4.6.2: the signed content holds the hash of every data group that was read from this chip.
      const lds = readFileSync(content).toString('hex');
      for (const name of CHIP_FILES.filter((file) => file.startsWith('EF.DG'))) {
        const number = Number(name.slice(5)).toString(16).padStart(2, '0');
        expect(lds, `${card} ${name}`).toContain(`0201${number}0420${sha256(bytesOf('cards', card, 'chip', name))}`);
      }
      // A chip file changed by one bit is another hash.
      expect(lds).not.toContain(sha256(bytesOf('cards', card, 'chip', 'EF.COM')));
    }
  });

  it('openssl refuses an EF.SOD that was changed by one bit', async () => {
    const sod = bytesOf('cards', good[0] ?? '', 'chip', 'EF.SOD');
    const { begin } = element(sod, 0);
    const changed = sod.slice(begin);
    const hashAt = Buffer.from(changed).indexOf(Buffer.from(sha256(bytesOf('cards', good[0] ?? '', 'chip', 'EF.DG1')), 'hex'));
    expect(hashAt).toBeGreaterThan(0);
    changed[hashAt] = (changed[hashAt] ?? 0) ^ 1;
    const file = join(scratch, 'changed.cms');
    writeFileSync(file, changed);
    await expect(
      openssl('cms', '-verify', '-inform', 'DER', '-noverify', '-certfile', dsPem, '-in', file, '-binary', '-out', '/dev/null'),
    ).rejects.toThrow(/verif|digest/i);
  });

  it.each([
    ['csca.cer', [...DOCUMENT_SIGNERS, 'master-list-signer.cer', 'csca.crl', 'csca-link.cer', 'csca.cer']],
    ['csca-2.cer', ['csca-2.cer']],
  ])('%s signs over their TBS bytes: %s', async (issuer, issued) => {
    const csca = join(scratch, 'csca.pub.pem');
    writeFileSync(csca, await openssl('x509', '-inform', 'DER', '-in', at('pki', issuer), '-pubkey', '-noout'));
    for (const name of issued) {
      const { content, signature } = layDownSigned(bytesOf('pki', name), scratch, name);
      expect(await openssl('dgst', '-sha512', '-verify', csca, '-signature', signature, content), name).toContain('Verified OK');
      writeFileSync(content, Buffer.concat([readFileSync(content).subarray(0, -1), Buffer.of(0xff)]));
      await expect(openssl('dgst', '-sha512', '-verify', csca, '-signature', signature, content), name).rejects.toThrow();
    }
  });

  it('CSCA and Document Signer write their curve out in full (Doc 9303-12 §4.1: no named curve)', async () => {
    for (const name of ['csca.cer', 'csca-2.cer', 'csca-link.cer', 'master-list-signer.cer', ...DOCUMENT_SIGNERS]) {
      const text = await openssl('x509', '-inform', 'DER', '-in', at('pki', name), '-noout', '-text');
      expect(text, name).toContain('Field Type: prime-field');
      expect(text, name).not.toContain('ASN1 OID');
      expect(text, name).toMatch(/C ?= ?VN/);
      expect(text, name).toMatch(/specimen/i);
    }
  });

  it('the link certificate is for the key of the next CSCA (Doc 9303-12 §4.1.4)', async () => {
    const keys = ['csca-2.cer', 'csca-link.cer'].map((name) =>
      openssl('x509', '-inform', 'DER', '-in', at('pki', name), '-pubkey', '-noout', '-subject'),
    );
    const [next, link] = await Promise.all(keys);
    expect(link).toBe(next);
  });

  it('the master list is a CMS of its signer, and holds both CSCAs and the link certificate', async () => {
    const content = join(scratch, 'master-list.der');
    const cms = ['-inform', 'DER', '-noverify', '-in', at('pki', 'master-list.ml'), '-binary', '-out', content];
    expect(await openssl('cms', '-verify', ...cms)).toMatch(/successful/i);
    const listed = readFileSync(content);
    for (const name of ['csca.cer', 'csca-2.cer', 'csca-link.cer'])
      expect(listed.includes(Buffer.from(bytesOf('pki', name))), name).toBe(true);
  });

  it('each card is signed by a Document Signer of one token or the other, and both tokens sign', () => {
    const used = good.map((card) =>
      DOCUMENT_SIGNERS.findIndex((name) =>
        Buffer.from(bytesOf('cards', card, 'chip', 'EF.SOD')).includes(Buffer.from(bytesOf('pki', name))),
      ),
    );
    expect(used).not.toContain(-1);
    expect(new Set(used).size).toBeGreaterThan(1);
  });

  it('the files for the PKD are conformant, and their checksums are right', async () => {
    expect(readdirSync(at('pki', 'pkd')).toSorted()).toEqual(['SHA256SUMS', 'pkd-vn-data.ldif']);
    const [line = ''] = readFileSync(at('pki', 'pkd', 'SHA256SUMS'), 'utf8').split('\n');
    expect(line).toBe(`${sha256(bytesOf('pki', 'pkd', 'pkd-vn-data.ldif'))}  pkd-vn-data.ldif`);
  });

  it('the list of revoked certificates parses and is empty', async () => {
    const text = await openssl('crl', '-inform', 'DER', '-in', at('pki', 'csca.crl'), '-noout', '-text');
    expect(text).toContain('No Revoked Certificates');
    expect(text).toContain('X509v3 CRL Number');
  });

  it('every manifest verifies with its detached signature, and another manifest does not', async () => {
    const signer = join(scratch, 'manifest-signer.pem');
    writeFileSync(signer, await pemOf('manifest-signer.cer', 'manifest-signer-2.cer'));
    const sent = shipments();
    const verified = (folder: string, content: string): Promise<string> => {
      const detached = ['-in', join(folder, 'manifest.p7s'), '-binary', '-content', content];
      return openssl('cms', '-verify', '-inform', 'DER', ...detached, '-CAfile', signer, '-purpose', 'any', '-out', '/dev/null');
    };
    expect(sent).toHaveLength(3);
    for (const { folder } of sent) expect(await verified(folder, join(folder, 'manifest.json'))).toMatch(/successful/i);
    await expect(verified(sent[0]?.folder ?? '', join(sent[1]?.folder ?? '', 'manifest.json'))).rejects.toThrow();
  });
});

describe('facts/vietnam.md: the card byte by byte', () => {
  it('§1.1: EF.COM is LDS 0107, Unicode 040000 and the tags of this chip, in the order of the real card', () => {
    const com = ['6018', '5F0104', '30313037', '5F3606', '303430303030', '5C06', '6175636D6F6E'].join('');
    for (const card of good)
      expect(
        Buffer.from(bytesOf('cards', card, 'chip', 'EF.COM'))
          .toString('hex')
          .toUpperCase(),
      ).toBe(com);
  });

  it('§3: DG1 is 95 bytes and holds the MRZ of its order', () => {
    for (const card of good) {
      const dg1 = Buffer.from(bytesOf('cards', card, 'chip', 'EF.DG1'));
      expect(dg1).toHaveLength(95);
      expect(dg1.subarray(0, 5).toString('hex')).toBe('615d5f1f5a');
      const order = orderOf(card);
      const [first, second, third] = mrzOfOrder(order);
      const read = dg1.subarray(5).toString('latin1');
      expect(read.slice(0, 60)).toBe(first + second);
      // Doc 9303-5 §4.2.3: a name that does not fit is cut to one letter a word from its end; a letter in the last place says so.
      if (mrzName(order.citizen.fullName).length <= 30) expect(read.slice(60)).toBe(third);
      else expect(read.slice(60)).toBe('CONG<<TANG<TON<NU<NGUYEN<P<H<T');
    }
    expect(good.filter((card) => mrzName(orderOf(card).citizen.fullName).length > 30).length).toBeGreaterThan(0);
    expect(good.filter((card) => orderOf(card).citizen.dateOfExpiry === null).length).toBeGreaterThan(0);
    expect(good.filter((card) => !orderOf(card).citizen.fullName.includes(' ')).length).toBeGreaterThan(0);
  });

  it('§2: DG13 has its first value, the personal number, at offset 30, and the chip id as its last one', () => {
    for (const card of good) {
      const dg13 = Buffer.from(bytesOf('cards', card, 'chip', 'EF.DG13'));
      const { personalNumber } = orderOf(card).citizen;
      expect(dg13.subarray(0, 2).toString('hex') + dg13.subarray(4, 6).toString('hex')).toBe('6d823082');
      expect(dg13.subarray(8, 21).toString('hex')).toBe('020101060628d3160100083182');
      expect(dg13.subarray(23, 30).toString('hex')).toBe('3011020101130c');
      expect(dg13.subarray(30, 42).toString('latin1')).toBe(personalNumber);
      const { chipId } = jsonOf<{ chipId: string }>('cards', card, 'blank.json');
      expect(dg13.subarray(-23).toString('latin1')).toBe(`\x30\x15\x02\x01\x10\x13\x10${chipId}`);
    }
  });
});

describe('birth certificates', () => {
  interface Files {
    readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  }
  interface Birth {
    readonly card: string;
    readonly blank: { readonly serial: string; readonly chipId: string };
    readonly inspection: { readonly report: Files & { readonly verdict: string } };
    readonly print: { readonly frontSha256: string; readonly backSha256: string };
    readonly sodSha256: string;
  }

  it('chip files = inspection.json = birth certificate, whose JWS verifies', () => {
    const signers = ['birth-certificate-signer.cer', 'birth-certificate-signer-2.cer'].map((name) => bytesOf('pki', name));
    for (const card of good) {
      const jws = readFileSync(at('cards', card, 'birth-certificate.jws'), 'utf8').trim();
      const [header = '', payload = '', signature = ''] = jws.split('.');
      const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { readonly alg: string; readonly kid: string };
      expect(alg).toBe('ES256');
      const signer = signers.find((certificate) => sha256(certificate) === kid);
      if (signer === undefined) throw new Error(`${card}: nobody's birth certificate`);
      const key = new X509Certificate(signer).publicKey;
      const signed = (text: string): boolean =>
        verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
      expect(signed(`${header}.${payload}`)).toBe(true);
      expect(signed(`${header}.${payload}x`)).toBe(false);

      const birth = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Birth;
      const inspection = jsonOf<Files & { verdict: string }>('cards', card, 'inspection.json');
      const read = CHIP_FILES.map((name) => {
        const bytes = bytesOf('cards', card, 'chip', name);
        return { name, bytes: bytes.length, sha256: sha256(bytes) };
      });
      const byName = (files: Files['files']): Files['files'] => files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      expect(byName(inspection.files)).toEqual(byName(read));
      expect(byName(birth.inspection.report.files)).toEqual(byName(read));
      expect([inspection.verdict, birth.inspection.report.verdict]).toEqual(['good', 'good']);
      expect(birth.card).toBe(card);
      expect(birth.blank).toEqual((({ serial, chipId }) => ({ serial, chipId }))(jsonOf<Birth['blank']>('cards', card, 'blank.json')));
      expect(birth.sodSha256).toBe(sha256(bytesOf('cards', card, 'chip', 'EF.SOD')));
      expect(birth.print).toMatchObject({
        frontSha256: sha256(bytesOf('cards', card, 'front.png')),
        backSha256: sha256(bytesOf('cards', card, 'back.png')),
      });
    }
  });
});

describe('manifests', () => {
  const rowsOf = (manifest: Manifest): readonly { readonly cardId: string; readonly serial: string }[] =>
    manifest.boxes.flatMap((box) => box.cards.map(({ cardId, serial }) => ({ cardId, serial })));

  it('name every shipped card once, by its own id and serial', async () => {
    const listed = shipments().flatMap(({ manifest }) => rowsOf(manifest));
    const made = good.map((cardId) => ({ cardId, serial: jsonOf<{ serial: string }>('cards', cardId, 'blank.json').serial }));
    const byId = (rows: typeof listed): typeof listed => rows.toSorted((a, b) => (a.cardId < b.cardId ? -1 : 1));
    expect(byId(listed)).toEqual(byId(made));
    for (const { folder, manifest } of shipments()) {
      const csv = readFileSync(join(folder, 'manifest.csv'), 'utf8');
      const pdf = await textOfPdf(join(folder, 'manifest.pdf'));
      expect(csv.trim().split('\n')).toHaveLength(rowsOf(manifest).length + 1);
      for (const { cardId, serial } of rowsOf(manifest)) {
        expect(csv).toContain(`"${cardId}","${serial}"`);
        expect(pdf).toContain(serial);
      }
    }
  });

  it('go to the office, where number prefix, residence and office lie in three provinces', () => {
    const names: Readonly<Record<string, string>> = { '01': 'Hà Nội', '48': 'Đà Nẵng', '79': 'Thành phố Hồ Chí Minh' };
    const prefixes: Readonly<Record<string, string>> = { '001': '01', '048': '48', '079': '79' };
    const apart = good.filter((card) => {
      const { citizen, deliveryOffice } = orderOf(card);
      const number = prefixes[citizen.personalNumber.slice(0, 3)];
      const home = Object.keys(names).find((code) => citizen.placeOfResidence.endsWith(names[code] ?? '?'));
      return new Set([number, home, deliveryOffice.slice(0, 2)]).size === 3;
    });
    expect(apart).toHaveLength(3);
    for (const card of good) {
      const { deliveryOffice } = orderOf(card);
      const sent = shipments().find(({ manifest }) => rowsOf(manifest).some(({ cardId }) => cardId === card))?.manifest;
      expect(sent?.to.province).toBe(deliveryOffice.slice(0, 2));
      expect(sent?.boxes.find((box) => box.cards.some(({ cardId }) => cardId === card))?.office).toBe(deliveryOffice);
    }
  });

  it('hold no name and no personal number: not as JSON, CSV, CMS, or text of the PDF', async () => {
    const search = searcher(needlesOf(orders));
    for (const { folder } of shipments()) {
      expect(searchFolder(folder, search, () => false).finds).toEqual([]);
      const text = (await textOfPdf(join(folder, 'manifest.pdf'))).normalize('NFC');
      expect(search(Buffer.from(text)).map(({ what }) => what)).toEqual([]);
      for (const { citizen } of orders) {
        expect(text).not.toContain(citizen.personalNumber);
        if (citizen.fullName.includes(' ')) expect(text.toLowerCase()).not.toContain(citizen.fullName.toLowerCase());
      }
    }
  });
});

describe('privacy: nothing of a person stands in clear outside cards/, orders.json and the memories of the chips', () => {
  it('is seen by the search when it is planted, in every encoding and in names (the search can find)', () => {
    const search = searcher(needlesOf(orders));
    const citizen = orders[4]?.citizen;
    if (citizen === undefined) throw new Error('no order');
    const planted = join(root, 'planted');
    mkdirSync(planted);
    const values = [
      citizen.personalNumber,
      citizen.fullName,
      citizen.placeOfResidence,
      citizen.fullName.toUpperCase(),
      mrzName(citizen.fullName),
    ];
    for (const value of values) {
      for (const [how, bytes] of encodingsOf(value)) {
        writeFileSync(join(planted, 'file'), Buffer.concat([Buffer.alloc(5000, 0x61), bytes, Buffer.alloc(5000, 0x62)]));
        expect(searchFolder(planted, search, () => false).finds.length, how).toBeGreaterThan(0);
      }
    }
    // In a base64 of a larger text the value lies at any of three alignments.
    for (const before of ['', 'x', 'xy']) {
      writeFileSync(join(planted, 'file'), Buffer.from(`${before}${citizen.personalNumber} and more`).toString('base64'));
      expect(searchFolder(planted, search, () => false).finds.length).toBeGreaterThan(0);
    }
    writeFileSync(join(planted, 'file'), 'nothing');
    expect(searchFolder(planted, search, () => false).finds).toEqual([]);
    writeFileSync(join(planted, `face-${citizen.personalNumber}.png`), '');
    expect(searchFolder(planted, search, () => false).finds).toHaveLength(1);
    // And it finds what lies in clear where it may.
    expect(search(bytesOf('orders.json')).length).toBeGreaterThan(orders.length);
  });

  it('is not in the plant: database files and WAL, Redis, logs, spool, state, file names', () => {
    const search = searcher(needlesOf(orders));
    const { finds, files, bytes } = searchFolder(plantDir, search, (path) => path.endsWith('.image'));
    expect(finds).toEqual([]);
    // What was searched is really there.
    const names = readdirSync(plantDir, { recursive: true }).map(String);
    for (const seen of [
      /^postgres\/data\/pg_wal\/[0-9A-F]{24}$/,
      /^postgres\/data\/base\//,
      /^redis\/appendonlydir\/.*\.aof$/,
      /^logs?\/worker\.log$/,
    ]) {
      expect(names.filter((name) => seen.test(name)).length, String(seen)).toBeGreaterThan(0);
    }
    expect(files).toBeGreaterThan(500);
    expect(bytes).toBeGreaterThan(20_000_000);
  });

  it('is not in any row of the database either (long values lie compressed in its files)', async () => {
    const search = searcher(needlesOf(orders));
    const dump = await openBooks(place, (_ask, dumped) => dumped());
    expect(dump).toContain('COPY public.cards');
    expect(search(Buffer.from(dump)).map(({ what }) => what)).toEqual([]);
  });

  it('is not in what the demo says, nor in its report, certificates or shipments', () => {
    const search = searcher(needlesOf(orders));
    expect(search(Buffer.from(demo.output()))).toEqual([]);
    expect(searchFolder(outDir, search, (path) => path.startsWith('cards/') || path === 'orders.json').finds).toEqual([]);
    for (const card of good) {
      const [, payload = ''] = readFileSync(at('cards', card, 'birth-certificate.jws'), 'utf8').split('.');
      expect(search(Buffer.from(payload, 'base64url'))).toEqual([]);
    }
    expect(processesOf(place)).toEqual([]);
  });
});
