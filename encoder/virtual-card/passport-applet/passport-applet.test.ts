import { afterAll, describe, expect, it } from 'vitest';
import { encodeCvCertificateBody } from '#encoder/cv-certificate';
import { cvDomainParameters } from '#encoder/cv-certificate';
import { toHex, uintBE } from '#encoder/bytes';
import { ecPair, issue, TEST_CHIP_ID } from '#encoder/testing';
import { EC_DOMAINS } from '#encoder/access';
import {
  activeAuthenticationKey,
  bac,
  BAC_SECRETS,
  create,
  domainKeyData,
  lc,
  LOCK,
  passportCards,
  PERSONALISED,
  PUT_BAC,
  PUT_CAN,
  putChipAuthentication,
  secured,
  select,
  send,
  update,
  writeFile,
} from './testing.ts';

const cards = passportCards();
afterAll(cards.remove);

const BASE = 'passport-applet';
const PACE = 'passport-applet-pace';
const content = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 7) & 0xff);
const N = EC_DOMAINS['P-256'].Point.Fn.ORDER;
const CVCA = ecPair('prime256v1', cvDomainParameters('P-256'));
const CVCA_BODY = toHex(encodeCvCertificateBody(issue(CVCA, CVCA, { chr: 'VNCVCA00001', car: 'VNCVCA00001', rights: 0xc3 }).body));
const extendedLc = (hex: string): string => `00${toHex(uintBE(hex.length / 2, 2))}${hex}`;

describe('the applet', () => {
  it('has an ATR of its own for each variant, whose check byte fits', () => {
    const atrs = [BASE, PACE].map((program) => cards.open(program as typeof BASE).answerToReset);
    expect(atrs.map((atr) => Buffer.from(atr.slice(4, 13)).toString('latin1'))).toEqual(['PASSPORT1', 'PASSPORT2']);
    for (const atr of atrs) expect(atr.subarray(1).reduce((sum, byte) => sum ^ byte, 0)).toBe(0);
  });

  it('is plain: other class bytes and instructions are unknown, GlobalPlatform too', async () => {
    const card = cards.open(BASE);
    for (const hex of ['8050000008', '80CA9F7F00', '04A4040C00', 'A0A40000']) expect(await send(card, hex), hex).toBe('6E00');
    for (const hex of ['00CA9F7F00', '00B10000', '00470000', '0022C1A400', '0086000000']) expect(await send(card, hex), hex).toBe('6D00');
    expect(await send(card, '00A4040007A0000002471001')).toBe('6F098407A00000024710019000');
    expect(await send(card, '00A4040C07A0000002471001')).toBe('9000');
    expect(await send(card, '00A4040C07A0000002471002')).toBe('6A82');
    expect(await send(card, '00A4000C023F00')).toBe('6D00');
  });

  it('says its chip id to a reader that asks for the UID, until the lock', async () => {
    const card = cards.open(BASE);
    expect(await send(card, 'FFCA000000')).toBe(`${toHex(TEST_CHIP_ID)}9000`);
    await send(card, LOCK);
    expect(await send(card, 'FFCA000000')).toBe('6A81');
  });
});

