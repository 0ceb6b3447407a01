import { createECDH, createHash, randomBytes, verify } from 'node:crypto';
import pkcs11js from 'pkcs11js';
import { concat, equalBytes, equalConstantTime, Secret, toHex, utf8 } from '#encoder/bytes';
import { derOctetString } from '#encoder/tlv';
import { EC_CURVES, publicKeyOfPoint, verifyEcdsaRaw } from '#pki/ec';
import { HsmError } from './hsm-error.ts';
import type { AesKey, EcKey, EcKeyRequest, Hsm, HsmObject, RsaKey, RsaKeyRequest, RsaScheme, SigningKey } from './hsm.ts';
import { checkValueOf, keyIdOfPublicKey } from './key-id.ts';
import { CMAC_BYTES, describeAes, findAes, findEc, findRsa, findSigning, readRsaPublicKey, type Found } from './pkcs11-keys.ts';
import { describe, findObjects, readBytes, readPoint } from './pkcs11-objects.ts';
import { Pkcs11Sessions, type Cryptoki, type Handle } from './pkcs11-sessions.ts';
import { ecPairTemplates, macKeyTemplate, rsaPairTemplates } from './pkcs11-templates.ts';
import { factsOfWrapped, unwrapMacKey } from './pkcs11-unwrap.ts';
import { digestInfo, HASH_BYTES, publicKeyOfRsa, rsaBits, wrapForToken } from './rsa.ts';
import { assertSignable, assertSignatureForm, signatureBytes } from './signature-form.ts';

export interface Pkcs11Options {
  readonly tokenLabel: string;
  /** The vendor's library; SoftHSM's where none is given. */
  readonly modulePath?: string;
  /** Operations at once; SoftHSM gains nothing beyond the number of processors. */
  readonly sessionsMax?: number;
}

const SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so';

/** CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE: an answer, not a failure. */
const SIGNATURE_WRONG: ReadonlySet<number> = new Set([0xc0, 0xc1]);

type AnyKey = SigningKey | AesKey;

/**
 * The port over PKCS#11 v2.40. One instance a process: `C_Finalize` anywhere ends the sessions of everyone in it. For SoftHSM,
 * `SOFTHSM2_CONF` must be in the environment before `open`. Buffers handed to the library are copies of our own, because its
 * threads keep raw pointers to them.
 */
