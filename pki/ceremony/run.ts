import { createCipheriv, createHash } from 'node:crypto';
import { equalBytes, fromHex, toHex, type Secret } from '#encoder/bytes';
import { encodeCvCertificateBody } from '#encoder/cv-certificate';
import { cvcaBody, holderReference, issueCvCertificate } from '#pki/cvca';
import { crlTokenOf, issueCrl, prepareCrl } from '#pki/crl';
import {
  addDays,
  addYears,
  certificateTokenOf,
  cscaCertificate,
  documentSignerCertificate,
  issueCertificate,
  parseCertificate,
  plantSignerCertificate,
  prepareCertificate,
  secondOpinion,
  type CertificateRequest,
  type DistinguishedName,
  type HashName,
  type IssuingKey,
} from '#pki/x509';
import { explicitSpki, namedSpki, type EcCurveName } from '#pki/ec';
import { checkValueOf, HsmError, type AesKey, type EcKey, type EcKeyPurpose, type Hsm } from '#pki/hsm';
import { CeremonyError } from './ceremony-error.ts';
import { appended, formatMinutes, parseMinutes, type CeremonyJournal, type Minute } from './minutes.ts';
import type { CeremonyPlan } from './plan.ts';
import { aesKeyOf, ecKeyOf, issuedOf, recorded, resultOf, type FirstCeremonyResult } from './result.ts';

export interface CeremonyDeps {
  readonly clock: () => Date;
  readonly journal: CeremonyJournal;
}

/** The hash that goes with an issuing key: as strong as its curve. */
const HASH_OF = {
  'P-256': 'sha256',
  'P-384': 'sha384',
  'P-521': 'sha512',
  brainpoolP256r1: 'sha256',
  brainpoolP384r1: 'sha384',
  brainpoolP512r1: 'sha512',
} as const satisfies Record<EcCurveName, HashName>;

/**
 * Makes every key and certificate of the plan, or finishes what an interrupted run began, or, when all is there already, proves that the
 * token still has each key and returns the same result: call it at every start. The transport master is imported once; later
 * runs only compare its check value. Throws `CeremonyError` and `HsmError`.
 */
export async function runFirstCeremony(
  hsm: Hsm,
  plan: CeremonyPlan,
  secrets: { readonly transportMaster: Secret },
  deps: CeremonyDeps,
): Promise<FirstCeremonyResult> {
  const ceremony = new Ceremony(hsm, plan, deps);
  await ceremony.begin();
  const cscaKey = await ceremony.ecKey('csca', plan.csca.curve, 'sign');
  const signerKeys: EcKey[] = [];
  for (const subject of plan.documentSigners.names.map((_, index) => `document-signer-${index + 1}`)) {
    signerKeys.push(await ceremony.ecKey(subject, plan.documentSigners.curve, 'sign'));
  }
  const { extendedAccess } = plan;
  const cvcaKey = await ceremony.ecKey('cvca', extendedAccess.curve, 'sign');
  await ceremony.ecKey('document-verifier', extendedAccess.curve, 'sign');
  await ceremony.ecKey('inspection-system', extendedAccess.curve, 'sign');
  await ceremony.ecKey('record-key', 'P-256', 'derive');
  const plantKey = await ceremony.ecKey('plant-signer', 'P-256', 'sign');
  const birthKey = await ceremony.ecKey('birth-certificate-signer', 'P-256', 'sign');
  await ceremony.aesKey('citizen-reference-key', (label) => hsm.generateAesKey({ label, bits: 256 }));
  const kcv = { kcv: toHex(globalPlatformKcv(secrets.transportMaster)) };
  const master = await ceremony.aesKey('transport-master', (label) => hsm.importAesKey({ label }, secrets.transportMaster), kcv);
  if (!equalBytes(master.checkValue, checkValueOf(secrets.transportMaster))) throw new CeremonyError('CEREMONY_TRANSPORT_MASTER_CHANGED');

  const csca: IssuingKey = {
    name: plan.csca.name,
    spki: explicitSpki(cscaKey.curve, cscaKey.point),
    algorithm: { key: 'ec', hash: HASH_OF[cscaKey.curve] },
  };
  await ceremony.certificate('csca', cscaKey, csca, (serialNumber, now) => cscaRequest(plan, cscaKey, serialNumber, now));
  for (const [index, key] of signerKeys.entries()) {
    const name = plan.documentSigners.names[index] ?? plan.csca.name;
    await ceremony.certificate(`document-signer-${index + 1}`, cscaKey, csca, (serialNumber, now) =>
      signerRequest({ plan, key, name, issuerSpki: csca.spki, serialNumber, now }),
    );
  }
  await ceremony.plantCertificate('plant-signer', plantKey, plan.plantSigner);
  await ceremony.plantCertificate('birth-certificate-signer', birthKey, plan.birthCertificateSigner);
  await ceremony.emptyCrl(cscaKey, csca.algorithm);
  await ceremony.cvca(cvcaKey);
  return ceremony.finish();
}

