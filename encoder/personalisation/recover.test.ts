import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { referenceDriver, type CardDriver, type ChipStatus } from '#encoder/drivers';
import { inProcessReader, type CardConnection } from '#encoder/readers';
import { VirtualCard } from '#encoder/virtual-card';
import { blankImage, imageFolder, inApplication, oneRsaKey, TEST_CHIP_ID, TEST_CHIP_KEYS, openAsPlant } from '#encoder/testing';
import { EF_SOD, personalise, planPersonalisation, prepareChip, remainingSteps, type PersonalisationJournal } from './index.ts';

const TAG = new Uint8Array(32).fill(1);
const OTHER_TAG = new Uint8Array(32).fill(2);
const KEYS = { activeAuthentication: Uint8Array.of(1), chipAuthentication: Uint8Array.of(2) };
const SECRETS = { mrzInformation: '123456789790010113001019', can: '123456' };
const { capabilities } = referenceDriver({ atr: new Uint8Array(0) } as CardConnection, { commandBytesMax: 143 });
const content = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i & 0xff);
const FILES = [
  { ...EF_SOD, bytes: content(40) },
  { ...inApplication(0x0101), bytes: content(250) },
];
const plan = planPersonalisation({ bindingTag: TAG, publicKeys: KEYS, secrets: SECRETS, trustPoint: null, files: FILES }, capabilities);

const sha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(bytes).digest());
const empty: ChipStatus = {
  lifeCycle: 'personalising',
  bindingTag: TAG,
  keys: KEYS,
  accessSecretsSet: false,
  trustPointSet: false,
  files: [],
};
const names = (status: ChipStatus): readonly string[] =>
  remainingSteps(plan, status).map(
    ({ sequence, operation, file, offset = 0 }) => `${sequence} ${operation} ${(file?.fid ?? 0).toString(16)}@${offset}`,
  );

describe('the plan', () => {
  it('writes EF.SOD last, then locks, then proves the lock', () => {
    expect(capabilities.writeBytesMax).toBe(119);
    expect(plan.steps.map(({ operation, file, offset = 0 }) => `${operation} ${(file?.fid ?? 0).toString(16)}@${offset}`)).toEqual([
      'replaceKeys 0@0',
      'writeBindingTag 0@0',
      'generateKeys 0@0',
      'setAccessSecrets 0@0',
      'createFile 101@0',
      'writeFile 101@0',
      'writeFile 101@119',
      'writeFile 101@238',
      'createFile 11d@0',
      'writeFile 11d@0',
      'lock 0@0',
      'proveLock 0@0',
    ]);
  });

  it('its hashes are of the content that each command carries, and say nothing of the secrets', () => {
    expect(plan.steps[6]?.hash).toBe(Buffer.from(sha256(content(250).subarray(119, 238))).toString('hex'));
    const others = planPersonalisation(
      { bindingTag: TAG, publicKeys: KEYS, secrets: { ...SECRETS, can: '654321' }, trustPoint: null, files: FILES },
      capabilities,
    );
    expect(others.steps).toEqual(plan.steps);
  });

  it.each([
    ['a file twice', [...FILES, { ...inApplication(0x0101), bytes: content(3) }]],
    ['an empty file', [{ ...inApplication(0x0101), bytes: content(0) }]],
    ['a file larger than the chip can hold', [{ ...inApplication(0x0101), bytes: content(65_536) }]],
  ])('refuses %s before a blank is touched', (_name, files) => {
    expect(() =>
      planPersonalisation({ bindingTag: TAG, publicKeys: KEYS, secrets: SECRETS, trustPoint: null, files }, capabilities),
    ).toThrow(expect.objectContaining({ code: 'PLAN_INVALID' }));
  });
});

describe('the plan, by what the chip family takes', () => {
  it.each([
    ['a file that is not among those of a fixed list', { ...capabilities, files: [EF_SOD, inApplication(0x0102)] }],
    ['a directory that there is not', { ...capabilities, directories: ['MF' as const] }],
  ])('refuses %s', (_name, lesser) => {
    const input = { bindingTag: TAG, publicKeys: KEYS, secrets: SECRETS, trustPoint: null, files: FILES };
    expect(() => planPersonalisation(input, lesser)).toThrow(expect.objectContaining({ code: 'PLAN_INVALID' }));
    const all = { ...capabilities, files: [EF_SOD, inApplication(0x0101)] };
    expect(planPersonalisation(input, all).steps).toEqual(plan.steps);
  });
});

