import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromHex, Secret, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { approve, type Approval, type CeremonyResult } from '#pki/ceremony';
import { readAloud, verifyCertificateRequest } from '#pki/certificate-request';
import { issueCrl, prepareCrl } from '#pki/crl';
import { explicitSpki, pointOfKey } from '#pki/ec';
import { verifyJws } from '#pki/jws';
import { disguised } from '#pki/testing';
import { addDays, addYears, cscaCertificate, cscaLinkCertificate, issueCertificate, parseCertificate, prepareCertificate } from '#pki/x509';
import type { CliIo } from '#production/cli';
import { silentLogger } from '#production/logging';
import {
  ADMISSION,
  admissionContent,
  admitFromCeremony,
  connectSigner,
  connectSignerAuthority,
  createAnswers,
  DESTRUCTION,
  DESTRUCTION_TYPE,
  serveSigner,
  signDocuments,
  type SignerAuthorityClient,
  type SignerClient,
  type SignerDeps,
} from '#production/signer';
import { startTestStore, type TestStore } from '#production/store';
import { registerDocumentSigners } from './document-signer-commands.ts';
import { testDocument } from './document-signers.fixture.ts';
import { documentSignersOf, lineToken, trustOf } from './line-token.ts';
import { lineKeys, specimenKeys } from './specimen-ceremony.fixture.ts';
import { throwawayAuthority, type ThrowawayAuthority } from './throwaway-authority.ts';

/**
 * What a person's tool asks of the signer: a Document Signer from the request for its certificate to the end of its key, under a CSCA of
 * ours and under another authority's; and the reconciliation that finds what nobody asked for. On a token that counts.
 */
const TOKENS = { api: '1', line: '2', inspector: '3', worker: '4', authority: '5' } as const;
const IDENTITIES = Object.fromEntries(Object.entries(TOKENS).map(([name, digit]) => [name, digit.repeat(64)])) as Record<
  keyof typeof TOKENS,
  string
>;
const HOUR = 3_600_000;
const SUBJECT = { country: 'VN', organization: 'Cardmint Specimen', commonName: 'DS SPECIMEN' };

let store: TestStore;
let hsm: SoftwareHsm;
let csca: SoftwareHsm;
let ceremony: CeremonyResult;
let foreign: ThrowawayAuthority;
let deps: SignerDeps;
let authority: SignerAuthorityClient;
let api: SignerClient;
let folder = '';
let close: () => Promise<unknown> = () => Promise.resolve();

const people = ['an', 'binh', 'chi'].map((id) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    id,
    name: id,
    publicKey: Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' })),
    privateKey: new Secret(Uint8Array.from(privateKey.export({ type: 'pkcs8', format: 'der' }))),
  };
});
const stranger = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' });

function approvals(kind: string, content: Uint8Array, ...who: readonly number[]): readonly Approval[] {
  return who.flatMap((index) => {
    const person = people[index];
    return person === undefined ? [] : [approve(person, { kind, content })];
  });
}

beforeAll(async () => {
  const pin = new Secret(utf8('12345678'));
  hsm = new SoftwareHsm({ pin });
  await hsm.open(pin);
  const transportMaster = new Secret(new Uint8Array(16).fill(7));
  ({ ceremony, authority: csca } = await specimenKeys(
    { a: disguised(hsm) },
    { transportMaster, clock: () => new Date(Date.now() - HOUR), documentSigners: 2 },
  ));
  foreign = await throwawayAuthority(new Date(Date.now() - 5000));
  store = await startTestStore();
  const admitted = await Promise.all(
    documentSignersOf(ceremony).map(async (signer) => ({ ...signer, counter: await hsm.signaturesOf({ keyId: signer.keyId }) })),
  );
  await admitFromCeremony(store.db, admitted);
  deps = {
    db: store.db,
    tokens: [lineToken(hsm, 'a', lineKeys(ceremony, 'a'))],
    trust: { ...trustOf(ceremony), quorum: { custodians: people, needed: 2 } },
    clock: () => new Date(),
  };
  folder = await mkdtemp(join(tmpdir(), 'cardmint-authority-'));
  const socketPath = join(folder, 'signer.sock');
  const server = await serveSigner(socketPath, { answers: createAnswers(deps), identities: IDENTITIES, log: silentLogger });
  close = () => server.close();
  for (const [name, text] of Object.entries(IDENTITIES)) await writeFile(join(folder, name), text);
  authority = connectSignerAuthority({ socketPath, tokenFile: join(folder, 'authority') });
  api = connectSigner({ socketPath, tokenFile: join(folder, 'api') });
});

