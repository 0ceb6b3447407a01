import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { cvCertificate, cvTrustPoint, inspectionRights, verifyByCvKey, verifyCvChain } from '#encoder/cv-certificate';
import { diversify } from '#encoder/globalplatform';
import { LyingHsm } from '#hsm-mocks';
import type { CeremonyResult } from '#pki/ceremony';
import { verifyDetached } from '#pki/cms';
import { HsmError, type Hsm, type HsmErrorCode } from '#pki/hsm';
import { verifyJws } from '#pki/jws';
import { sealBox, sealToAll } from '#pki/sealed-box';
import { verifySod } from '#pki/sod';
import { EF_COM, softHsmTokens, specimenFiles } from '#pki/testing';
import { parseCertificate } from '#pki/x509';
import { furnishTestPlant, releaseTestCards } from '#production/batches';
import { createCardLedger } from '#production/cards';
import { silentLogger } from '#production/logging';
import {
  admitFromCeremony,
  BIRTH_CERTIFICATE_TYPE,
  connectSigner,
  createAnswers,
  serveSigner,
  type SignerClient,
  type SignerToken,
} from '#production/signer';
import { startTestStore, type TestStore } from '#production/store';
import type { Claim, CardLedger } from '#queues/ports';
import { documentSignersOf, lineToken, trustOf } from './line-token.ts';
import { lineKeys, specimenKeys } from './specimen-ceremony.fixture.ts';

/**
 * The signer on two real SoftHSM tokens and a real PostgreSQL: who may ask what, and that no signature leaves without its intent
 * (invariants P3, P5), never twice for one content, and never a wrong one.
 */
const IDENTITIES = {
  api: 'a'.repeat(64),
  line: 'b'.repeat(64),
  inspector: 'c'.repeat(64),
  worker: 'd'.repeat(64),
  authority: '5'.repeat(64),
} as const;
const MASTER = new Secret(Uint8Array.from({ length: 16 }, (_, i) => i * 7));

let store: TestStore;
let softHsm: Awaited<ReturnType<typeof softHsmTokens<'a' | 'b'>>>;
let hsm: Hsm;
let ceremony: CeremonyResult;
let folder = '';
let ledger: CardLedger;
let blank = 0;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardmint-signer-'));
  softHsm = await softHsmTokens('a', 'b');
  const line = { a: softHsm.tokens.a.hsm, b: softHsm.tokens.b.hsm };
  hsm = line.a;
  ({ ceremony } = await specimenKeys(line, { transportMaster: MASTER, clock: () => new Date(), documentSigners: 2 }));
  store = await startTestStore();
  await furnishTestPlant(store, 60);
  // Of token b no document is asked: what is signed here, and counted, is token a's.
  const signers = documentSignersOf(ceremony).filter((signer) => signer.token === 'a');
  await admitFromCeremony(store.db, signers);
  ledger = createCardLedger(store, { line: 'line-1' });
});

afterAll(async () => {
  for (const close of closing.toReversed()) await close();
  await store.stop();
  await softHsm.remove();
  await rm(folder, { recursive: true, force: true });
});

interface RunningSigner {
  readonly as: (identity: keyof typeof IDENTITIES) => SignerClient;
  readonly socket: string;
  readonly signatures: () => number;
}

/** One of the two tokens, as the signer's room sees it. `over` stands in for it: one that lies. */
function tokenOf(name: 'a' | 'b', over: Hsm = softHsm.tokens[name].hsm): SignerToken {
  return lineToken(over, name, lineKeys(ceremony, name));
}

/** A signer of its own over token a, and how a caller reaches it. `signatures` counts what the token was asked. */
async function signer(over: Hsm = hsm): Promise<RunningSigner> {
  let signatures = 0;
  const a = tokenOf('a', over);
  const counted: SignerToken = {
    ...a,
    sign: (as, digest) => {
      signatures += 1;
      return a.sign(as, digest);
    },
    signDocument: (as, digest) => {
      signatures += 1;
      return a.signDocument(as, digest);
    },
  };
  return { ...(await serve([counted])), signatures: () => signatures };
}

