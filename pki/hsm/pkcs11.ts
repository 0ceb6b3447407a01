import { createECDH, createHash, randomBytes } from 'node:crypto';
import pkcs11js from 'pkcs11js';
import { equalBytes, equalConstantTime, Secret, toHex } from '#encoder/bytes';
import { EC_CURVES, publicKeyOfPoint, verifyEcdsaRaw } from '#pki/ec';
import { HsmError } from './hsm-error.ts';
import type { AesKey, EcKey, EcKeyRequest, Hsm, HsmObject } from './hsm.ts';
import { keyIdOfPoint } from './key-id.ts';
import { describe, findObjects, findOne, readBytes, readCurve, readFlag, readPoint } from './pkcs11-objects.ts';
import { Pkcs11Sessions, type Cryptoki, type Handle } from './pkcs11-sessions.ts';

export interface Pkcs11Options {
  readonly tokenLabel: string;
  /** The vendor's library; SoftHSM's where none is given. */
  readonly modulePath?: string;
  /** Operations at once; SoftHSM gains nothing beyond the number of processors. */
  readonly sessionsMax?: number;
}

const SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so';

const CMAC_BYTES = 16;

/**
 * The port over PKCS#11 v2.40. One instance a process: `C_Finalize` anywhere ends the sessions of everyone in it. For SoftHSM,
 * `SOFTHSM2_CONF` must be in the environment before `open`. Buffers handed to the library are copies of our own, because its
 * threads keep raw pointers to them.
 */
export class Pkcs11Hsm implements Hsm {
  readonly #sessions: Pkcs11Sessions;
  /** Handles of keys that were found and proven, by identifier. A handle is good for one login. */
  readonly #proven = new Map<string, { readonly key: EcKey | AesKey; readonly handle: Handle }>();