afterAll(async () => {
  await close();
  await store.stop();
  await rm(folder, { recursive: true, force: true });
});

async function requested(): Promise<{ readonly keyId: string; readonly point: Uint8Array }> {
  const [request] = await authority.requestDocumentSigners({ token: 'a', count: 1, subject: SUBJECT });
  if (request === undefined) throw new Error('no request');
  const { spki } = verifyCertificateRequest(request.request);
  return { keyId: request.keyId, point: pointOfKey(spki) };
}

async function rowOf(signer: string) {
  return (await authority.documentSigners()).find((row) => row.signer === signer);
}

describe('the CSCA is a role, not a place', () => {
  it('a key made in the token leaves as PKCS#10, comes back certified by another authority, is approved by two and becomes a spare that signs', async () => {
    const { point } = await requested();
    const certificate = await foreign.certify(point, 1);
    const admission = { certificate, issuers: [foreign.csca] };
    const signer = await authority.admitDocumentSigner({
      ...admission,
      approvals: approvals(ADMISSION, admissionContent(admission), 0, 1),
    });
    expect(await rowOf(signer)).toMatchObject({ token: 'a', state: 'spare', documents: 0, cards: 0 });
    const { cscas, documentSigners } = await api.publicMaterial();
    expect(cscas.map((csca) => Buffer.from(csca).equals(foreign.csca))).toEqual([false, false, true]);
    expect(documentSigners.some((known) => Buffer.from(known).equals(certificate))).toBe(true);
    // Nothing is signed under it twice by asking again.
    const again = await authority.admitDocumentSigner({ ...admission, approvals: approvals(ADMISSION, admissionContent(admission), 1, 2) });
    expect(again).toBe(signer);
    const { rows } = await sql<{ kind: string; result: string }>`
      select i.kind, o.result from signature_intents i join signature_outcomes o using (intent_id) where i.kind in ('test','certificate_request') order by i.intent_id`.execute(
      store.db,
    );
    expect(rows.slice(0, 2)).toEqual([
      { kind: 'certificate_request', result: 'signed' },
      { kind: 'test', result: 'signed' },
    ]);
  });

  it.each([
    ['one person', [0], 'APPROVAL_TOO_FEW'],
    ['twice the same person', [0, 0], 'APPROVAL_SAME_PERSON_TWICE'],
  ] as const)('%s admits nobody', async (_, who, code) => {
    const { point } = await requested();
    const admission = { certificate: await foreign.certify(point, 2), issuers: [foreign.csca] };
    const given = approvals(ADMISSION, admissionContent(admission), ...who);
    await expect(authority.admitDocumentSigner({ ...admission, approvals: given })).rejects.toMatchObject({ name: 'CeremonyError', code });
  });

  it('a stranger’s approval, one for another certificate, and one for another act are refused', async () => {
    const [one, two] = [await requested(), await requested()];
    const admission = { certificate: await foreign.certify(one.point, 3), issuers: [foreign.csca] };
    const other = { certificate: await foreign.certify(two.point, 4), issuers: [foreign.csca] };
    const content = admissionContent(admission);
    const bad = [
      [
        ...approvals(ADMISSION, content, 0),
        approve({ id: 'dung', privateKey: new Secret(Uint8Array.from(stranger)) }, { kind: ADMISSION, content }),
      ],
      approvals(ADMISSION, admissionContent(other), 0, 1),
      approvals(DESTRUCTION, content, 0, 1),
    ];
    const codes = ['APPROVAL_PERSON_UNKNOWN', 'APPROVAL_SIGNATURE_INVALID', 'APPROVAL_SIGNATURE_INVALID'];
    for (const [index, given] of bad.entries())
      await expect(authority.admitDocumentSigner({ ...admission, approvals: given })).rejects.toMatchObject({ code: codes[index] });
  });

  it('a certificate for a key that was not asked for, of a CSCA that nobody knows, or that is none, is refused by its rule', async () => {
    const { point } = await requested();
    const elsewhere = await hsm.generateEcKey({ label: 'elsewhere', curve: 'brainpoolP384r1', purpose: 'sign' });
    const refusal = async (certificate: Uint8Array, issuers: readonly Uint8Array[]) => {
      const admission = { certificate, issuers };
      return authority.admitDocumentSigner({ ...admission, approvals: approvals(ADMISSION, admissionContent(admission), 0, 1) });
    };
    await expect(refusal(await foreign.certify(elsewhere.point, 5), [])).rejects.toMatchObject({
      code: 'DOCUMENT_SIGNER_REFUSED',
      detail: 'subject-public-key-of-a-request',
    });
    const unknown = await throwawayAuthority(new Date(Date.now() - 5000));
    const named = await unknown.certify(point, 6);
    await expect(refusal(named, [])).rejects.toThrow('issued-by-a-trusted-csca');
    await expect(refusal(Uint8Array.of(0x30, 0x00), [])).rejects.toMatchObject({ code: 'DOCUMENT_SIGNER_REFUSED' });
    await expect(refusal(named, [named])).rejects.toThrow('issuer-self-signed');
  });

  it('threat: a requested key signs before it is admitted: it never is', async () => {
    const { keyId, point } = await requested();
    await hsm.sign({ kind: 'ec', keyId: fromHex(keyId), curve: 'brainpoolP384r1', point, purpose: 'sign', label: '' }, new Uint8Array(32));
    const admission = { certificate: await foreign.certify(point, 7), issuers: [foreign.csca] };
    const given = approvals(ADMISSION, admissionContent(admission), 0, 1);
    await expect(authority.admitDocumentSigner({ ...admission, approvals: given })).rejects.toThrow('signed-before-admission');
  });

  /** Of our CSCA. */
  const list = async (number: number, at: Date, revoked: readonly Uint8Array[] = []) =>
    issueCrl(
      prepareCrl({
        csca: parseCertificate(ceremony.csca.current.certificate),
        algorithm: { key: 'ec', hash: 'sha512' },
        number,
        thisUpdate: at,
        nextUpdate: addDays(at, 30),
        revoked: revoked.map((serialNumber) => ({ serialNumber, revokedAt: at })),
      }),
      (digest) => csca.sign(ceremony.csca.current.key, digest),
    );

  it('a revocation list of our CSCA is taken when it is newer, and refused when it is older, of nobody we know, or changed', async () => {
    const newer = await list(2, new Date(Date.now() - 2000));
    await authority.importCrl(newer);
    expect((await api.publicMaterial()).crl).toEqual(newer);
    await authority.importCrl(newer);
    await expect(authority.importCrl(await list(1, new Date(Date.now() - HOUR / 2)))).rejects.toMatchObject({ code: 'TRUST_REFUSED' });
    const changed = Uint8Array.from(newer);
    changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
    await expect(authority.importCrl(changed)).rejects.toMatchObject({ code: 'TRUST_REFUSED' });
    await expect(authority.importCrl(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'TRUST_REFUSED' });
    // A later date on an old number: an old list brought up to date by nobody who counts.
    await expect(authority.importCrl(await list(2, new Date(Date.now() - 1000)))).rejects.toThrow('CRL_NOT_NEWER');
    expect((await api.publicMaterial()).crl).toEqual(newer);
  });

  it('threat: a Document Signer that stands on the list signs never again, and none that stands on it is admitted', async () => {
    const [one, two] = [await requested(), await requested()];
    const [admitted, late] = [await foreign.certify(one.point, 21), await foreign.certify(two.point, 22)];
    const admit = async (certificate: Uint8Array) => {
      const admission = { certificate, issuers: [foreign.csca] };
      return authority.admitDocumentSigner({ ...admission, approvals: approvals(ADMISSION, admissionContent(admission), 0, 1) });
    };
    const signer = await admit(admitted);
    expect(await rowOf(signer)).toMatchObject({ state: 'spare' });
    const revoked = [admitted, late].map((certificate) => parseCertificate(certificate).serialNumber);
    await authority.importCrl(await list(3, new Date(Date.now() - 1000), revoked));
    expect(await rowOf(signer)).toMatchObject({ state: 'quarantined', reason: 'REVOKED', daysLeft: 0 });
    await expect(admit(late)).rejects.toMatchObject({ code: 'DOCUMENT_SIGNER_REFUSED', detail: 'revoked' });
  });
});

