import { describe, expect, it } from 'vitest';
import { Secret, toHex } from '#encoder/bytes';
import { loadVectors, vector } from '#test-vectors';
import { mrzInformation } from '#encoder/mrz';
import { parseCommand } from '#encoder/apdu';
import { BacCardSession, basicAccessKeys, CIPHER_SUITES, deriveSessionKeys, openBac, readFile } from './index.ts';
import { scripted, scriptedChannel, seeded, testChip } from './testing.ts';

const MRZ = 'L898902C<369080619406236';

describe('Doc 9303-11 Appendix D.1, D.2: keys from the MRZ', () => {
  it('derives the keys of D.1, parity adjusted', () => {
    const v = vector('bac', 'bac.kdf.D1');
    const keys = deriveSessionKeys(CIPHER_SUITES['3DES'], v.bytes('kseed'));
    expect([toHex(keys.enc.reveal()), toHex(keys.mac.reveal())]).toEqual([v.text('kenc'), v.text('kmac')]);
  });

  it('derives the document basic access keys of D.2', () => {
    const v = vector('bac', 'bac.kseed.D2');
    const keys = basicAccessKeys(v.text('mrzInformationText'));
    expect([toHex(keys.enc.reveal()), toHex(keys.mac.reveal())]).toEqual([v.text('kenc'), v.text('kmac')]);
  });

  it.each(
    loadVectors('bac')
      .filter((v) => v.id.startsWith('bac.mrzinfo.'))
      .map((v) => [v.id, v] as const),
  )('%s', (_id, v) => {
    const seed = deriveSessionKeys(CIPHER_SUITES['3DES'], v.bytes('kseed'));
    expect(basicAccessKeys(v.text('mrzInformationText')).enc.reveal()).toEqual(seed.enc.reveal());
    if (v.id.includes('td1_long')) expect(mrzInformation(v.texts('linesText'))).toBe(v.text('mrzInformationText'));
  });
});

describe('Doc 9303-11 Appendix D.3: mutual authentication', () => {
  const v = vector('bac', 'bac.mutual_auth.D3');

  it('terminal: the commands of the example, byte for byte', async () => {
    const { channel, asked } = scriptedChannel(v.text('getChallengeRapdu'), v.text('extAuthRapdu'), '9000');
    const sm = await openBac(channel, { mrzInformation: MRZ, random: scripted(v.bytes('rndIfd'), v.bytes('kIfd')) });
    expect(asked).toEqual([v.text('getChallengeCapdu'), v.text('extAuthCapdu')]);
    // The session keys and the counter show in the first protected command, which D.4 prints.
    await expect(sm.send({ cla: 0, ins: 0xa4, p1: 2, p2: 0x0c, data: Uint8Array.of(0x01, 0x1e) })).rejects.toMatchObject({
      code: 'ACCESS_SM_ABORTED',
    });
    expect(asked[2]).toBe(vector('bac', 'bac.sm.D4.select_ef_com').text('protectedCapdu'));
  });

  it('card: the answers of the example, byte for byte', () => {
    const card = new BacCardSession(MRZ, scripted(v.bytes('rndIc'), v.bytes('kIc')));
    expect(card.getChallenge(parseCommand(v.bytes('getChallengeCapdu'))).response).toEqual({ data: v.bytes('rndIc'), sw: 0x9000 });
    const step = card.externalAuthenticate(parseCommand(v.bytes('extAuthCapdu')));
    expect(step.response).toEqual({ data: v.bytes('extAuthRespData'), sw: 0x9000 });
    expect(step.session).toBeDefined();
  });
});