describe('facts/applets.md §2, create EF', () => {
  it.each(['0101', '010F', '011C', '011D', '011E'])('%s is a file of the applet', async (fid) => {
    const card = cards.open(BASE);
    expect(await send(card, create(fid, 32_767))).toBe('9000');
    expect(await send(card, select(fid))).toBe('9000');
  });

  it.each(['0100', '0110', '011B', '011F', '2F00', '3F00'])('%s is none', async (fid) => {
    const card = cards.open(BASE);
    expect(await send(card, create(fid, 10))).toBe('6A80');
    expect(await send(card, select(fid))).toBe('6A82');
  });

  it('a later CREATE only sets the size; larger than the first is 6A84, and what is written stays', async () => {
    const card = cards.open(BASE);
    await writeFile(card, '0101', content(100));
    expect(await send(card, create('0101', 101))).toBe('6A84');
    expect(await send(card, create('0101', 50))).toBe('9000');
    expect(await send(card, update(40, content(11)))).toBe('6A84');
    expect(await send(card, create('0101', 100))).toBe('9000');
    expect(card.fileDigests()).toMatchObject([{ fid: 0x0101, size: 100 }]);
    await send(card, PUT_BAC);
    const channel = await bac(card);
    await secured(channel, select('0101'));
    expect(await secured(channel, '00B0000064')).toEqual({ sw: '9000', data: toHex(content(100)) });
  });

  it('no file has more than 32,767 bytes, nor all together more than there are', async () => {
    const card = cards.open(BASE);
    expect(await send(card, create('0101', 32_768))).toBe('6A84');
    expect(await send(card, create('0101', 0))).toBe('6A80');
    for (const fid of ['0101', '0102', '0103', '0104', '0105']) expect(await send(card, create(fid, 32_767))).toBe('9000');
    expect(await send(card, create('0106', 6))).toBe('6A84');
    expect(await send(card, create('0106', 5))).toBe('9000');
  });

  it('takes its one form only, and selects nothing', async () => {
    const card = cards.open(BASE);
    expect(await send(card, '00E000000663050010 0101'.replaceAll(' ', ''))).toBe('6A80');
    expect(await send(card, '00E000000562030010 01'.replaceAll(' ', ''))).toBe('6700');
    expect(await send(card, '00E0010006630400100101')).toBe('6A86');
    expect(await send(card, '00E00000000006630400100101')).toBe('6700');
    expect(await send(card, create('0101', 16))).toBe('9000');
    expect(await send(card, update(0, content(1)))).toBe('6986');
  });
});

describe('facts/applets.md §2, select EF and write', () => {
  it('a file that is not there is 6A82; any other SELECT 6A86', async () => {
    const card = cards.open(BASE);
    expect(await send(card, select('0101'))).toBe('6A82');
    await send(card, create('0101', 4));
    for (const head of ['00A40200', '00A40000', '00A4080C']) expect(await send(card, `${head}020101`), head).toBe('6A86');
    expect(await send(card, '00A4020C03010100')).toBe('6700');
  });

  it('extended Lc → 6700, beyond the size → 6A84, and no byte is written', async () => {
    const card = cards.open(BASE);
    await writeFile(card, '0101', content(20));
    const before = card.fileDigests();
    expect(await send(card, '00D600000000 01FF'.replaceAll(' ', ''))).toBe('6700');
    expect(await send(card, update(0, content(21)))).toBe('6A84');
    expect(await send(card, update(20, content(1)))).toBe('6A84');
    expect(await send(card, '00D68100010F')).toBe('6A86');
    expect(await send(card, '00D60000')).toBe('6700');
    expect(card.fileDigests()).toEqual(before);
    expect(await send(card, update(19, content(1)))).toBe('9000');
  });
});

describe('facts/applets.md §2: READ BINARY needs BAC, locked or not', () => {
  it('6982 in clear, at most 223 bytes at once, no SFI', async () => {
    const card = cards.open(BASE);
    await writeFile(card, '0101', content(300));
    await send(card, select('0101'));
    expect(await send(card, '00B0000010')).toBe('6982');
    await send(card, PUT_BAC);
    const channel = await bac(card);
    expect(await secured(channel, select('0101'))).toEqual({ sw: '9000', data: '' });
    expect((await secured(channel, '00B00000DF')).data).toBe(toHex(content(300).slice(0, 223)));
    expect((await secured(channel, '00B00000E0')).sw).toBe('6700');
    expect((await secured(channel, '00B0000000')).sw).toBe('6700');
    expect((await secured(channel, '00B0810010')).sw).toBe('6A86');
    expect((await secured(channel, '00B0012C01')).sw).toBe('6B00');
    expect(await secured(channel, '00B0012B02')).toEqual({ sw: '6282', data: toHex(content(300).slice(299)) });
    expect((await secured(channel, select('0102'))).sw).toBe('6A82');
    expect((await secured(channel, '00B2000010')).sw).toBe('6D00');
  });

  it('GET CHALLENGE exactly 8', async () => {
    const card = cards.open(BASE);
    expect(await send(card, '0084000008')).toBe('6985');
    await send(card, PUT_BAC);
    for (const le of ['00', '07', '09', '10']) expect(await send(card, `00840000${le}`), le).toBe('6700');
    expect(await send(card, '0084000008')).toMatch(/^[0-9A-F]{16}9000$/);
  });
});

