import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret, toHex, utf8 } from '#encoder/bytes';
import { keyIdOfPublicKey } from './key-id.ts';
import { Pkcs11Hsm } from './pkcs11.ts';
import { wrapForToken } from './rsa.ts';
import { softHsmToken } from '#pki/testing';

const token = softHsmToken('pkcs11');
const hsm = new Pkcs11Hsm({ tokenLabel: token.label });

beforeAll(() => hsm.open(token.pin));
afterAll(async () => {
  await hsm.close();
  token.remove();
});

/** Runs in another process, because one `C_Finalize` ends the sessions of everyone in this one. */
function elsewhere(script: string): string {
  const module = createRequire(import.meta.url).resolve('pkcs11js');
  const prologue = `
    const p = require(${JSON.stringify(module)}); const lib = new p.PKCS11();
    lib.load('/usr/lib/softhsm/libsofthsm2.so'); lib.C_Initialize({ flags: p.CKF_OS_LOCKING_OK });
    const slot = lib.C_GetSlotList(true).find((s) => lib.C_GetTokenInfo(s).label.trim() === ${JSON.stringify(token.label)});
    const session = lib.C_OpenSession(slot, p.CKF_SERIAL_SESSION | p.CKF_RW_SESSION);
    const find = (template) => { lib.C_FindObjectsInit(session, template); const r = lib.C_FindObjects(session, 100); lib.C_FindObjectsFinal(session); return r; };
    const hex = (h) => Buffer.from(h, 'hex');`;
  return execFileSync(process.execPath, ['-e', `${prologue}\n${script}`], {
    encoding: 'utf8',
    env: { ...process.env, PIN: Buffer.from(token.pin.reveal()).toString() },
  });
}
const LOGIN = 'lib.C_Login(session, p.CKU_USER, process.env.PIN);';

describe('what the token itself refuses and what the port refuses of it', () => {
  test('P7: the private value cannot be read, with the PIN and with PKCS#11 itself', async () => {
    const key = await hsm.generateEcKey({ label: 'unreadable', curve: 'brainpoolP384r1', purpose: 'sign' });
    const answers = elsewhere(`${LOGIN}
      const [object] = find([{ type: p.CKA_CLASS, value: p.CKO_PRIVATE_KEY }, { type: p.CKA_ID, value: hex('${toHex(key.keyId)}') }]);
      try { console.log(lib.C_GetAttributeValue(session, object, [{ type: p.CKA_VALUE }])[0].value.length); } catch (e) { console.log(e.message); }
      try { lib.C_SetAttributeValue(session, object, [{ type: p.CKA_EXTRACTABLE, value: true }]); console.log('made extractable'); } catch (e) { console.log('refused'); }`);
    expect(answers.trim().split('\n')).toEqual(['CKR_ATTRIBUTE_SENSITIVE', 'refused']);
  });

  test('P6: two pairs under one identifier, and a public key that was swapped, are refused', async () => {
    const key = await hsm.generateEcKey({ label: 'twin', curve: 'P-256', purpose: 'sign' });
    const other = await hsm.generateEcKey({ label: 'other', curve: 'P-256', purpose: 'sign' });
    elsewhere(`${LOGIN}
      for (const object of find([{ type: p.CKA_ID, value: hex('${toHex(other.keyId)}') }]))
        lib.C_SetAttributeValue(session, object, [{ type: p.CKA_ID, value: hex('${toHex(key.keyId)}') }]);`);
    await expect(hsm.findEcKey(key)).rejects.toMatchObject({ code: 'HSM_KEY_AMBIGUOUS', remedy: 'quarantine' });
    elsewhere(`${LOGIN}
      const point = Buffer.concat([hex('0441'), hex('${toHex(key.point)}')]);
      for (const object of find([{ type: p.CKA_ID, value: hex('${toHex(key.keyId)}') }])) {
        const cls = lib.C_GetAttributeValue(session, object, [{ type: p.CKA_CLASS }])[0].value[0];
        const mine = cls === p.CKO_PUBLIC_KEY
          ? lib.C_GetAttributeValue(session, object, [{ type: p.CKA_EC_POINT }])[0].value.equals(point)
          : lib.C_GetAttributeValue(session, object, [{ type: p.CKA_LABEL }])[0].value.toString() === 'twin';
        // What stays: the twin's private half and the other's public half.
        if ((cls === p.CKO_PUBLIC_KEY) === mine) lib.C_DestroyObject(session, object);
      }`);
    await expect(hsm.findEcKey(key)).rejects.toMatchObject({ code: 'HSM_KEY_MISMATCH' });
  });

  test('P7: a key that was imported, or can leave the token, is not used', async () => {
    const key = await hsm.generateEcKey({ label: 'to be replaced', curve: 'P-256', purpose: 'sign' });
    elsewhere(`${LOGIN}
      const id = { type: p.CKA_ID, value: hex('${toHex(key.keyId)}') };
      for (const object of find([{ type: p.CKA_CLASS, value: p.CKO_PRIVATE_KEY }, id])) lib.C_DestroyObject(session, object);
      lib.C_CreateObject(session, [id, { type: p.CKA_CLASS, value: p.CKO_PRIVATE_KEY }, { type: p.CKA_KEY_TYPE, value: p.CKK_EC },
        { type: p.CKA_TOKEN, value: true }, { type: p.CKA_PRIVATE, value: true }, { type: p.CKA_SENSITIVE, value: true },
        { type: p.CKA_EXTRACTABLE, value: false }, { type: p.CKA_SIGN, value: true }, { type: p.CKA_LABEL, value: 'imported' },
        { type: p.CKA_EC_PARAMS, value: hex('06082a8648ce3d030107') }, { type: p.CKA_VALUE, value: Buffer.alloc(32, 5) }]);`);
    await expect(hsm.findEcKey(key)).rejects.toMatchObject({ code: 'HSM_KEY_EXPOSED', remedy: 'quarantine' });
  });
});

