import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { signDetached, verifyDetached } from '#pki/cms';
import { namedSpki } from '#pki/ec';
import type { EcKey } from '#pki/hsm';
import { signJws, verifyJws } from '#pki/jws';
import { addYears, issueCertificate, plantSignerCertificate, prepareCertificate } from '#pki/x509';
import { verifyAudit } from '#production/audit';
import { furnishTestPlant, releaseTestCards, testChipId, testSerial } from '#production/batches';
import { cardTrace, countByState, createCardLedger, createPrintLedger } from '#production/cards';
import { registerProvinceCertificate } from '#production/provinces';
import { createInspectionLedger } from '#production/quality';
import { balance } from '#production/stock';
import { canonicalJson, startTestStore, type TestStore } from '#production/store';
import type { Station } from '#queues/ports';
import {
  birthCertificate,
  decodeManifest,
  listCases,
  listConsignments,
  manifestFiles,
  packBatch,
  receiveReceipt,
  shipConsignment,
  type Manifest,
  type PackDeps,
} from './index.ts';

let store: TestStore;
const folder = mkdtempSync(join(tmpdir(), 'cardmint-ship-'));
const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });

interface Signer {
  readonly key: EcKey;
  readonly certificate: Uint8Array;
  readonly sign: (content: Uint8Array, at?: Date) => Promise<Uint8Array>;
}
let plant: Signer;
let hanoi: Signer;
let bacninh: Signer;

async function signerNamed(commonName: string): Promise<Signer> {
  const key = await hsm.generateEcKey({ label: commonName, curve: 'P-256', purpose: 'sign' });
  const name = { country: 'VN', commonName };
  const from = new Date(Date.now() - 3_600_000);
  const request = plantSignerCertificate({
    subject: name,
    serialNumber: Uint8Array.of(7),
    curve: 'P-256',
    point: key.point,
    usage: { notBefore: from, notAfter: addYears(from, 2) },
    notAfter: addYears(from, 12),
  });
  const token = prepareCertificate(request, { name, spki: namedSpki('P-256', key.point), algorithm: { key: 'ec', hash: 'sha256' } });
  const certificate = await issueCertificate(token, async (digest) => await hsm.sign(key, digest));
  return {
    key,
    certificate,
    sign: async (content, at = new Date()) =>
      await signDetached(content, { certificate, sign: async (digest) => await hsm.sign(key, digest) }, at),
  };
}

beforeAll(async () => {
  store = await startTestStore();
  await furnishTestPlant(store, 40);
  await hsm.open(pin);
  [plant, hanoi, bacninh] = [await signerNamed('Plant'), await signerNamed('Hanoi'), await signerNamed('Bac Ninh')];
  for (const [provinceCode, { certificate }] of [
    ['01', hanoi],
    ['24', bacninh],
  ] as const) {
    await registerProvinceCertificate(store, { provinceCode, certificate, who: 'plant' });
  }
});
afterAll(async () => {
  await store?.stop();
  rmSync(folder, { recursive: true, force: true });
});

let signatures = 0;
const packer = (): PackDeps => ({
  ...store,
  plantName: 'Trung tâm sản xuất căn cước',
  boxCardsMax: 2,
  signer: {
    signManifest: async ({ manifest }) => {
      signatures++;
      return await plant.sign(manifest);
    },
    signBirthCertificate: async ({ claims }) =>
      await signJws(
        utf8(canonicalJson(claims)),
        { typ: 'birth', kid: 'k' },
        {
          publicKey: namedSpki('P-256', plant.key.point),
          sign: async (digest) => await hsm.sign(plant.key, digest),
        },
      ),
  },
});

let blank = 1;
async function make(cardId: string): Promise<void> {
  const ledger = createCardLedger(store, { line: 'line-1' });
  const claim = async (station: Station) => {
    const claimed = await ledger.claim({ cardId, station, owner: station });
    if (typeof claimed === 'string') throw new Error(claimed);
    return claimed.claim;
  };
  const encode = await claim('encode');
  const n = blank++;
  await ledger.reserveBlank(encode, { serial: testSerial(n), seat: 'encode:1' });
  await ledger.bindBlank(encode, { serial: testSerial(n), chipId: testChipId(n) });
  await ledger.recordChipKeys(encode, { activeAuthentication: utf8(`aa ${cardId}`), chipAuthentication: utf8(`ca ${cardId}`) });
  await ledger.advance(encode, 'CHIP_OPENED');
  await ledger.advance(encode, 'SOD_INTENT');
  await ledger.advance(encode, 'SOD_SIGNED', { sodSha256: createHash('sha256').update(cardId).digest('hex') });
  for (const state of ['WRITTEN', 'LOCKED', 'LOCK_VERIFIED'] as const) await ledger.advance(encode, state);
  await ledger.release(encode);
  const print = await claim('print');
  const { jobId } = await createPrintLedger(store).intend(print, { frontHash: 'aa', backHash: 'bb' });
  await createPrintLedger(store).outcome(print, jobId, 'printed');
  await ledger.advance(print, 'PRINTED');
  await ledger.release(print);
  const inspect = await claim('inspect');
  await createInspectionLedger(store).file(inspect, {
    passed: true,
    reasons: [],
    report: { verdict: 'good', files: [{ name: 'EF.DG1', sha256: 'cc' }] },
  });
  await ledger.release(inspect);
}