describe('Doc 9303-12 §4.1.3: another CSCA after ours', () => {
  const next = { country: 'VN', organization: 'Cardmint Specimen', commonName: 'CSCA of tomorrow' };
  const curve = 'brainpoolP384r1';
  const algorithm = { key: 'ec', hash: 'sha384' } as const;

  async function tomorrow(): Promise<{ readonly link: Uint8Array; readonly csca: Uint8Array }> {
    const key = await hsm.generateEcKey({ label: 'csca-2', curve, purpose: 'sign' });
    const now = new Date(Date.now() - 5000);
    const usage = { notBefore: now, notAfter: addYears(now, 3) };
    const input = {
      subject: next,
      curve,
      point: key.point,
      usage,
      notAfter: addYears(now, 30),
      mrzCountry: 'VNM',
      crlUrls: ['https://specimen.invalid/VNM.crl'],
    } as const;
    const own = { name: next, spki: explicitSpki(curve, key.point), algorithm };
    const root = prepareCertificate(cscaCertificate({ ...input, serialNumber: Uint8Array.of(0x41) }), own);
    const { current } = ceremony.csca;
    const old = parseCertificate(current.certificate);
    const issuer = { name: old.subject, spki: old.spki, algorithm: { key: 'ec', hash: 'sha512' } } as const;
    const link = prepareCertificate(cscaLinkCertificate({ ...input, serialNumber: Uint8Array.of(0x42), issuer }), issuer);
    return {
      csca: await issueCertificate(root, (digest) => hsm.sign(key, digest)),
      link: await issueCertificate(link, (digest) => csca.sign(current.key, digest)),
    };
  }

  it('comes in by its link certificate under the one we trust, and is the current one then', async () => {
    const material = await tomorrow();
    await authority.importCscaLink(material);
    const published = await api.publicMaterial();
    const { cscas, links } = published;
    expect(published.csca).toEqual(material.csca);
    expect(cscas.some((known) => Buffer.from(known).equals(ceremony.csca.current.certificate))).toBe(true);
    expect(links).toEqual([...ceremony.csca.links, material.link]);
  });

  it('does not come in by a link for another key, a changed link, or no link at all', async () => {
    const [one, two] = [await tomorrow(), await tomorrow()];
    await expect(authority.importCscaLink({ link: one.link, csca: two.csca })).rejects.toMatchObject({
      detail: 'link-certifies-this-csca',
    });
    await expect(authority.importCscaLink({ link: one.csca, csca: one.csca })).rejects.toThrow('link-by-a-trusted-csca');
    const changed = Uint8Array.from(one.link);
    changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
    await expect(authority.importCscaLink({ link: changed, csca: one.csca })).rejects.toMatchObject({ code: 'TRUST_REFUSED' });
  });
});