describe('facts/applets.md §2, BAC secrets: the card computes check digits', () => {
  it('opens with the MRZ information of Doc 9303-11 D.2; the inner tags are unchecked', async () => {
    for (const tags of [
      ['5F1F', '5F18', '5F19'],
      ['80', '80', '80'],
    ]) {
      const card = cards.open(BASE);
      const fields = BAC_SECRETS.slice(4)
        .replace('5F1F', tags[0] ?? '')
        .replace('5F18', tags[1] ?? '')
        .replace('5F19', tags[2] ?? '');
      const data = `62${lc(fields)}${fields}`;
      expect(await send(card, `00DA0062${lc(data)}${data}`)).toBe('9000');
      await bac(card);
    }
  });

  it('refuses what is not 9 characters and two dates', async () => {
    const card = cards.open(BASE);
    const short = '6213 8003414243 8006363930383036 8006393430363233'.replaceAll(' ', '');
    for (const data of [
      short,
      BAC_SECRETS.slice(0, -2),
      `${BAC_SECRETS}00`,
      `60${BAC_SECRETS.slice(2)}`,
      BAC_SECRETS.replace('3C', '21'),
    ]) {
      expect(await send(card, `00DA0062${lc(data)}${data}`), data).toBe('6A80');
    }
    expect(await send(card, `00DA0162${lc(BAC_SECRETS)}${BAC_SECRETS}`)).toBe('6A86');
    expect(await send(card, `00DA0062${extendedLc(BAC_SECRETS)}`)).toBe('6700');
    expect(card.lifeCycle).toBe('blank');
    expect(await send(card, PUT_BAC)).toBe('9000');
    expect(card.lifeCycle).toBe('personalising');
  });
});

describe('facts/applets.md §2, keys', () => {
  it('AA modulus and exponent: `60|61 00 04 81 80`, RSA-1024 only', async () => {
    const card = cards.open(BASE);
    const [modulus = '', exponent = ''] = activeAuthenticationKey().commands;
    expect(await send(card, exponent)).toBe('9000');
    expect(await send(card, modulus)).toBe('9000');
    const data = modulus.slice(10);
    for (const wrong of [
      data.replace('6000048180', '6083048180'),
      data.replace('6000048180', '6100048180'),
      data.slice(0, -2),
      `${data}00`,
      `600004818000${data.slice(12)}`,
      `${data.slice(0, -2)}00`,
    ]) {
      expect(await send(card, `00DA0060${lc(wrong)}${wrong}`), wrong.slice(0, 12)).toBe('6A80');
    }
  });

  it('CA key: 81 to 87, of a domain that is known, short Lc only', async () => {
    const card = cards.open(BASE);
    for (const curve of ['P-256', 'brainpoolP256r1'] as const) expect(await send(card, putChipAuthentication(curve, 5n))).toBe('9000');
    for (const value of [0n, N, N + 1n]) expect(await send(card, putChipAuthentication('P-256', value)), `${value}`).toBe('6A80');
    const good = toHex(domainKeyData('P-256', 5n));
    const binary = `8106 00A3 0007 0006`.replaceAll(' ', '') + good.slice(68);
    for (const data of [binary, good.slice(68), `${good}810101`, good.replace(/^8120../, '812000'), '']) {
      expect(await send(card, `00DA0063${data === '' ? '' : lc(data) + data}`), data.slice(0, 8)).toBe('6A80');
    }
    expect(await send(card, `00DA0063${extendedLc(toHex(domainKeyData('P-384', 5n)))}`)).toBe('6700');
  });

  it('CVCA certificate: the body, under any P1, once', async () => {
    const card = cards.open(BASE);
    expect(await send(card, `00DA0064${extendedLc(CVCA_BODY.slice(0, -2))}`)).toBe('6A80');
    expect(await send(card, '00DA0064037F4E00')).toBe('6A80');
    expect(await send(card, `00DA0764${extendedLc(CVCA_BODY)}`)).toBe('9000');
    expect(await send(card, `00DA0064${extendedLc(CVCA_BODY)}`)).toBe('6985');
  });

  it('no certificate of a DV is a trust point', async () => {
    const card = cards.open(BASE);
    const dv = toHex(encodeCvCertificateBody(issue(CVCA, CVCA, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83 }).body));
    expect(await send(card, `00DA0064${extendedLc(dv)}`)).toBe('6A80');
  });
});