async function serve(tokens: readonly SignerToken[], clock = () => new Date()): Promise<Omit<RunningSigner, 'signatures'>> {
  const socket = join(folder, `signer-${closing.length}.sock`);
  const server = await serveSigner(socket, {
    answers: createAnswers({ db: store.db, tokens, trust: trustOf(ceremony), clock }),
    identities: IDENTITIES,
    log: silentLogger,
  });
  closing.push(() => server.close());
  for (const [identity, text] of Object.entries(IDENTITIES)) writeFileSync(join(folder, identity), text);
  return { as: (identity) => connectSigner({ socketPath: socket, tokenFile: join(folder, identity) }), socket };
}

/** A token whose library answers everything with one fault. */
function deadToken(name: 'a' | 'b', code: HsmErrorCode = 'HSM_DEVICE_FAILED'): SignerToken {
  const dead = () => Promise.reject(new HsmError(code, { where: name }));
  const calls = [
    'sign',
    'signDocument',
    'signRequest',
    'makeDocumentSignerKey',
    'destroyKey',
    'signaturesOf',
    'cmac',
    'agree',
    'proveAlive',
  ];
  return { ...tokenOf(name), ...Object.fromEntries(calls.map((call) => [call, dead])) };
}

/** A card whose blank is bound and whose chip is open, claimed by a seat. */
async function openedCard(): Promise<{ readonly claim: Claim; readonly chipId: string }> {
  const { cardIds } = await releaseTestCards(store, 1);
  const card = await ledger.claim({ cardId: cardIds[0] ?? '', station: 'encode', owner: 'encode:1' });
  if (typeof card === 'string') throw new Error(card);
  blank += 1;
  const serial = `B-${String(blank).padStart(4, '0')}`;
  const chipId = (0xc000 + blank).toString(16).toUpperCase().padStart(16, '0');
  expect(await ledger.reserveBlank(card.claim, { serial, seat: 'encode:1' })).toBe('reserved');
  expect(await ledger.bindBlank(card.claim, { serial, chipId })).toBe('bound');
  await ledger.advance(card.claim, 'CHIP_OPENED');
  return { claim: card.claim, chipId };
}

function sodRequest(claim: Claim, mark = 'A'): Parameters<SignerClient['securityObject']>[0] {
  const dataGroups = new Map(specimenFiles());
  // Another card, other data: DG15 of the specimen is opaque to the signer's lint beyond its tag.
  const dg15 = Uint8Array.from(dataGroups.get(15) ?? []);
  dg15[dg15.length - 1] = mark.charCodeAt(0);
  dataGroups.set(15, dg15);
  return { cardId: claim.cardId, fence: claim.fence, efCom: EF_COM, dataGroups };
}

async function intentsOf(subject: string): Promise<readonly { result: string | null; code: string | null }[]> {
  const { rows } = await sql<{ result: string | null; code: string | null }>`
    select o.result, o.code from signature_intents i left join signature_outcomes o using (intent_id) where i.subject = ${subject} order by o.at, i.intent_id`.execute(
    store.db,
  );
  return rows;
}

async function intentRows(subject: string): Promise<readonly { attempts: number }[]> {
  const { rows } = await sql<{ attempts: number }>`
    select attempts from signature_intents where subject = ${subject} order by intent_id`.execute(store.db);
  return rows;
}

async function stateOf(cardId: string): Promise<string> {
  return (await store.db.selectFrom('cards').select('state').where('card_id', '=', cardId).executeTakeFirstOrThrow()).state;
}

