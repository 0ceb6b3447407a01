import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret, toHex, utf8 } from '#encoder/bytes';
import { Pkcs11Hsm } from './pkcs11.ts';
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
    const aes = await hsm.importAesKey({ label: 'unreadable' }, new Secret(new Uint8Array(16).fill(3)));
    const answers = elsewhere(`${LOGIN}
      for (const [cls, id] of [[p.CKO_PRIVATE_KEY, '${toHex(key.keyId)}'], [p.CKO_SECRET_KEY, '${toHex(aes.keyId)}']]) {
        const [object] = find([{ type: p.CKA_CLASS, value: cls }, { type: p.CKA_ID, value: hex(id) }]);
        try { console.log(lib.C_GetAttributeValue(session, object, [{ type: p.CKA_VALUE }])[0].value.length); } catch (e) { console.log(e.message); }
        try { lib.C_SetAttributeValue(session, object, [{ type: p.CKA_EXTRACTABLE, value: true }]); console.log('made extractable'); } catch (e) { console.log('refused'); }
      }`);
    expect(answers.trim().split('\n')).toEqual(['CKR_ATTRIBUTE_SENSITIVE', 'refused', 'CKR_ATTRIBUTE_SENSITIVE', 'refused']);
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