test('P7: an RSA key that was imported is not used', async () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicKey = Uint8Array.from(pair.publicKey.export({ format: 'der', type: 'pkcs1' }));
  const keyId = keyIdOfPublicKey(publicKey);
  elsewhere(`${LOGIN}
    const jwk = ${JSON.stringify(pair.privateKey.export({ format: 'jwk' }))};
    const numbers = (members) => Object.entries(members).map(([name, member]) => ({ type: p[name], value: Buffer.from(jwk[member], 'base64url') }));
    const half = (kind, ...rest) => lib.C_CreateObject(session, [{ type: p.CKA_CLASS, value: kind }, { type: p.CKA_KEY_TYPE, value: p.CKK_RSA },
      { type: p.CKA_TOKEN, value: true }, { type: p.CKA_ID, value: hex('${toHex(keyId)}') }, { type: p.CKA_LABEL, value: 'imported' },
      ...numbers({ CKA_MODULUS: 'n', CKA_PUBLIC_EXPONENT: 'e' }), ...rest]);
    half(p.CKO_PUBLIC_KEY, { type: p.CKA_VERIFY, value: true });
    half(p.CKO_PRIVATE_KEY, { type: p.CKA_PRIVATE, value: true }, { type: p.CKA_SENSITIVE, value: true }, { type: p.CKA_EXTRACTABLE, value: false },
      { type: p.CKA_SIGN, value: true }, ...numbers({ CKA_PRIVATE_EXPONENT: 'd', CKA_PRIME_1: 'p', CKA_PRIME_2: 'q', CKA_EXPONENT_1: 'dp',
        CKA_EXPONENT_2: 'dq', CKA_COEFFICIENT: 'qi' }));`);
  await expect(hsm.findRsaKey({ keyId, publicKey })).rejects.toMatchObject({ code: 'HSM_KEY_EXPOSED', remedy: 'quarantine' });
});

describe('keys that were unwrapped', () => {
  const unwrapped = async (fill: number) => {
    const under = await hsm.generateRsaKey({ label: 'unwrapping', bits: 2048, purpose: 'unwrap' });
    const wrapped = wrapForToken(under.publicKey, new Secret(new Uint8Array(16).fill(fill)));
    return hsm.unwrapAesKey({ label: 'unwrapped' }, under, wrapped);
  };

  test('P7: not readable, not extractable, good for CMAC only', async () => {
    const key = await unwrapped(0x11);
    const answers = elsewhere(`${LOGIN}
      const [object] = find([{ type: p.CKA_CLASS, value: p.CKO_SECRET_KEY }, { type: p.CKA_ID, value: hex('${toHex(key.keyId)}') }]);
      const tell = (f) => { try { f(); console.log('done'); } catch (e) { console.log(e.message.split(':')[0]); } };
      tell(() => lib.C_GetAttributeValue(session, object, [{ type: p.CKA_VALUE }]));
      tell(() => lib.C_SetAttributeValue(session, object, [{ type: p.CKA_EXTRACTABLE, value: true }]));
      tell(() => lib.C_EncryptInit(session, { mechanism: p.CKM_AES_ECB }, object));
      tell(() => lib.C_DecryptInit(session, { mechanism: p.CKM_AES_ECB }, object));`);
    const notPermitted = 'CKR_KEY_FUNCTION_NOT_PERMITTED';
    expect(answers.trim().split('\n')).toEqual(['CKR_ATTRIBUTE_SENSITIVE', 'CKR_ATTRIBUTE_READ_ONLY', notPermitted, notPermitted]);
  });

  test('P6: another key put under the identifier does not answer for it', async () => {
    const key = await unwrapped(0x22);
    const other = await unwrapped(0x33);
    elsewhere(`${LOGIN}
      const named = (id) => find([{ type: p.CKA_CLASS, value: p.CKO_SECRET_KEY }, { type: p.CKA_ID, value: hex(id) }])[0];
      lib.C_DestroyObject(session, named('${toHex(key.keyId)}'));
      lib.C_SetAttributeValue(session, named('${toHex(other.keyId)}'), [{ type: p.CKA_ID, value: hex('${toHex(key.keyId)}') }]);`);
    await expect(hsm.findAesKey(key)).rejects.toMatchObject({ code: 'HSM_KEY_MISMATCH', remedy: 'quarantine' });
    await expect(hsm.cmac(key, utf8('x'))).rejects.toMatchObject({ code: 'HSM_KEY_MISMATCH' });
  });
});