describe('EF.SOD from the signer (P3, P5)', () => {
  it('is signed once for one content: intent, signature, outcome; asked again, the same bytes without the token', async () => {
    const { as, signatures } = await signer();
    const { claim } = await openedCard();
    const request = sodRequest(claim);
    const efSod = await as('line').securityObject(request);
    expect(verifySod(efSod, request.dataGroups, { csca: ceremony.csca.all, crl: ceremony.crl, at: new Date() }).good).toBe(true);
    expect(await stateOf(claim.cardId)).toBe('SOD_SIGNED');
    expect(await as('line').securityObject(request)).toEqual(efSod);
    expect(signatures()).toBe(1);
    expect(await intentsOf(claim.cardId)).toEqual([{ result: 'signed', code: null }]);
  });

  it('leaves an intent with a named doubt when the token fails, and identical content is signed under it afterwards', async () => {
    const { claim } = await openedCard();
    const request = sodRequest(claim, 'B');
    const broken = await signer(new LyingHsm(hsm, ['HSM_DEVICE_FAILED']));
    await expect(broken.as('line').securityObject(request)).rejects.toMatchObject({ code: 'TOKEN_UNAVAILABLE' });
    expect(await stateOf(claim.cardId)).toBe('SOD_INTENT');
    expect(await intentsOf(claim.cardId)).toEqual([{ result: 'doubt', code: 'HSM_DEVICE_FAILED' }]);
    const whole = await signer();
    await whole.as('line').securityObject(request);
    expect((await intentsOf(claim.cardId)).map(({ result }) => result)).toEqual(['doubt', 'signed']);
    expect(await stateOf(claim.cardId)).toBe('SOD_SIGNED');
    expect(await intentRows(claim.cardId)).toEqual([{ attempts: 2 }]);
  });

  it('never hands out a signature that the certificate does not verify: its key is quarantined, the successor takes the card', async () => {
    const { claim } = await openedCard();
    const liar = await signer(new LyingHsm(hsm, ['wrong-signature']));
    const request = sodRequest(claim, 'C');
    const efSod = await liar.as('line').securityObject(request);
    expect(verifySod(efSod, request.dataGroups, { csca: ceremony.csca.all, crl: ceremony.crl, at: new Date() }).good).toBe(true);
    expect(await intentsOf(claim.cardId)).toEqual([
      { result: 'doubt', code: 'SIGNATURE_REJECTED' },
      { result: 'signed', code: null },
    ]);
    expect(await intentRows(claim.cardId)).toEqual([{ attempts: 1 }, { attempts: 1 }]);
    const { alarms } = await liar.as('api').health();
    expect(alarms.map(({ code }) => code)).toEqual(['KEY_QUARANTINED', 'SPARES_NEEDED']);
  });

  it('refuses a station whose fence is lost, and data that the lint refuses, before any intent', async () => {
    const { as, signatures } = await signer();
    const { claim } = await openedCard();
    const request = sodRequest(claim, 'D');
    await expect(as('line').securityObject({ ...request, fence: claim.fence + 1 })).rejects.toThrow();
    const without = new Map(request.dataGroups);
    without.delete(15);
    await expect(as('line').securityObject({ ...request, dataGroups: without })).rejects.toThrow();
    expect(await intentsOf(claim.cardId)).toEqual([]);
    expect(signatures()).toBe(0);
    expect(await stateOf(claim.cardId)).toBe('CHIP_OPENED');
  });
});