describe('facts/applets.md §2, lock', () => {
  it('is irreversible: PUT DATA and CREATE → 6985, unprotected SELECT and READ → 6982', async () => {
    const card = cards.open(BASE);
    await send(card, PUT_BAC);
    await writeFile(card, '0101', content(8));
    expect(await send(card, `${LOCK}0100`)).toBe('6700');
    expect(await send(card, `${LOCK}00`)).toBe('9000');
    expect(card.lifeCycle).toBe('locked');
    const before = card.fileDigests();
    for (const hex of [PUT_BAC, LOCK, '00DA006400', create('0101', 4), create('0102', 4), update(0, content(1))]) {
      expect(await send(card, hex), hex).toBe('6985');
    }
    for (const hex of [select('0101'), select('0102'), '00B0000001', '0088000008', '002A00BE'])
      expect(await send(card, hex), hex).toBe('6982');
    expect(await send(card, '00A4040C07A0000002471001')).toBe('9000');
    expect(await send(card, '00B0000001'), 'no file selected').toBe('6982');
    const channel = await bac(card);
    for (const hex of [PUT_BAC, LOCK, create('0101', 4), update(0, content(1))]) expect((await secured(channel, hex)).sw, hex).toBe('6985');
    expect((await secured(channel, select('0101'))).sw).toBe('9000');
    expect((await secured(channel, '00B0000008')).data).toBe(toHex(content(8)));
    expect(card.fileDigests()).toEqual(before);
    await card.close();
    expect(cards.again().lifeCycle).toBe('locked');
  });

  it('has no second step: DE AF is unknown', async () => {
    const card = cards.open(BASE);
    expect(await send(card, PERSONALISED)).toBe('6A86');
    expect(await send(card, PUT_CAN)).toBe('6A86');
  });

  it('a chip whose lock lies answers 9000 and stays open', async () => {
    const card = cards.open(BASE, { defect: { kind: 'lockLies' } });
    expect(await send(card, LOCK)).toBe('9000');
    expect(await send(card, PUT_BAC)).toBe('9000');
    expect(card.lifeCycle).toBe('personalising');
  });
});

describe('facts/applets.md §2, the variant with PACE', () => {
  it('takes a CAN by `65 L {66 L 02 …}` and nothing else there', async () => {
    const card = cards.open(PACE);
    expect(await send(card, PUT_CAN)).toBe('9000');
    for (const data of ['650966070131 3233343536', '6508660602 3132333435', '65096607023132333 4354 1', '6607023132333435 36'].map((hex) =>
      hex.replaceAll(' ', ''),
    )) {
      expect(await send(card, `00DA0065${lc(data)}${data}`), data).toBe('6A80');
    }
  });

  it('00 DA DE AF comes before 00 DA DE AD, across a power cut too', async () => {
    const card = cards.open(PACE);
    expect(await send(card, LOCK)).toBe('6985');
    expect(await send(card, PERSONALISED)).toBe('9000');
    expect(await send(card, PERSONALISED)).toBe('9000');
    await card.close();
    const again = cards.again();
    expect(await send(again, create('0101', 4))).toBe('9000');
    expect(await send(again, LOCK)).toBe('9000');
    expect(await send(again, PERSONALISED)).toBe('6985');
  });

  it('011C is EF.CardAccess, everybody may read it', async () => {
    const card = cards.open(PACE);
    await writeFile(card, '011C', content(30));
    expect(card.fileDigests()).toMatchObject([{ directory: 'MF', fid: 0x011c }]);
    expect(await send(card, '00B000001E')).toBe(`${toHex(content(30))}9000`);
    await send(card, PERSONALISED);
    await send(card, LOCK);
    expect(await send(card, select('011C'))).toBe('9000');
    expect(await send(card, '00B000001E')).toBe(`${toHex(content(30))}9000`);
    expect(await send(card, select('0101'))).toBe('6982');
  });
});