  constructor(options: Pkcs11Options) {
    this.#sessions = new Pkcs11Sessions({
      modulePath: options.modulePath ?? SOFTHSM,
      tokenLabel: options.tokenLabel,
      sessionsMax: options.sessionsMax ?? 4,
      onLost: () => {
        this.#proven.clear();
      },
    });
  }

  async open(pin: Secret): Promise<void> {
    await Promise.resolve();
    this.#sessions.open(pin);
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.#proven.clear();
    this.#sessions.close();
  }

  async generateEcKey(request: EcKeyRequest): Promise<EcKey> {
    const curve = EC_CURVES[request.curve];
    const key = await this.#sessions.run('generateEcKey', async (library, session) => {
      const temporaryId = library.C_GenerateRandom(session, Buffer.alloc(20));
      const signs = request.purpose === 'sign';
      const shared = [
        { type: pkcs11js.CKA_TOKEN, value: true },
        { type: pkcs11js.CKA_LABEL, value: request.label },
        { type: pkcs11js.CKA_ID, value: temporaryId },
      ];
      const pair = await library.C_GenerateKeyPairAsync(
        session,
        { mechanism: pkcs11js.CKM_EC_KEY_PAIR_GEN },
        [
          ...shared,
          { type: pkcs11js.CKA_EC_PARAMS, value: Buffer.from(curve.oidDer) },
          { type: pkcs11js.CKA_VERIFY, value: signs },
          { type: pkcs11js.CKA_PRIVATE, value: false },
        ],
        [
          ...shared,
          { type: pkcs11js.CKA_PRIVATE, value: true },
          { type: pkcs11js.CKA_SENSITIVE, value: true },
          { type: pkcs11js.CKA_EXTRACTABLE, value: false },
          { type: pkcs11js.CKA_SIGN, value: signs },
          { type: pkcs11js.CKA_DERIVE, value: !signs },
          { type: pkcs11js.CKA_DECRYPT, value: false },
          { type: pkcs11js.CKA_UNWRAP, value: false },
        ],
      );
      const point = readPoint(library, session, pair.publicKey);
      const keyId = keyIdOfPoint(point);
      const id = [{ type: pkcs11js.CKA_ID, value: Buffer.from(keyId) }];
      library.C_SetAttributeValue(session, pair.privateKey, id);
      library.C_SetAttributeValue(session, pair.publicKey, id);
      return Object.freeze<EcKey>({ kind: 'ec', keyId, curve: curve.name, point, purpose: request.purpose, label: request.label });
    });
    await this.#provePair(key);
    return key;
  }

  async findEcKey(wanted: Pick<EcKey, 'keyId' | 'point'>): Promise<EcKey> {
    return this.#sessions.run('findEcKey', (library, session) => findEc(library, session, wanted).key);
  }

  async sign(key: EcKey, digest: Uint8Array): Promise<Uint8Array> {
    if (digest.length < 20 || digest.length > 64) throw new HsmError('HSM_INPUT_INVALID', { where: 'sign', detail: 'digest length' });
    const input = Buffer.from(digest);
    return this.#sessions.run('sign', async (library, session) => {
      const handle = this.#handle(library, session, key);
      library.C_SignInit(session, { mechanism: pkcs11js.CKM_ECDSA }, handle);
      return Uint8Array.from(await library.C_SignAsync(session, input, Buffer.alloc(2 * EC_CURVES[key.curve].size)));
    });
  }

  async ecdhDerive(key: EcKey, peerPoint: Uint8Array): Promise<Secret> {
    // A point off the curve would leak the private key bit by bit: OpenSSL refuses it before the token sees it.
    publicKeyOfPoint(key.curve, peerPoint);
    const input = Buffer.from(peerPoint);
    return this.#sessions.run('ecdhDerive', async (library, session) => {
      const handle = this.#handle(library, session, key);
      const parameter = { type: pkcs11js.CK_PARAMS_EC_DH, kdf: pkcs11js.CKD_NULL, publicData: input };
      const derived = await library.C_DeriveKeyAsync(session, { mechanism: pkcs11js.CKM_ECDH1_DERIVE, parameter }, handle, [
        { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
        { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_GENERIC_SECRET },
        { type: pkcs11js.CKA_TOKEN, value: false },
        { type: pkcs11js.CKA_SENSITIVE, value: false },
        { type: pkcs11js.CKA_EXTRACTABLE, value: true },
        { type: pkcs11js.CKA_VALUE_LEN, value: EC_CURVES[key.curve].size },
      ]);
      const value = readBytes(library, session, derived, pkcs11js.CKA_VALUE);
      library.C_DestroyObject(session, derived);
      return Secret.takeOver(value);
    });
  }

  async generateAesKey(request: { readonly label: string; readonly bits: 128 | 256 }): Promise<AesKey> {
    return this.#sessions.run('generateAesKey', async (library, session) => {
      const template = [...macKeyTemplate(library, session, request.label), { type: pkcs11js.CKA_VALUE_LEN, value: request.bits / 8 }];
      const handle = await library.C_GenerateKeyAsync(session, { mechanism: pkcs11js.CKM_AES_KEY_GEN }, template);
      return describeAes(library, session, handle);
    });
  }

  async importAesKey(request: { readonly label: string }, value: Secret): Promise<AesKey> {
    if (value.length !== 16 && value.length !== 32) throw new HsmError('HSM_INPUT_INVALID', { where: 'importAesKey' });
    return this.#sessions.run('importAesKey', (library, session) => {
      const bytes = Buffer.from(value.reveal());
      try {
        const handle = library.C_CreateObject(session, [
          ...macKeyTemplate(library, session, request.label),
          { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
          { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_AES },
          { type: pkcs11js.CKA_VALUE, value: bytes },
        ]);
        return describeAes(library, session, handle);
      } finally {
        bytes.fill(0);
      }
    });
  }

  async findAesKey(wanted: Pick<AesKey, 'keyId' | 'checkValue'>): Promise<AesKey> {
    return this.#sessions.run('findAesKey', (library, session) => findAes(library, session, wanted).key);
  }

  async cmac(key: AesKey, data: Uint8Array): Promise<Uint8Array> {
    if (data.length === 0) throw new HsmError('HSM_INPUT_INVALID', { where: 'cmac', detail: 'no data' });
    const input = Buffer.from(data);
    return this.#sessions.run('cmac', async (library, session) => {
      const handle = this.#handle(library, session, key);
      library.C_SignInit(session, { mechanism: pkcs11js.CKM_AES_CMAC }, handle);
      return Uint8Array.from(await library.C_SignAsync(session, input, Buffer.alloc(CMAC_BYTES)));
    });
  }

  async random(length: number): Promise<Uint8Array> {
    return this.#sessions.run('random', (library, session) => Uint8Array.from(library.C_GenerateRandom(session, Buffer.alloc(length))));
  }

  async list(): Promise<readonly HsmObject[]> {
    return this.#sessions.run('list', (library, session) =>
      findObjects(library, session, []).map((object) => describe(library, session, object)),
    );
  }

  async destroy(keyId: Uint8Array): Promise<number> {
    this.#proven.delete(toHex(keyId));
    return this.#sessions.run('destroy', (library, session) => {
      const found = findObjects(library, session, [{ type: pkcs11js.CKA_ID, value: Buffer.from(keyId) }]);
      for (const object of found) library.C_DestroyObject(session, object);
      return found.length;
    });
  }

  /** The handle of a key that this login has proven to be the one that is meant. */
  #handle(library: Cryptoki, session: Handle, key: EcKey | AesKey): Handle {
    const name = toHex(key.keyId);
    const known = this.#proven.get(name);
    if (known !== undefined) {
      assertSameKey(known.key, key);
      return known.handle;
    }
    const found = key.kind === 'ec' ? findEc(library, session, key) : findAes(library, session, key);
    assertSameKey(found.key, key);
    this.#proven.set(name, found);
    return found.handle;
  }

  /**
   * Pairwise consistency (SP 800-56A §5.6.2.1.4): the private half answers for this public point. Done once, when the key is
   * made and before anything hangs on it; a Document Signer's key makes no signature afterwards that no intent records.
   */
  async #provePair(key: EcKey): Promise<void> {
    if (!(await this.#answersFor(key))) {
      await this.destroy(key.keyId);
      throw new HsmError('HSM_KEY_MISMATCH', { where: 'generateEcKey' });
    }
  }

  async #answersFor(key: EcKey): Promise<boolean> {
    if (key.purpose === 'sign') {
      const message = randomBytes(32);
      const signature = await this.sign(key, createHash('sha256').update(message).digest());
      return verifyEcdsaRaw('sha256', message, publicKeyOfPoint(key.curve, key.point), signature);
    }
    const peer = createECDH(EC_CURVES[key.curve].opensslName);
    const shared = await this.ecdhDerive(key, peer.generateKeys());
    return equalConstantTime(shared.reveal(), peer.computeSecret(key.point));
  }
}