describe('P4: reconciliation', () => {
  it('intents, outcomes and the token’s counter agree; a signature that nobody asked for is found, by its key', async () => {
    const sign = signDocuments(deps);
    for (let index = 0; index < 3; index += 1) await sign(testDocument(`crd-reconciled-${index}`));
    const good = await authority.reconcile();
    expect(good.verdict).toBe('OK');
    expect(good.keys.reduce((sum, { signed }) => sum + signed, 0)).toBeGreaterThanOrEqual(3);

    const spares = (await authority.documentSigners()).filter(({ state }) => state === 'spare').map((row) => row.signer);
    const signer = lineKeys(ceremony, 'a').documentSigners.find(({ certificate }) =>
      spares.includes(createHash('sha256').update(certificate).digest('hex')),
    );
    if (signer === undefined) throw new Error('no spare');
    await hsm.sign(signer.key, new Uint8Array(32));
    const bad = await authority.reconcile();
    expect(bad).toMatchObject({ verdict: 'ROGUE_SIGNATURES' });
    expect(bad.keys.filter(({ rogue }) => rogue > 0)).toMatchObject([{ rogue: 1, verdict: 'ROGUE_SIGNATURES' }]);
    expect((await api.health()).alarms.map(({ code }) => code)).toContain('ROGUE_SIGNATURES');
  });

  it('an attempt that nobody finished is named a doubt, and accounts for one signature at most', async () => {
    const reached = (at: string): void | Promise<void> => (at === 'signed' ? new Promise(() => undefined) : undefined);
    void signDocuments({ ...deps, reached })(testDocument('crd-forgotten'));
    const open = () =>
      sql<{ outcomes: number }>`
      select count(o.attempt) as outcomes from signature_intents i left join signature_outcomes o using (intent_id) where i.subject = 'crd-forgotten' group by i.intent_id`.execute(
        store.db,
      );
    await expect.poll(async () => (await open()).rows).toEqual([{ outcomes: 0 }]);
    await sql`alter table signature_intents disable trigger user`.execute(store.db);
    await sql`update signature_intents set intended_at = intended_at - interval '1 hour' where subject = 'crd-forgotten'`.execute(store.db);
    await sql`alter table signature_intents enable trigger user`.execute(store.db);
    const { keys } = await authority.reconcile();
    expect((await open()).rows).toEqual([{ outcomes: 1 }]);
    expect(keys.reduce((sum, { unresolved }) => sum + unresolved, 0)).toBe(0);
    expect(keys.reduce((sum, { rogue }) => sum + rogue, 0)).toBe(1);
  });
});