/** A batch of three cards for two offices of one province, packed and sent. */
async function sent(office: string): Promise<{ readonly consignmentId: string; readonly manifest: Manifest; readonly bytes: Uint8Array }> {
  const { batchId, cardIds } = await releaseTestCards(store, 3, office);
  for (const cardId of cardIds) await make(cardId);
  const { consignmentId } = await packBatch(packer(), batchId);
  await shipConsignment(store, { consignmentId, who: 'operator-an' });
  const files = await manifestFiles(store, consignmentId);
  if (files === null) throw new Error('no manifest');
  return { consignmentId, manifest: decodeManifest(files.json), bytes: files.json };
}

const serialsOf = (manifest: Manifest) => manifest.boxes.flatMap((box) => box.cards.map((card) => card.serial));
function receiptFor(
  consignment: { readonly consignmentId: string; readonly manifest: Manifest; readonly bytes: Uint8Array },
  change: Record<string, unknown> = {},
) {
  return utf8(
    JSON.stringify({
      format: 'cardmint-receipt/1',
      consignment: consignment.consignmentId,
      manifestHash: createHash('sha256').update(consignment.bytes).digest('hex'),
      receivedAt: new Date().toISOString(),
      received: serialsOf(consignment.manifest),
      short: [],
      damaged: [],
      over: [],
      ...change,
    }),
  );
}
const bring = async (consignmentId: string, receipt: Uint8Array, signature: Uint8Array, provinceCode = '01') =>
  await receiveReceipt(store, { consignmentId, receipt, signature, who: 'hanoi', provinceCode });