function cscaRequest(plan: CeremonyPlan, key: EcKey, serialNumber: Uint8Array, now: Date): CertificateRequest {
  const lastUse = addYears(now, plan.csca.usageYears);
  return cscaCertificate({
    subject: plan.csca.name,
    serialNumber,
    curve: key.curve,
    point: key.point,
    usage: { notBefore: now, notAfter: lastUse },
    // Its last Document Signer may be certified on its last day, and must verify to the end of its last card (Doc 9303-12 §4.1.4).
    notAfter: addYears(addDays(lastUse, plan.documentSigners.usageDays), plan.technicalLifeYears),
    mrzCountry: plan.mrzCountry,
    crlUrls: plan.crlUrls,
  });
}

function signerRequest(input: {
  readonly plan: CeremonyPlan;
  readonly key: EcKey;
  readonly name: DistinguishedName;
  readonly issuerSpki: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly now: Date;
}): CertificateRequest {
  const { plan, key, name, issuerSpki, serialNumber, now } = input;
  const lastUse = addDays(now, plan.documentSigners.usageDays);
  return documentSignerCertificate({
    subject: name,
    serialNumber,
    curve: key.curve,
    point: key.point,
    usage: { notBefore: now, notAfter: lastUse },
    notAfter: addYears(lastUse, plan.technicalLifeYears),
    mrzCountry: plan.mrzCountry,
    crlUrls: plan.crlUrls,
    issuerSpki,
    documentTypes: plan.documentSigners.documentTypes,
    technicalLifeYears: plan.technicalLifeYears,
  });
}

/** The value that two people compare with the chip maker's letter: AES over 16 bytes of 01, first three (GlobalPlatform Card Specification, Amendment D). */
function globalPlatformKcv(key: Secret): Uint8Array {
  const cipher = createCipheriv(key.length === 16 ? 'aes-128-ecb' : 'aes-256-ecb', key.reveal(), null);
  return Uint8Array.from(cipher.update(new Uint8Array(16).fill(1)).subarray(0, 3));
}

/** One ceremony against one token: each step looks into the minutes first, acts, and writes down before the next begins. */
class Ceremony {
  readonly #hsm: Hsm;
  readonly #plan: CeremonyPlan;
  readonly #deps: CeremonyDeps;
  #minutes: readonly Minute[] = [];

  constructor(hsm: Hsm, plan: CeremonyPlan, deps: CeremonyDeps) {
    this.#hsm = hsm;
    this.#plan = plan;
    this.#deps = deps;
  }