/** A key that computes CMACs and does nothing else. */
function macKeyTemplate(library: Cryptoki, session: Handle, label: string): pkcs11js.Template {
  return [
    { type: pkcs11js.CKA_TOKEN, value: true },
    { type: pkcs11js.CKA_PRIVATE, value: true },
    { type: pkcs11js.CKA_SENSITIVE, value: true },
    { type: pkcs11js.CKA_EXTRACTABLE, value: false },
    { type: pkcs11js.CKA_SIGN, value: true },
    { type: pkcs11js.CKA_VERIFY, value: false },
    { type: pkcs11js.CKA_ENCRYPT, value: false },
    { type: pkcs11js.CKA_DECRYPT, value: false },
    { type: pkcs11js.CKA_WRAP, value: false },
    { type: pkcs11js.CKA_UNWRAP, value: false },
    { type: pkcs11js.CKA_LABEL, value: label },
    // A secret key has no public half to take an identifier from: a random one, from the token.
    { type: pkcs11js.CKA_ID, value: library.C_GenerateRandom(session, Buffer.alloc(20)) },
  ];
}

function findEc(library: Cryptoki, session: Handle, wanted: Pick<EcKey, 'keyId' | 'point'>): { key: EcKey; handle: Handle } {
  const id = { type: pkcs11js.CKA_ID, value: Buffer.from(wanted.keyId) };
  const handle = findOne(library, session, [{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY }, id]);
  const publicKey = findOne(library, session, [{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PUBLIC_KEY }, id]);
  const point = readPoint(library, session, publicKey);
  const curve = readCurve(library, session, handle);
  const same = equalBytes(point, wanted.point) && equalBytes(keyIdOfPoint(point), wanted.keyId);
  if (!same || readCurve(library, session, publicKey).name !== curve.name) throw new HsmError('HSM_KEY_MISMATCH', { where: 'findEcKey' });
  const flag = (type: number) => readFlag(library, session, handle, type);
  const kept = flag(pkcs11js.CKA_SENSITIVE) && flag(pkcs11js.CKA_ALWAYS_SENSITIVE) && flag(pkcs11js.CKA_NEVER_EXTRACTABLE);
  if (!kept || flag(pkcs11js.CKA_EXTRACTABLE) || !flag(pkcs11js.CKA_LOCAL)) throw new HsmError('HSM_KEY_EXPOSED', { where: 'findEcKey' });
  const label = Buffer.from(readBytes(library, session, handle, pkcs11js.CKA_LABEL)).toString('utf8');
  const purpose = flag(pkcs11js.CKA_SIGN) ? 'sign' : 'derive';
  return {
    handle,
    key: Object.freeze<EcKey>({ kind: 'ec', keyId: Uint8Array.from(wanted.keyId), curve: curve.name, point, purpose, label }),
  };
}