describe('packing (invariant D5)', () => {
  it('refuses a batch with a card that was not inspected', async () => {
    const { batchId, cardIds } = await releaseTestCards(store, 2);
    await make(cardIds[0] ?? '');
    await expect(packBatch(packer(), batchId)).rejects.toMatchObject({ code: 'BATCH_NOT_INSPECTED' });
    await expect(packBatch(packer(), 'bat-none')).rejects.toMatchObject({ code: 'BATCH_UNKNOWN' });
    await make(cardIds[1] ?? '');
    expect(await packBatch(packer(), batchId)).toMatchObject({ cards: 2, boxes: 1, state: 'PACKED' });
  });

  it('makes one consignment however often and by however many it is asked, with one birth certificate a card', async () => {
    const { batchId, cardIds } = await releaseTestCards(store, 3);
    for (const cardId of cardIds) await make(cardId);
    const answers = await Promise.all([1, 2, 3].map(async () => await packBatch(packer(), batchId)));
    expect(new Set(answers.map((answer) => answer.consignmentId)).size).toBe(1);
    expect(answers[0]).toMatchObject({ cards: 3, boxes: 2 });
    const consignmentId = answers[0]?.consignmentId ?? '';
    const before = signatures;
    expect(await packBatch(packer(), batchId)).toMatchObject({ consignmentId, state: 'PACKED' });
    expect(signatures).toBe(before);
    const jws = (await birthCertificate(store, cardIds[0] ?? '')) ?? '';
    const { payload } = verifyJws(jws, { publicKey: namedSpki('P-256', plant.key.point), typ: 'birth' });
    const claims = JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>;
    expect(claims).toMatchObject({
      card: cardIds[0],
      supersedes: null,
      print: { frontSha256: 'aa', backSha256: 'bb' },
      inspection: { report: { verdict: 'good' } },
      blank: { serial: expect.stringMatching(/^B-/) as string },
    });
    expect((claims['times'] as { state: string }[]).map((time) => time.state)).toContain('LOCK_VERIFIED');
  });

  it('goes on where it stopped when the token was away, with the manifest it had made', async () => {
    const { batchId, cardIds } = await releaseTestCards(store, 1);
    await make(cardIds[0] ?? '');
    const deps = packer();
    const away = { ...deps, signer: { ...deps.signer, signManifest: async () => await Promise.reject(new Error('token away')) } };
    await expect(packBatch(away, batchId)).rejects.toThrow('token away');
    const [stopped] = await listConsignments(store, {}).then((all) => all.filter((one) => one.batchId === batchId));
    expect(stopped?.state).toBe('PACKING');
    await expect(shipConsignment(store, { consignmentId: stopped?.consignmentId ?? '', who: 'x' })).rejects.toMatchObject({
      code: 'CONSIGNMENT_STATE',
    });
    expect(await packBatch(deps, batchId)).toMatchObject({ consignmentId: stopped?.consignmentId, state: 'PACKED' });
    expect((await listConsignments(store, { consignmentId: stopped?.consignmentId ?? '' }))[0]?.manifestSha256).toBe(
      stopped?.manifestSha256,
    );
  });

  it('the manifest is signed, canonical, names no person, and openssl verifies it', async () => {
    const { consignmentId, bytes, manifest } = await sent('01.00004');
    const files = await manifestFiles(store, consignmentId);
    if (files === null) throw new Error('no files');
    expect(Buffer.from(bytes).toString()).toBe(canonicalJson(JSON.parse(Buffer.from(bytes).toString())));
    expect(manifest).toMatchObject({
      format: 'cardmint-manifest/1',
      counts: { cards: 3, boxes: 2 },
      to: { province: '01', name: 'Hà Nội' },
    });
    expect(verifyDetached(files.signature, files.json, { trusted: [plant.certificate] }).certificate).toEqual(plant.certificate);
    for (const [name, content] of [
      ['m.json', files.json],
      ['m.p7s', files.signature],
      ['plant.cer', plant.certificate],
      ['m.pdf', files.pdf],
    ] as const) {
      writeFileSync(join(folder, name), content);
    }
    execFileSync('openssl', ['x509', '-inform', 'DER', '-in', 'plant.cer', '-out', 'plant.pem'], { cwd: folder });
    execFileSync(
      'openssl',
      [
        'cms',
        '-verify',
        '-inform',
        'DER',
        '-in',
        'm.p7s',
        '-content',
        'm.json',
        '-CAfile',
        'plant.pem',
        '-purpose',
        'any',
        '-out',
        'out.json',
        '-binary',
      ],
      { cwd: folder, stdio: 'pipe' },
    );
    const text = execFileSync('pdftotext', ['-layout', 'm.pdf', '-'], { cwd: folder }).toString();
    for (const serial of serialsOf(manifest)) expect(text).toContain(serial);
    expect(text).toContain('BẢNG KÊ GIAO THẺ');
    expect(text).toContain('Hà Nội (01)');
    const fonts = execFileSync('pdffonts', ['m.pdf'], { cwd: folder }).toString();
    expect(
      fonts
        .split('\n')
        .slice(2, -1)
        .every((line) => /DejaVu.*yes yes yes/.test(line)),
    ).toBe(true);
    const csv = Buffer.from(files.csv).toString();
    expect(csv.startsWith('\uFEFF"consignment","box"')).toBe(true);
    expect(csv.trimEnd().split('\r\n')).toHaveLength(4);
    await expect(
      sql`update consignments set manifest = 'x' where consignment_id = ${consignmentId}`.execute(store.db),
    ).rejects.toMatchObject({ code: 'CM001' });
  });
});