describe('P10, P12: which cards hang on a key, and its end', () => {
  it('lists exactly the cards under one key, by their numbers in it', async () => {
    const signers = (await authority.documentSigners()).filter(({ documents }) => documents > 0);
    expect(signers.length).toBeGreaterThan(0);
    const listed: string[] = [];
    for (const { signer } of signers)
      for await (const page of authority.cardsOfSigner(signer)) listed.push(...page.map(({ cardId }) => cardId));
    const { rows } = await sql<{ subject: string }>`select subject from signature_intents where kind = 'security_object'`.execute(store.db);
    expect(listed.toSorted()).toEqual(rows.map(({ subject }) => subject).toSorted());
  });

  it('a key ends by two people: destroyed in the token, proven by what the token says afterwards, signed evidence; it never signs again', async () => {
    const active = (await authority.documentSigners()).find(({ state }) => state === 'active');
    if (active === undefined) throw new Error('none is active');
    const content = fromHex(active.signer);
    await expect(
      authority.destroyDocumentSigner({ signerHash: active.signer, approvals: approvals(DESTRUCTION, content, 0) }),
    ).rejects.toThrow('APPROVAL_TOO_FEW');
    expect(await rowOf(active.signer)).toMatchObject({ state: 'active' });
    const evidence = await authority.destroyDocumentSigner({ signerHash: active.signer, approvals: approvals(DESTRUCTION, content, 0, 2) });
    const publicKey = parseCertificate(lineKeys(ceremony, 'a').plantSigner.certificate).spki;
    const { payload } = verifyJws(evidence, { publicKey, typ: DESTRUCTION_TYPE });
    expect(JSON.parse(Buffer.from(payload).toString())).toMatchObject({
      signer: active.signer,
      objectsDestroyed: 2,
      objectsLeft: 0,
      signingAfterwards: 'HSM_KEY_NOT_FOUND',
      people: ['an', 'chi'],
    });
    expect(await rowOf(active.signer)).toMatchObject({ state: 'destroyed' });
    const again = await authority.destroyDocumentSigner({ signerHash: active.signer, approvals: approvals(DESTRUCTION, content, 1, 2) });
    expect(again).toBe(evidence);
    // The line goes on under another key, and what hangs on the destroyed one can still be listed.
    await signDocuments(deps)(testDocument('crd-after-the-end'));
    expect((await rowOf(active.signer))?.documents).toBe(active.documents);
    await expect(sql`update document_signers set state = 'active' where state = 'destroyed'`.execute(store.db)).rejects.toThrow(
      'APPEND_ONLY',
    );
  });

  it('the commands show it to a person: budgets, verdicts, the cards of a key, a request with its hash to be read aloud', async () => {
    await writeFile(join(folder, 'running-plant.json'), JSON.stringify({ signerSocket: join(folder, 'signer.sock'), secretsDir: folder }));
    await writeFile(join(folder, 'signer-authority.token'), IDENTITIES.authority);
    const run = async (...args: readonly string[]): Promise<string> => {
      let text = '';
      const io: CliIo = { out: (part) => void (text += part), err: () => undefined, env: {}, cwd: folder, interactive: false };
      const program = new Command('cardmint').exitOverride();
      registerDocumentSigners(program.command('pki'), io);
      await program.parseAsync(['pki', ...args, '--plant', folder], { from: 'user' });
      return text;
    };
    const [destroyed] = (await authority.documentSigners()).filter(({ state }) => state === 'destroyed');
    const listed = await run('document-signers');
    expect(listed).toContain(destroyed?.signer.slice(0, 16) ?? 'none');
    expect(listed).toMatch(/active\s+\d+\/100000\s+\d+ d\s+\d+ cards/);
    expect(await run('reconcile')).toContain('ROGUE_SIGNATURES');
    expect(await run('cards', destroyed?.signer ?? '')).toMatch(/^1\tcrd-reconciled-0\tsigned\n/);
    const request = await run(
      'request',
      '--token',
      'a',
      '--country',
      'VN',
      '--organization',
      'Cardmint Specimen',
      '--name',
      'DS',
      '--out',
      folder,
    );
    const [path, aloud] = request.trim().split('\n');
    const file = Uint8Array.from(await readFile(path ?? ''));
    expect(readAloud(file)).toBe(aloud?.trim());
    expect(verifyCertificateRequest(file).signatureAlgorithm).toEqual({ key: 'ec', hash: 'sha384' });
    process.exitCode = 0;
  });

  it('no process of the plant may ask for any of this', async () => {
    const line = connectSignerAuthority({ socketPath: join(folder, 'signer.sock'), tokenFile: join(folder, 'line') });
    const asked = [
      line.documentSigners(),
      line.requestDocumentSigners({ token: 'a', count: 1, subject: SUBJECT }),
      line.admitDocumentSigner({ certificate: new Uint8Array(), issuers: [], approvals: [] }),
      line.destroyDocumentSigner({ signerHash: '0'.repeat(64), approvals: [] }),
      line.importCrl(new Uint8Array()),
      line.reconcile(),
    ];
    for (const result of await Promise.allSettled(asked))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'SIGNER_REFUSED' } });
  });
});