export class Pkcs11Hsm implements Hsm {
  readonly kind = 'pkcs11';
  readonly #sessions: Pkcs11Sessions;
  /** Handles of keys that were found and proven, by identifier. A handle is good for one login. */
  readonly #proven = new Map<string, Found<AnyKey>>();

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
    const { label, purpose } = request;
    const curve = EC_CURVES[request.curve];
    const key = await this.#sessions.run('generateEcKey', async (library, session) => {
      const temporaryId = library.C_GenerateRandom(session, Buffer.alloc(20));
      const { publicKey, privateKey } = ecPairTemplates(curve, { label, purpose, temporaryId });
      const pair = await library.C_GenerateKeyPairAsync(session, { mechanism: pkcs11js.CKM_EC_KEY_PAIR_GEN }, publicKey, privateKey);
      const point = readPoint(library, session, pair.publicKey);
      const keyId = identify(library, session, pair, point);
      return Object.freeze<EcKey>({ kind: 'ec', keyId, curve: curve.name, point, purpose, label });
    });
    return this.#proved(key);
  }

  async findEcKey(wanted: Pick<EcKey, 'keyId' | 'point'>): Promise<EcKey> {
    return this.#sessions.run('findEcKey', (library, session) => findEc(library, session, wanted).key);
  }

  async generateRsaKey(request: RsaKeyRequest): Promise<RsaKey> {
    const { label, purpose } = request;
    const bits = rsaBits(request.bits);
    const key = await this.#sessions.run('generateRsaKey', async (library, session) => {
      const temporaryId = library.C_GenerateRandom(session, Buffer.alloc(20));
      const { publicKey, privateKey } = rsaPairTemplates(bits, { label, purpose, temporaryId });
      const pair = await library.C_GenerateKeyPairAsync(session, { mechanism: pkcs11js.CKM_RSA_PKCS_KEY_PAIR_GEN }, publicKey, privateKey);
      const made = readRsaPublicKey(library, session, pair.publicKey);
      const keyId = identify(library, session, pair, made.publicKey);
      return Object.freeze<RsaKey>({ kind: 'rsa', keyId, ...made, purpose, label });
    });
    return this.#proved(key);
  }

  async findRsaKey(wanted: Pick<RsaKey, 'keyId' | 'publicKey'>): Promise<RsaKey> {
    return this.#sessions.run('findRsaKey', (library, session) => findRsa(library, session, wanted).key);
  }

  async sign(key: SigningKey, digest: Uint8Array, scheme?: RsaScheme): Promise<Uint8Array> {
    assertSignable(key, digest, scheme);
    const input = octetsToSign(digest, scheme);
    return this.#sessions.run('sign', async (library, session) => {
      const { handle } = this.#known(library, session, key);
      library.C_SignInit(session, mechanismFor(key, scheme), handle);
      return assertSignatureForm(key, Uint8Array.from(await library.C_SignAsync(session, input, Buffer.alloc(signatureBytes(key)))));
    });
  }

  async verify(key: SigningKey, digest: Uint8Array, signature: Uint8Array, scheme?: RsaScheme): Promise<boolean> {
    assertSignable(key, digest, scheme);
    if (signature.length !== signatureBytes(key)) return false;
    const [input, octets] = [octetsToSign(digest, scheme), Buffer.from(signature)];
    return this.#sessions.run('verify', async (library, session) => {
      const { publicHandle } = this.#known(library, session, key);
      if (publicHandle === undefined) throw new HsmError('HSM_KEY_MISMATCH', { where: 'verify' });
      library.C_VerifyInit(session, mechanismFor(key, scheme), publicHandle);
      try {
        return await library.C_VerifyAsync(session, input, octets);
      } catch (error) {
        if (error instanceof pkcs11js.Pkcs11Error && SIGNATURE_WRONG.has(error.code)) return false;
        throw error;
      }
    });
  }

  /** PKCS#11 has no counter of uses, and SoftHSM no other either. */
  async signaturesOf(): Promise<undefined> {
    await Promise.resolve();
    return undefined;
  }

  async ecdhDerive(key: EcKey, peerPoint: Uint8Array): Promise<Secret> {
    // A point off the curve would leak the private key bit by bit: OpenSSL refuses it before the token sees it.
    publicKeyOfPoint(key.curve, peerPoint);
    const input = unambiguous(peerPoint);
    return this.#sessions.run('ecdhDerive', async (library, session) => {
      const { handle } = this.#known(library, session, key);
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
      const template = [
        ...macKeyTemplate(request.label, randomId(library, session)),
        { type: pkcs11js.CKA_VALUE_LEN, value: request.bits / 8 },
      ];
      const handle = await library.C_GenerateKeyAsync(session, { mechanism: pkcs11js.CKM_AES_KEY_GEN }, template);
      return describeAes(library, session, handle);
    });
  }

  async unwrapAesKey(request: { readonly label: string }, under: RsaKey, wrapped: Uint8Array): Promise<AesKey> {
    if (wrapped.length !== under.bits / 8)
      throw new HsmError('HSM_INPUT_INVALID', { where: 'unwrapAesKey', detail: `${wrapped.length} bytes` });
    const blob = Uint8Array.from(wrapped);
    return this.#sessions.run('unwrapAesKey', (library, session) => {
      const { handle } = this.#known(library, session, under);
      return unwrapMacKey(library, session, request.label, { under: handle, blob });
    });
  }

  async findAesKey(wanted: Pick<AesKey, 'keyId' | 'checkValue'>): Promise<AesKey> {
    return this.#sessions.run('findAesKey', (library, session) => findAes(library, session, wanted).key);
  }

  async cmac(key: AesKey, data: Uint8Array): Promise<Uint8Array> {
    if (data.length === 0) throw new HsmError('HSM_INPUT_INVALID', { where: 'cmac', detail: 'no data' });
    const input = Buffer.from(data);
    return this.#sessions.run('cmac', async (library, session) => {
      const { handle } = this.#known(library, session, key);
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

  /** Where a key is that this login has proven to be the one that is meant. */
  #known(library: Cryptoki, session: Handle, key: AnyKey): Found<AnyKey> {
    const name = toHex(key.keyId);
    const known = this.#proven.get(name);
    if (known !== undefined) {
      assertSameKey(known.key, key);
      return known;
    }
    const found = key.kind === 'aes' ? findAes(library, session, key) : findSigning(library, session, key);
    assertSameKey(found.key, key);
    this.#proven.set(name, found);
    return found;
  }

  /**
   * Pairwise consistency (SP 800-56A §5.6.2.1.4): the private half answers for this public half. Done once, when the key is
   * made and before anything hangs on it; a Document Signer's key makes no signature afterwards that no intent records.
   */
  async #proved<Key extends SigningKey>(key: Key): Promise<Key> {
    if (await this.#answersFor(key)) return key;
    await this.destroy(key.keyId);
    throw new HsmError('HSM_KEY_MISMATCH', { where: 'pairwise consistency' });
  }

  async #answersFor(key: SigningKey): Promise<boolean> {
    if (key.purpose === 'sign') {
      const message = randomBytes(32);
      const digest = createHash('sha256').update(message).digest();
      if (key.kind === 'ec') return verifyEcdsaRaw('sha256', message, publicKeyOfPoint(key.curve, key.point), await this.sign(key, digest));
      const signature = await this.sign(key, digest, { padding: 'pkcs1', hash: 'sha256' });
      return verify('sha256', message, publicKeyOfRsa(key.publicKey), signature);
    }
    if (key.kind === 'rsa') {
      const value = Secret.takeOver(randomBytes(16));
      const blob = wrapForToken(key.publicKey, value);
      const { checkValue } = await this.#sessions.run('unwrapAesKey', (library, session) =>
        factsOfWrapped(library, session, { under: this.#known(library, session, key).handle, blob }),
      );
      return equalBytes(checkValue, checkValueOf(value));
    }
    const peer = createECDH(EC_CURVES[key.curve].opensslName);
    const shared = await this.ecdhDerive(key, peer.generateKeys());
    return equalConstantTime(shared.reveal(), peer.computeSecret(key.point));
  }
}