function findAes(library: Cryptoki, session: Handle, wanted: Pick<AesKey, 'keyId' | 'checkValue'>): { key: AesKey; handle: Handle } {
  const handle = findOne(library, session, [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    { type: pkcs11js.CKA_ID, value: Buffer.from(wanted.keyId) },
  ]);
  const key = describeAes(library, session, handle);
  if (!equalBytes(key.checkValue, wanted.checkValue)) throw new HsmError('HSM_KEY_MISMATCH', { where: 'findAesKey' });
  const sensitive = readFlag(library, session, handle, pkcs11js.CKA_SENSITIVE);
  if (!sensitive || readFlag(library, session, handle, pkcs11js.CKA_EXTRACTABLE))
    throw new HsmError('HSM_KEY_EXPOSED', { where: 'findAesKey' });
  return { handle, key };
}

function describeAes(library: Cryptoki, session: Handle, handle: Handle): AesKey {
  const bytes = (type: number) => readBytes(library, session, handle, type);
  return Object.freeze<AesKey>({
    kind: 'aes',
    keyId: bytes(pkcs11js.CKA_ID),
    bits: bytes(pkcs11js.CKA_VALUE_LEN)[0] === 16 ? 128 : 256,
    checkValue: bytes(pkcs11js.CKA_CHECK_VALUE),
    label: Buffer.from(bytes(pkcs11js.CKA_LABEL)).toString('utf8'),
  });
}

function assertSameKey(found: EcKey | AesKey, wanted: EcKey | AesKey): void {
  const same =
    found.kind === 'ec'
      ? wanted.kind === 'ec' && found.curve === wanted.curve && equalBytes(found.point, wanted.point)
      : wanted.kind === 'aes' && equalBytes(found.checkValue, wanted.checkValue);
  if (!same) throw new HsmError('HSM_KEY_MISMATCH');
}