describe('what else comes out of the token', () => {
  it("derives the keys of the chip that is bound to the card, the maker's as the maker did and the plant's own, and of no other", async () => {
    const { as } = await signer();
    const { claim, chipId } = await openedCard();
    const keys = await as('line').transportKeys({ cardId: claim.cardId, fence: claim.fence, chipId });
    const made = diversify(MASTER, Uint8Array.from(Buffer.from(chipId, 'hex')));
    for (const name of ['enc', 'mac', 'dek'] as const) expect(keys.maker[name].reveal()).toEqual(made[name].reveal());
    expect([keys.maker.version, keys.plant.version]).toEqual([1, 2]);
    const all = [keys.maker, keys.plant].flatMap(({ enc, mac, dek }) => [enc, mac, dek]).map((key) => key.reveal().toString());
    expect(new Set(all).size).toBe(6);
    await expect(as('line').transportKeys({ cardId: claim.cardId, fence: claim.fence, chipId: 'FFFFFFFFFFFFFFFF' })).rejects.toMatchObject({
      code: 'CHIP_NOT_BOUND',
    });
    await expect(as('line').transportKeys({ cardId: claim.cardId, fence: claim.fence - 1, chipId })).rejects.toThrow();
  });

  it('Doc 9303-12 §7.1.1.5: tells which CSCA signs: not the next one, while it rests after its roll-over', async () => {
    const { csca, cscas, links } = await (await signer()).as('api').publicMaterial();
    expect([cscas, links]).toEqual([ceremony.csca.all, ceremony.csca.links]);
    expect(cscas).toHaveLength(2);
    expect([csca, csca]).toEqual([ceremony.csca.current.certificate, cscas[0]]);
  });

  it('opens a record key for the context it was sealed for only', async () => {
    const { as } = await signer();
    const { recordKeys } = await as('api').publicMaterial();
    const box = sealBox(recordKeys[0]?.publicKey ?? new Uint8Array(), new Secret(new Uint8Array(32).fill(9)), utf8('ord-one'));
    expect((await as('worker').openRecordKey(box, 'ord-one')).reveal()).toEqual(new Uint8Array(32).fill(9));
    await expect(as('worker').openRecordKey(box, 'ord-two')).rejects.toThrow();
  });

  it('makes one citizen one reference, twelve digits of another one another', async () => {
    const { as } = await signer();
    const reference = await as('api').citizenReference('001190000123');
    expect(reference).toMatch(/^[0-9a-f]{32}$/);
    expect(await as('api').citizenReference('001190000123')).toBe(reference);
    expect(await as('api').citizenReference('001190000124')).not.toBe(reference);
  });

  it('signs manifests and birth certificates that the published certificates verify, each content once', async () => {
    const { as, signatures } = await signer();
    const { plantSigner, birthCertificateSigner } = lineKeys(ceremony, 'a');
    const manifest = utf8('{"consignment":"shp-test"}');
    const p7s = await as('worker').signManifest({ consignmentId: 'shp-test', manifest });
    expect(verifyDetached(p7s, manifest, { trusted: [plantSigner.certificate] }).certificate).toEqual(plantSigner.certificate);
    expect(await as('worker').signManifest({ consignmentId: 'shp-test', manifest })).toEqual(p7s);
    expect(signatures()).toBe(1);
    const cardId = `crd-${'0'.repeat(26)}`;
    const jws = await as('worker').signBirthCertificate({ cardId, claims: { cardId } });
    const publicKey = parseCertificate(birthCertificateSigner.certificate).spki;
    expect(Buffer.from(verifyJws(jws, { publicKey, typ: BIRTH_CERTIFICATE_TYPE }).payload).toString()).toBe(`{"cardId":"${cardId}"}`);
  });
});