describe('BAC, terminal against card', () => {
  const file = Uint8Array.from([0x60, 0x03, 1, 2, 3]);

  it('opens and reads with any randomness', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const chip = testChip({ bac: new BacCardSession(MRZ, seeded(seed)), files: new Map([[0x011e, file]]) });
      const sm = await openBac(chip.channel, { mrzInformation: MRZ, random: seeded(seed + 1000) });
      expect(sm.suite.name).toBe('3DES');
      expect(await readFile(sm, 0x011e)).toEqual(file);
    }
  });

  it('another MRZ is refused by the chip: password wrong, one try', async () => {
    const chip = testChip({ bac: new BacCardSession(MRZ, seeded(1)) });
    const attempt = openBac(chip.channel, { mrzInformation: 'L898902C<369080619406237', random: seeded(2) });
    await expect(attempt).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
    expect(chip.wire).toHaveLength(4);
  });

  it('a chip that accepts everything but does not know the MRZ is found out', async () => {
    const { channel } = scriptedChannel(`${'11'.repeat(8)}9000`, `${'22'.repeat(40)}9000`);
    await expect(openBac(channel, { mrzInformation: MRZ, random: seeded(2) })).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
  });

  it('the proof of another session (replay) is found out', async () => {
    const v = vector('bac', 'bac.mutual_auth.D3');
    const { channel } = scriptedChannel(v.text('getChallengeRapdu'), v.text('extAuthRapdu'));
    await expect(openBac(channel, { mrzInformation: MRZ, random: seeded(2) })).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
  });

  it.each([
    ['a short challenge', ['11229000'], 'ACCESS_ANSWER_INVALID'],
    ['no challenge', ['6D00'], 'CARD_REFUSED'],
    ['a short proof', [`${'11'.repeat(8)}9000`, '229000'], 'ACCESS_PASSWORD_WRONG'],
    ['a refusal of the command', [`${'11'.repeat(8)}9000`, '6D00'], 'ACCESS_REFUSED'],
  ])('%s is a coded error', async (_name, answers, code) => {
    const { channel } = scriptedChannel(...answers);
    await expect(openBac(channel, { mrzInformation: MRZ, random: seeded(2) })).rejects.toMatchObject({ code });
  });

  it('a challenge is good for one EXTERNAL AUTHENTICATE', () => {
    const v = vector('bac', 'bac.mutual_auth.D3');
    const card = new BacCardSession(MRZ, scripted(v.bytes('rndIc'), v.bytes('kIc')));
    const external = parseCommand(v.bytes('extAuthCapdu'));
    expect(card.externalAuthenticate(external).response.sw).toBe(0x6985);
    card.getChallenge(parseCommand(v.bytes('getChallengeCapdu')));
    expect(card.externalAuthenticate({ ...external, data: external.data.slice(1) }).response.sw).toBe(0x6700);
    expect(card.externalAuthenticate(external).response.sw).toBe(0x6985);
  });

  it.each([
    ['refused', '6300'],
    ['answered with a wrong proof', `${'22'.repeat(40)}9000`],
  ])('K.IFD is wiped when BAC is %s', async (_name, proof) => {
    const { channel } = scriptedChannel(`${'11'.repeat(8)}9000`, proof);
    const keying = new Uint8Array(16).fill(7);
    const random = scripted(new Uint8Array(8), keying);
    const given: Uint8Array[] = [];
    const kept = (length: number): Uint8Array => {
      const bytes = random(length);
      given.push(bytes);
      return bytes;
    };
    await expect(openBac(channel, { mrzInformation: MRZ, random: kept })).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
    expect(given[1]).toEqual(new Uint8Array(16));
  });

  it('no error carries the MRZ', async () => {
    const chip = testChip({ bac: new BacCardSession(MRZ, seeded(1)) });
    const error: unknown = await openBac(chip.channel, { mrzInformation: 'D23145890734934071279507122', random: seeded(2) }).catch(
      (e: unknown) => e,
    );
    expect(`${JSON.stringify(error)}${String(error)}`).not.toMatch(/340712|L898902C|D2314/);
    expect(JSON.stringify(new Secret(new Uint8Array(16)))).toBe('"[secret, 16 bytes]"');
  });
});