describe('receipts (invariants D6, D7)', () => {
  it('a full receipt closes the consignment once; the same again is answered again, another is refused', async () => {
    const consignment = await sent('01.00037');
    const { consignmentId } = consignment;
    const receipt = receiptFor(consignment);
    const signature = await hanoi.sign(receipt);
    expect(await bring(consignmentId, receipt, signature)).toMatchObject({ state: 'RECEIVED', received: 3, cases: [], replayed: false });
    expect(await bring(consignmentId, receipt, signature)).toMatchObject({ state: 'RECEIVED', replayed: true });
    const other = receiptFor(consignment, { receivedAt: new Date(Date.now() + 1000).toISOString() });
    await expect(bring(consignmentId, other, await hanoi.sign(other))).rejects.toMatchObject({ code: 'RECEIPT_REPLAYED' });
    expect((await listConsignments(store, { consignmentId }))[0]).toMatchObject({ state: 'RECEIVED' });
    for (const box of consignment.manifest.boxes)
      for (const card of box.cards) expect(await cardTrace(store, card.cardId)).toMatchObject({ state: 'RECEIVED', consignmentId });
  });

  it('a card reported short opens a case and stays SHIPPED, marked; damaged and over open theirs', async () => {
    const consignment = await sent('01.00037');
    const [a, b, c] = serialsOf(consignment.manifest);
    const receipt = receiptFor(consignment, { received: [a], short: [b], damaged: [c], over: ['Z-9999'] });
    const answer = await bring(consignment.consignmentId, receipt, await hanoi.sign(receipt));
    expect(answer).toMatchObject({ state: 'RECEIVED_WITH_CASE', received: 1, short: 1, damaged: 1, over: 1 });
    expect(answer.cases).toHaveLength(3);
    const cases = await listCases(store, { consignmentId: consignment.consignmentId });
    const short = cases.find((one) => one.kind === 'SHORT');
    expect(await cardTrace(store, short?.cardId ?? '')).toMatchObject({ state: 'SHIPPED', caseId: short?.caseId });
    expect(cases.find((one) => one.kind === 'OVER')).toMatchObject({ serial: 'Z-9999', cardId: null });
    const damaged = cases.find((one) => one.kind === 'DAMAGED');
    expect(await cardTrace(store, damaged?.cardId ?? '')).toMatchObject({ state: 'RECEIVED', caseId: damaged?.caseId });
  });

  it('refuses every other receipt, twice the same way, and changes nothing (bad-input §5.9)', async () => {
    const consignment = await sent('01.00004');
    const { consignmentId, manifest } = consignment;
    const [a, b, c] = serialsOf(manifest);
    const elsewhere = await sent('24.07210');
    const good = receiptFor(consignment);
    const cases: readonly (readonly [string, Uint8Array, Signer, string])[] = [
      ['signed by another province', good, bacninh, 'RECEIPT_SIGNATURE'],
      ['signed by the plant', good, plant, 'RECEIPT_SIGNATURE'],
      ['not JSON', utf8('{'), hanoi, 'RECEIPT_MALFORMED'],
      ['a duplicate key', utf8(Buffer.from(good).toString().replace('"short":[]', '"short":[],"short":[]')), hanoi, 'RECEIPT_MALFORMED'],
      ['an unknown field', receiptFor(consignment, { note: 'x' }), hanoi, 'RECEIPT_MALFORMED'],
      ['of another consignment', receiptFor(elsewhere), hanoi, 'RECEIPT_CONTENT'],
      ['for another manifest', receiptFor(consignment, { manifestHash: 'a'.repeat(64) }), hanoi, 'RECEIPT_CONTENT'],
      ['a serial left out', receiptFor(consignment, { received: [a, b] }), hanoi, 'RECEIPT_CONTENT'],
      ['a serial twice', receiptFor(consignment, { received: [a, b, c, c] }), hanoi, 'RECEIPT_CONTENT'],
      ['a serial both received and short', receiptFor(consignment, { short: [c] }), hanoi, 'RECEIPT_CONTENT'],
      [
        'a foreign serial as received',
        receiptFor(consignment, { received: [a, b, serialsOf(elsewhere.manifest)[0]] }),
        hanoi,
        'RECEIPT_CONTENT',
      ],
      ['a serial that was sent as over', receiptFor(consignment, { received: [a, b], over: [c] }), hanoi, 'RECEIPT_CONTENT'],
      ['received before it was sent', receiptFor(consignment, { receivedAt: '2020-01-01T00:00:00Z' }), hanoi, 'RECEIPT_STATE'],
      [
        'received tomorrow',
        receiptFor(consignment, { receivedAt: new Date(Date.now() + 86_400_000).toISOString() }),
        hanoi,
        'RECEIPT_STATE',
      ],
    ];
    for (const [name, receipt, signer, code] of cases) {
      const signature = await signer.sign(receipt);
      for (let twice = 0; twice < 2; twice++) await expect(bring(consignmentId, receipt, signature), name).rejects.toMatchObject({ code });
    }
    const signature = await hanoi.sign(good);
    await expect(bring(consignmentId, good, signature.slice(0, -1))).rejects.toMatchObject({ code: 'RECEIPT_SIGNATURE' });
    await expect(bring(consignmentId, good, signature, '24')).rejects.toMatchObject({ code: 'CONSIGNMENT_UNKNOWN' });
    await expect(bring(elsewhere.consignmentId, good, signature, '01')).rejects.toMatchObject({ code: 'CONSIGNMENT_UNKNOWN' });
    expect((await listConsignments(store, { consignmentId }))[0]?.state).toBe('SHIPPED');
    expect(await bring(consignmentId, good, signature)).toMatchObject({ state: 'RECEIVED' });
  });

  it('of eight different receipts at once one is accepted', async () => {
    const consignment = await sent('01.00004');
    const receipts = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const receipt = receiptFor(consignment, { receivedAt: new Date(Date.now() + i * 1000).toISOString() });
        return { receipt, signature: await hanoi.sign(receipt) };
      }),
    );
    const answers = await Promise.allSettled(
      receipts.map(async ({ receipt, signature }) => await bring(consignment.consignmentId, receipt, signature)),
    );
    expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'RECEIPT_REPLAYED' });
  });

  it('books and chain hold after all of this', async () => {
    expect(await balance(store.db)).toMatchObject({ balanced: true });
    expect(await verifyAudit(store.db)).toMatchObject({ intact: true });
    expect((await countByState(store)).SHIPPED).toBeGreaterThan(0);
  });
});