describe('one token dies, or the clock is wrong', () => {
  it('opening records, references, keys of chips, manifests, certificates and Terminal Authentication go on with the other', async () => {
    const { as } = await serve([deadToken('b'), tokenOf('a')]);
    // Token b while it lived: what must come out the same from each, does.
    const before = await serve([tokenOf('b')]);
    expect(await as('api').citizenReference('001190000123')).toBe(await before.as('api').citizenReference('001190000123'));
    const { recordKeys, plantSigners, birthCertificateSigners } = await as('api').publicMaterial();
    expect([recordKeys.map(({ token }) => token), plantSigners.length, birthCertificateSigners.length]).toEqual([['b', 'a'], 2, 2]);
    const box = sealToAll(
      recordKeys.map(({ publicKey }) => publicKey),
      new Secret(new Uint8Array(32).fill(9)),
      utf8('ord-one'),
    );
    expect((await as('worker').openRecordKey(box, 'ord-one')).reveal()).toEqual(new Uint8Array(32).fill(9));
    const { claim, chipId } = await openedCard();
    const keys = await as('line').transportKeys({ cardId: claim.cardId, fence: claim.fence, chipId });
    expect(keys.maker.enc.reveal()).toEqual(
      (await before.as('line').transportKeys({ cardId: claim.cardId, fence: claim.fence, chipId })).maker.enc.reveal(),
    );
    await as('worker').signManifest({ consignmentId: 'shp-one-dead', manifest: utf8('{}') });
    expect(await intentsOf('shp-one-dead')).toMatchObject([{ result: 'signed' }]);
    const chain = await as('inspector').terminalChain();
    expect(chain).toHaveLength(2);
    const holder = cvCertificate.decode(chain.at(-1) ?? new Uint8Array()).body.certificateHolderReference;
    expect(await as('inspector').signAsTerminal({ data: utf8('a challenge'), holder })).toHaveLength(64);
    // A chip was shown another terminal's chain: no other key answers for it.
    const another = as('inspector').signAsTerminal({ data: utf8('a challenge'), holder: 'VNANOTHER00001' });
    await expect(another).rejects.toMatchObject({ code: 'TOKEN_UNAVAILABLE' });
    const { token, tokens, alarms } = await as('api').health();
    expect([token, tokens]).toEqual(['ok', { b: 'HSM_DEVICE_FAILED', a: 'ok' }]);
    expect(alarms).toContainEqual({ code: 'HSM_DEVICE_FAILED', subject: 'b' });
  });

  it('a record that has a box in the dead token only waits; one that has none in any is refused', async () => {
    const { as } = await serve([deadToken('b'), tokenOf('a')]);
    const box = sealToAll([lineKeys(ceremony, 'b').recordKey.publicKey], new Secret(new Uint8Array(32)), utf8('ord-one'));
    await expect(as('worker').openRecordKey(box, 'ord-one')).rejects.toMatchObject({ code: 'TOKEN_UNAVAILABLE' });
    const alive = await serve([tokenOf('a')]);
    await expect(alive.as('worker').openRecordKey(box, 'ord-one')).rejects.toThrow('BOX_');
  });

  it('P1: a clock that is wrong is an alarm, before anybody asks for a signature', async () => {
    const { as } = await serve([tokenOf('a')], () => new Date(Date.now() + 90_000));
    expect((await as('api').health()).alarms).toContainEqual({ code: 'CLOCK_SKEW', subject: 'clock' });
    await expect(as('worker').signManifest({ consignmentId: 'shp-wrong-clock', manifest: utf8('{}') })).rejects.toMatchObject({
      code: 'CLOCK_SKEW',
    });
    expect(await intentsOf('shp-wrong-clock')).toEqual([]);
  });

  it('P11: the next revocation list is called for at 80 % of the time of the one that is out', async () => {
    const after = async (days: number) => {
      const { as } = await serve([tokenOf('a')], () => new Date(Date.now() + days * 86_400_000));
      return (await as('api').health()).alarms.map(({ code }) => code);
    };
    expect(await after(71)).not.toContain('CRL_DUE');
    expect(await after(73)).toContain('CRL_DUE');
  });

  it('P13: both die: cards wait, and nothing is signed, opened or derived', async () => {
    const { as } = await serve([deadToken('a'), deadToken('b', 'HSM_PIN_INCORRECT')]);
    const { claim, chipId } = await openedCard();
    const asked = [
      as('api').citizenReference('001190000123'),
      as('worker').openRecordKey(sealBox(lineKeys(ceremony, 'a').recordKey.publicKey, new Secret(new Uint8Array(32)), utf8('x')), 'x'),
      as('line').transportKeys({ cardId: claim.cardId, fence: claim.fence, chipId }),
      as('line').securityObject(sodRequest(claim, 'Z')),
      as('worker').signManifest({ consignmentId: 'shp-both-dead', manifest: utf8('{}') }),
      as('api').health(),
    ];
    for (const result of await Promise.allSettled(asked))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'TOKEN_UNAVAILABLE' } });
    expect(await intentsOf(claim.cardId)).toEqual([]);
    expect(await stateOf(claim.cardId)).toBe('CHIP_OPENED');
  });
});