  async begin(): Promise<void> {
    const text = await this.#deps.journal.load();
    this.#minutes = text === undefined ? [] : parseMinutes(text);
    const plan = createHash('sha256').update(JSON.stringify(this.#plan)).digest('hex');
    const started = recorded(this.#minutes, 'started', this.#plan.id);
    if (started !== undefined && started.facts['plan'] !== plan) throw new CeremonyError('CEREMONY_PLAN_CHANGED', { where: this.#plan.id });
    if (started === undefined && this.#minutes.length > 0) throw new CeremonyError('CEREMONY_PLAN_CHANGED', { where: this.#plan.id });
    await this.#sweepOrphans(started !== undefined);
    if (started === undefined) await this.#record('started', this.#plan.id, { plan });
  }

  async ecKey(subject: string, curve: EcCurveName, purpose: EcKeyPurpose): Promise<EcKey> {
    if (recorded(this.#minutes, 'key', subject) !== undefined) return this.#hsm.findEcKey(ecKeyOf(this.#minutes, subject));
    const key = await this.#hsm.generateEcKey({ label: this.#label(subject), curve, purpose });
    await this.#record('key', subject, { keyId: toHex(key.keyId), point: toHex(key.point), curve, purpose, label: key.label });
    return key;
  }

  async aesKey(subject: string, make: (label: string) => Promise<AesKey>, more: Readonly<Record<string, string>> = {}): Promise<AesKey> {
    if (recorded(this.#minutes, 'key', subject) !== undefined) return this.#hsm.findAesKey(aesKeyOf(this.#minutes, subject));
    const key = await make(this.#label(subject));
    const facts = { keyId: toHex(key.keyId), checkValue: toHex(key.checkValue), bits: String(key.bits), label: key.label, ...more };
    await this.#record('key', subject, facts);
    return key;
  }

  /** Intent (the very bytes) before the signature, the certificate after it; an interrupted one is signed again over identical bytes. */
  async certificate(
    subject: string,
    signingKey: EcKey,
    issuer: IssuingKey,
    request: (serialNumber: Uint8Array, now: Date) => CertificateRequest,
  ): Promise<void> {
    if (recorded(this.#minutes, 'issued', subject) !== undefined) return;
    const intent = recorded(this.#minutes, 'signature-intent', subject)?.facts;
    const parameters = { technicalLifeYears: this.#plan.technicalLifeYears };
    const wanted = request(await this.#serialNumber(), this.#deps.clock());
    const token =
      intent?.['tbs'] === undefined
        ? prepareCertificate(wanted, issuer)
        : certificateTokenOf(fromHex(intent['tbs']), wanted.profile, issuer, parameters);
    if (intent === undefined) await this.#record('signature-intent', subject, { tbs: toHex(token.tbs), signer: toHex(signingKey.keyId) });
    const der = await issueCertificate(token, (digest) => this.#sign(signingKey, digest));
    const issuerCertificate =
      recorded(this.#minutes, 'issued', 'csca') === undefined || wanted.profile === 'plant-signer' ? der : issuedOf(this.#minutes, 'csca');
    if (!(await secondOpinion(der, issuerCertificate))) throw new CeremonyError('CEREMONY_SECOND_OPINION', { where: subject });
    await this.#record('issued', subject, { der: toHex(der) });
  }

  async plantCertificate(subject: string, key: EcKey, name: DistinguishedName): Promise<void> {
    const issuer: IssuingKey = { name, spki: namedSpki(key.curve, key.point), algorithm: { key: 'ec', hash: HASH_OF[key.curve] } };
    await this.certificate(subject, key, issuer, (serialNumber, now) => {
      const lastUse = addYears(now, this.#plan.plantSignerYears);
      const usage = { notBefore: now, notAfter: lastUse };
      return plantSignerCertificate({
        subject: name,
        serialNumber,
        curve: key.curve,
        point: key.point,
        usage,
        notAfter: addYears(lastUse, 10),
      });
    });
  }

  async emptyCrl(signingKey: EcKey, algorithm: IssuingKey['algorithm']): Promise<void> {
    if (recorded(this.#minutes, 'issued', 'crl') !== undefined) return;
    const csca = parseCertificate(issuedOf(this.#minutes, 'csca'));
    const intent = recorded(this.#minutes, 'signature-intent', 'crl')?.facts['tbs'];
    const thisUpdate = this.#deps.clock();
    const token =
      intent === undefined
        ? prepareCrl({ csca, algorithm, number: 1, thisUpdate, nextUpdate: addDays(thisUpdate, this.#plan.crlDays), revoked: [] })
        : crlTokenOf(fromHex(intent), csca, algorithm);
    if (intent === undefined) await this.#record('signature-intent', 'crl', { tbs: toHex(token.tbs), signer: toHex(signingKey.keyId) });
    const der = await issueCrl(token, (digest) => this.#sign(signingKey, digest));
    await this.#record('issued', 'crl', { der: toHex(der) });
  }

  /** The self-signed CV certificate that chips are given as their trust point. Intent before, result after, as for the others. */
  async cvca(key: EcKey): Promise<void> {
    if (recorded(this.#minutes, 'issued', 'cvca') !== undefined) return;
    const { country, cvca } = this.#plan.extendedAccess;
    const intent = recorded(this.#minutes, 'signature-intent', 'cvca')?.facts['from'];
    const from = intent === undefined ? this.#deps.clock() : new Date(intent);
    const body = cvcaBody({ holder: holderReference({ country, mnemonic: cvca.mnemonic }, 1), key, from, years: cvca.years });
    if (intent === undefined) {
      const facts = { from: from.toISOString(), body: toHex(encodeCvCertificateBody(body)), signer: toHex(key.keyId) };
      await this.#record('signature-intent', 'cvca', facts);
    }
    const certificate = await issueCvCertificate(body, body.publicKey, (digest) => this.#sign(key, digest));
    await this.#record('issued', 'cvca', { der: toHex(certificate) });
  }

  async finish(): Promise<FirstCeremonyResult> {
    if (recorded(this.#minutes, 'finished', this.#plan.id) === undefined) await this.#record('finished', this.#plan.id, {});
    return resultOf(this.#minutes);
  }

  /**
   * A run that was killed between making a key and writing it down leaves that one key behind: it has signed nothing and is destroyed, so
   * that no two keys ever answer to one role. Anything else that the minutes do not explain stops the ceremony.
   */
  async #sweepOrphans(started: boolean): Promise<void> {
    const known = new Set(this.#minutes.flatMap(({ step, facts }) => (step === 'key' ? [facts['keyId']] : [])));
    const objects = await this.#hsm.list();
    const orphans = objects.filter(({ label, keyId }) => label.startsWith(this.#label('')) && !known.has(toHex(keyId)));
    if (orphans.length === 0) return;
    if (!started) throw new CeremonyError('CEREMONY_MINUTES_MISSING', { where: this.#plan.id });
    const labels = new Set(orphans.map(({ label }) => label));
    const kept = objects.some(({ label, keyId }) => labels.has(label) && known.has(toHex(keyId)));
    if (labels.size > 1 || kept)
      throw new CeremonyError('CEREMONY_TOKEN_UNEXPECTED', { where: this.#plan.id, detail: `${orphans.length} objects` });
    for (const keyId of new Set(orphans.map((orphan) => toHex(orphan.keyId)))) {
      await this.#hsm.destroy(fromHex(keyId));
      await this.#record('orphan-destroyed', this.#plan.id, { keyId });
    }
  }

  /** A session that was lost is a reason to ask again, once, over the same digest; everything else stops the ceremony. */
  async #sign(key: EcKey, digest: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#hsm.sign(key, digest);
    } catch (error) {
      if (error instanceof HsmError && error.remedy === 'retry') return this.#hsm.sign(key, digest);
      throw error;
    }
  }

  /** 16 octets from the token, positive and of full length (Doc 9303-12 Table 5: at most 20). */
  async #serialNumber(): Promise<Uint8Array> {
    const serialNumber = await this.#hsm.random(16);
    serialNumber[0] = ((serialNumber[0] ?? 0) & 0x7f) | 0x40;
    return serialNumber;
  }

  #label(subject: string): string {
    return `cardmint/${this.#plan.id}/${subject}`;
  }

  async #record(step: Minute['step'], subject: string, facts: Readonly<Record<string, string>>): Promise<void> {
    this.#minutes = appended(this.#minutes, { step, subject, facts }, this.#deps.clock());
    await this.#deps.journal.save(formatMinutes(this.#minutes));
  }
}