describe('recovery: the chip says what is there, and nothing else counts', () => {
  it('resumes a file at the first byte that is not proven, even inside a command', () => {
    const files = [{ ...inApplication(0x0101), size: 250, written: 150, sha256: sha256(content(250).subarray(0, 150)) }];
    expect(names({ ...empty, files })).toEqual([
      '3 setAccessSecrets 0@0',
      '6 writeFile 101@150',
      '7 writeFile 101@238',
      '8 createFile 11d@0',
      '9 writeFile 11d@0',
      '10 lock 0@0',
      '11 proveLock 0@0',
    ]);
  });

  it('writes a file anew when its first bytes are not ours', () => {
    const files = [{ ...inApplication(0x0101), size: 250, written: 150, sha256: sha256(content(10)) }];
    expect(names({ ...empty, files }).slice(1, 4)).toEqual(['5 writeFile 101@0', '6 writeFile 101@119', '7 writeFile 101@238']);
  });

  it('deletes a file of another size, and one that nobody planned', () => {
    const files = [
      { ...inApplication(0x0101), size: 249, written: 0, sha256: sha256(content(0)) },
      { ...inApplication(0x0110), size: 5, written: 5, sha256: sha256(content(5)) },
    ];
    expect(names({ ...empty, files }).slice(0, 4)).toEqual([
      '3 setAccessSecrets 0@0',
      '14 deleteFile 110@0',
      '12 deleteFile 101@0',
      '4 createFile 101@0',
    ]);
  });

  it('a card without chip keys needs none, and takes none that the chip has', () => {
    const input = { bindingTag: TAG, secrets: SECRETS, trustPoint: null, files: FILES };
    const keyless = planPersonalisation({ ...input, publicKeys: { activeAuthentication: null, chipAuthentication: null } }, capabilities);
    const [first] = remainingSteps(keyless, { ...empty, keys: null });
    expect(first?.operation).toBe('setAccessSecrets');
    expect(() => remainingSteps(keyless, empty)).toThrow(expect.objectContaining({ code: 'CHIP_KEYS_DIFFER' }));
    expect(remainingSteps(plan, { ...empty, keys: null })[0]?.operation).toBe('generateKeys');
  });

  it('refuses a chip that is bound to another card, or that has other keys than DG14 and DG15', () => {
    expect(() => names({ ...empty, bindingTag: OTHER_TAG })).toThrow(expect.objectContaining({ code: 'CHIP_BOUND_TO_ANOTHER' }));
    const keys = { ...KEYS, activeAuthentication: Uint8Array.of(9) };
    expect(() => names({ ...empty, keys })).toThrow(expect.objectContaining({ code: 'CHIP_KEYS_DIFFER' }));
  });
});

describe('threat: data for card A reaches a chip that is bound to B (invariant C9)', () => {
  const folder = imageFolder();
  afterAll(folder.remove);
  const journal: PersonalisationJournal & { intents: number } = {
    intents: 0,
    intend() {
      this.intents += 1;
      return Promise.resolve();
    },
    outcome: () => Promise.resolve(),
  };

  async function opened(path: string): Promise<CardDriver> {
    const reader = inProcessReader();
    reader.insert(VirtualCard.open(path, { takeRsaKey: oneRsaKey(), durable: false }));
    const driver = referenceDriver(await reader.connect());
    await openAsPlant(driver);
    return driver;
  }

  it('nothing is sent, neither by prepareChip nor by personalise, and nothing is intended', async () => {
    const path = blankImage(folder.path('bound.image'));
    const first = await opened(path);
    await prepareChip({ driver: first, journal, bindingTag: OTHER_TAG, keys: TEST_CHIP_KEYS });
    const intents = journal.intents;
    const driver = await opened(path);
    await expect(prepareChip({ driver, journal, bindingTag: TAG, keys: TEST_CHIP_KEYS })).rejects.toMatchObject({
      code: 'CHIP_BOUND_TO_ANOTHER',
    });
    await expect(personalise({ driver, journal, plan })).rejects.toMatchObject({ code: 'CHIP_BOUND_TO_ANOTHER' });
    expect(journal.intents).toBe(intents);
    expect((await driver.status()).files).toEqual([]);
  });

  it('a card without chip keys is made to its end', async () => {
    const driver = await opened(blankImage(folder.path('keyless.image')));
    const keys = { activeAuthentication: null, chipAuthentication: null };
    const publicKeys = await prepareChip({ driver, journal, bindingTag: TAG, keys });
    const input = { bindingTag: TAG, publicKeys, secrets: SECRETS, trustPoint: null, files: FILES };
    await personalise({ driver, journal, plan: planPersonalisation(input, driver.capabilities) });
    await expect(driver.proveLock()).resolves.toBeUndefined();
  });

  it('a chip that was never bound is not personalised', async () => {
    const driver = await opened(blankImage(folder.path('unbound.image'), { chipId: TEST_CHIP_ID }));
    await expect(personalise({ driver, journal, plan })).rejects.toMatchObject({ code: 'FOREIGN_CHIP' });
  });

  it('a lost lease stops before the intent, so that nothing is sent', async () => {
    const driver = await opened(blankImage(folder.path('fenced.image')));
    const intents = journal.intents;
    const lost = new Error('the lease is lost');
    await expect(
      prepareChip({ driver, journal, bindingTag: TAG, keys: TEST_CHIP_KEYS, beforeEach: () => Promise.reject(lost) }),
    ).rejects.toBe(lost);
    expect(journal.intents).toBe(intents);
    expect((await driver.status()).lifeCycle).toBe('blank');
  });
});