describe('who may ask (each caller has a short list)', () => {
  it.each([
    ['api', 'transportKeys'],
    ['inspector', 'transportKeys'],
    ['inspector', 'securityObject'],
    ['worker', 'securityObject'],
    ['api', 'openRecordKey'],
    ['line', 'citizenReference'],
    ['line', 'signManifest'],
    ['inspector', 'signBirthCertificate'],
  ] as const)('%s may not ask for %s', async (identity, what) => {
    const { as } = await signer();
    const client = as(identity);
    const { claim, chipId } = await openedCard();
    const asked: Readonly<Record<string, () => Promise<unknown>>> = {
      transportKeys: () => client.transportKeys({ ...claim, chipId }),
      securityObject: () => client.securityObject(sodRequest(claim)),
      openRecordKey: () => client.openRecordKey(new Uint8Array(100), 'x'),
      citizenReference: () => client.citizenReference('001190000123'),
      signManifest: () => client.signManifest({ consignmentId: 'shp-x', manifest: utf8('{}') }),
      signBirthCertificate: () => client.signBirthCertificate({ cardId: claim.cardId, claims: {} }),
    };
    await expect(asked[what]?.()).rejects.toMatchObject({ code: 'SIGNER_REFUSED' });
  });

  it.each([
    ['no token', {}, '{}', 401],
    ['another token', { authorization: `Bearer ${'e'.repeat(64)}` }, '{}', 401],
    ['no JSON', { authorization: `Bearer ${IDENTITIES.line}` }, '{', 400],
    ['an unknown field', { authorization: `Bearer ${IDENTITIES.line}` }, '{"cardId":"x","more":1}', 400],
    [
      'a fence that is text',
      { authorization: `Bearer ${IDENTITIES.line}` },
      '{"cardId":"crd-00000000000000000000000000","fence":"1","chipId":"0000000000000000"}',
      400,
    ],
  ])('%s is refused, and nothing is said of why beyond a code', async (_name, headers, body, status) => {
    const { socket } = await signer();
    const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const outgoing = request(
        { socketPath: socket, path: '/v1/transport-keys', method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain('at ');
  });

  it('a signer that is away is one code, and says what to do', async () => {
    const away = connectSigner({ socketPath: join(folder, 'nobody.sock'), tokenFile: join(folder, 'line') });
    await expect(away.health()).rejects.toMatchObject({ code: 'SIGNER_UNREACHABLE' });
  });
});

describe('Doc 9303-11 §7.1: the chain that opens fingerprints', () => {
  it('a document verifier and an inspection system under the CVCA of the chips, made once and handed out again', async () => {
    const { as, signatures } = await signer();
    const chain = await as('inspector').terminalChain();
    const made = signatures();
    expect(await as('inspector').terminalChain()).toEqual(chain);
    expect(signatures()).toBe(made);
    const { cvca } = await as('line').publicMaterial();
    const state = verifyCvChain(
      [cvTrustPoint(cvCertificate.decode(cvca))],
      chain.map((bytes) => cvCertificate.decode(bytes)),
      today(),
    );
    expect(state.imported === undefined ? null : inspectionRights(state.imported)).toEqual({ dg3: true, dg4: false });
    const key = state.imported?.publicKey;
    if (key === undefined) throw new Error('the chain has no terminal');
    const holder = cvCertificate.decode(chain.at(-1) ?? new Uint8Array()).body.certificateHolderReference;
    expect(verifyByCvKey(key, utf8('challenge'), await as('inspector').signAsTerminal({ data: utf8('challenge'), holder }))).toBe(true);
  });

  it('another terminal is certified for its own key, and anew when it comes with another one', async () => {
    const { as } = await signer();
    const point = (): Uint8Array =>
      Uint8Array.from(generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).publicKey.export({ type: 'spki', format: 'der' })).slice(
        -65,
      );
    const key = point();
    const [, first] = await as('authority').certifyTerminal({ mnemonic: 'FIELD', point: key });
    const [, same] = await as('authority').certifyTerminal({ mnemonic: 'FIELD', point: key });
    const [, other] = await as('authority').certifyTerminal({ mnemonic: 'FIELD', point: point() });
    const nameOf = (bytes: Uint8Array = new Uint8Array(0)): string => cvCertificate.decode(bytes).body.certificateHolderReference;
    expect(same).toEqual(first);
    expect([nameOf(first), nameOf(other)]).toEqual(['VNFIELD00001', 'VNFIELD00002']);
  });

  it('threat: the station that writes chips asks for a signature of the terminal', async () => {
    const { as } = await signer();
    await expect(as('line').signAsTerminal({ data: utf8('challenge'), holder: 'VNANOTHER00001' })).rejects.toMatchObject({
      code: 'SIGNER_REFUSED',
    });
    await expect(as('worker').terminalChain()).rejects.toMatchObject({ code: 'SIGNER_REFUSED' });
  });

  it('threat: the process that answers HTTP has a terminal of its own certified, to read DG3', async () => {
    const { as } = await signer();
    const terminal = { mnemonic: 'FIELD', point: new Uint8Array(65) };
    await expect(as('api').certifyTerminal(terminal)).rejects.toMatchObject({ code: 'SIGNER_REFUSED' });
  });
});

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