describe('the token and its sessions', () => {
  const runAlone = (body: string) =>
    execFileSync(
      process.execPath,
      [
        '--import',
        'tsx',
        '--conditions',
        'source',
        '--input-type=module',
        '-e',
        `import { Pkcs11Hsm } from '#pki/hsm'; import { Secret } from '#encoder/bytes';
         const code = async (p) => { try { await p; return 'ok'; } catch (e) { return e.code + ' ' + (e.remedy ?? ''); } };
         const right = () => new Secret(Buffer.from(process.env.PIN)); const wrong = () => new Secret(Buffer.from('00000000x'));
         ${body}`,
      ],
      { encoding: 'utf8', env: { ...process.env, PIN: Buffer.from(token.pin.reveal()).toString() } },
    )
      .trim()
      .split('\n');

  test('a wrong PIN is presented once; the right one afterwards is not presented at all', () => {
    const answers = runAlone(`const hsm = new Pkcs11Hsm({ tokenLabel: '${token.label}' });
      console.log(await code(hsm.open(wrong()))); console.log(await code(hsm.open(right()))); console.log(await code(hsm.random(8)));`);
    expect(answers).toEqual(['HSM_PIN_INCORRECT stop', 'HSM_PIN_INCORRECT stop', 'HSM_PIN_INCORRECT stop']);
  });

  test('no such token, no such library, not opened: each has its code', () => {
    const answers = runAlone(`console.log(await code(new Pkcs11Hsm({ tokenLabel: 'nobody' }).open(right())));
      console.log(await code(new Pkcs11Hsm({ tokenLabel: 'x', modulePath: '/nonexistent.so' }).open(right())));
      console.log(await code(new Pkcs11Hsm({ tokenLabel: 'x' }).random(8)));`);
    expect(answers).toEqual(['HSM_TOKEN_NOT_FOUND recycle', 'HSM_LIBRARY_FAILED recycle', 'HSM_NOT_OPEN stop']);
  });

  test('sessions closed behind our back: one call says HSM_SESSION_LOST, the same call again succeeds', () => {
    const answers = runAlone(`import pkcs11js from 'pkcs11js';
      const hsm = new Pkcs11Hsm({ tokenLabel: '${token.label}' }); await hsm.open(right());
      const key = await hsm.generateEcKey({ label: 'survivor', curve: 'P-256', purpose: 'sign' });
      const lib = new pkcs11js.PKCS11(); lib.load('/usr/lib/softhsm/libsofthsm2.so');
      for (const slot of lib.C_GetSlotList(true)) lib.C_CloseAllSessions(slot);
      console.log(await code(hsm.sign(key, new Uint8Array(32).fill(1))));
      console.log(await code(hsm.sign(key, new Uint8Array(32).fill(1)))); await hsm.close();`);
    expect(answers).toEqual(['HSM_SESSION_LOST retry', 'ok']);
  });

  test('the token is initialised again by someone else: the key has vanished, and nothing is looked up by label', () => {
    const answers = runAlone(`import { execFileSync } from 'node:child_process';
      const util = (...args) => execFileSync('softhsm2-util', args, { stdio: 'ignore' });
      util('--init-token', '--free', '--label', 'victim', '--pin', process.env.PIN, '--so-pin', '12345678');
      const hsm = new Pkcs11Hsm({ tokenLabel: 'victim' }); await hsm.open(right());
      const key = await hsm.generateEcKey({ label: 'gone', curve: 'P-256', purpose: 'sign' });
      console.log(await code(hsm.sign(key, new Uint8Array(32).fill(1))));
      util('--init-token', '--token', 'victim', '--label', 'victim', '--pin', process.env.PIN, '--so-pin', '12345678');
      console.log(await code(hsm.sign(key, new Uint8Array(32).fill(1)))); await hsm.close(); util('--delete-token', '--token', 'victim');`);
    expect(answers).toEqual(['ok', 'HSM_KEY_VANISHED quarantine']);
  });
});

test('the PIN never shows in an error', async () => {
  const closed = new Pkcs11Hsm({ tokenLabel: 'nobody' });
  const pin = new Secret(utf8('13572468'));
  const error: unknown = await closed.open(pin).catch((cause: unknown) => cause);
  expect(JSON.stringify(error) + String(error)).not.toContain('13572468');
});