/** Both halves get the identifier that comes from the public one. */
function identify(library: Cryptoki, session: Handle, pair: pkcs11js.KeyPair, publicHalf: Uint8Array): Uint8Array {
  const keyId = keyIdOfPublicKey(publicHalf);
  const id = [{ type: pkcs11js.CKA_ID, value: Buffer.from(keyId) }];
  library.C_SetAttributeValue(session, pair.privateKey, id);
  library.C_SetAttributeValue(session, pair.publicKey, id);
  return keyId;
}

/** A secret key has no public half to take an identifier from: a random one, from the token. */
function randomId(library: Cryptoki, session: Handle): Uint8Array {
  return library.C_GenerateRandom(session, Buffer.alloc(20));
}

/**
 * Tokens take the other side's point bare or as a DER OCTET STRING (PKCS#11 v2.40 §2.3.7), and SoftHSM guesses which: a bare
 * point whose x begins with the length of the rest is taken for an OCTET STRING (brainpoolP512r1 and 7F: one point in 256). Such a point goes as
 * what it is taken for.
 */
function unambiguous(point: Uint8Array): Buffer {
  return Buffer.from(point[1] === point.length - 2 ? derOctetString(point) : point);
}

function mechanismFor(key: SigningKey, scheme: RsaScheme | undefined): pkcs11js.Mechanism {
  if (key.kind === 'ec' || scheme === undefined) return { mechanism: pkcs11js.CKM_ECDSA };
  if (scheme.padding === 'pkcs1') return { mechanism: pkcs11js.CKM_RSA_PKCS };
  const parameter = { type: pkcs11js.CK_PARAMS_RSA_PSS, ...PSS_PARAMETERS[scheme.hash], saltLen: HASH_BYTES[scheme.hash] };
  return { mechanism: pkcs11js.CKM_RSA_PKCS_PSS, parameter };
}

const PSS_PARAMETERS = {
  sha256: { hashAlg: pkcs11js.CKM_SHA256, mgf: pkcs11js.CKG_MGF1_SHA256 },
  sha384: { hashAlg: pkcs11js.CKM_SHA384, mgf: pkcs11js.CKG_MGF1_SHA384 },
  sha512: { hashAlg: pkcs11js.CKM_SHA512, mgf: pkcs11js.CKG_MGF1_SHA512 },
} as const satisfies Record<RsaScheme['hash'], unknown>;

/** CKM_ECDSA and CKM_RSA_PKCS_PSS take the digest; CKM_RSA_PKCS pads what it is given. */
function octetsToSign(digest: Uint8Array, scheme: RsaScheme | undefined): Buffer {
  return Buffer.from(scheme?.padding === 'pkcs1' ? digestInfo(scheme.hash, digest) : digest);
}

function assertSameKey(found: AnyKey, wanted: AnyKey): void {
  if (!equalBytes(provenBy(found), provenBy(wanted)) || found.kind !== wanted.kind) throw new HsmError('HSM_KEY_MISMATCH');
}

/** What, beside its identifier, a key is known by. */
function provenBy(key: AnyKey): Uint8Array {
  if (key.kind === 'aes') return key.checkValue;
  return key.kind === 'ec' ? concat(utf8(key.curve), key.point) : key.publicKey;
}
