import { describe, expect, it } from 'vitest';
import { capabilitiesByName, CPS_LAYOUT, DRIVER_NAMES, driverByName, missingFor, type CardRequirements } from './index.ts';
import { inApplication, inMasterFile } from '#encoder/testing';
import type { CardConnection } from '#encoder/readers';

const SECRETS = { mrzInformation: '123456789790010113001019', can: '123456' };
const NO_CHIP = { atr: new Uint8Array(0) } as CardConnection;

/** A passport with BAC and RSA-1024: the card that every family carries. */
const PLAIN: CardRequirements = {
  keys: { activeAuthentication: 'RSA-1024', chipAuthentication: null },
  accessControl: ['BAC'],
  terminalAuthentication: false,
  files: [0x011e, 0x0101, 0x0102, 0x010f, 0x011d].map(inApplication),
  largestFile: 20_000,
};

/** An identity card with everything. */
const FULL: CardRequirements = {
  keys: { activeAuthentication: 'RSA-2048', chipAuthentication: 'EC-brainpoolP256r1' },
  accessControl: ['BAC', 'id-PACE-ECDH-GM'],
  terminalAuthentication: true,
  files: [inMasterFile(0x011c), ...[0x011e, 0x0101, 0x0103, 0x011c, 0x011d].map(inApplication)],
  largestFile: 40_000,
};

describe('which cards a chip family carries', () => {
  it('every family carries a plain passport', () => {
    for (const name of DRIVER_NAMES) expect(missingFor(PLAIN, capabilitiesByName(name)), name).toEqual([]);
  });

  it.each([
    ['reference', []],
    ['cps', []],
    [
      'passport-applet',
      [
        'Active Authentication with RSA-2048',
        'Chip Authentication with EC-brainpoolP256r1',
        'id-PACE-ECDH-GM',
        'Terminal Authentication',
        'MF/EF 011C',
        'a file of 40000 bytes, at most 32767',
      ],
    ],
    [
      'passport-applet-pace',
      ['Active Authentication with RSA-2048', 'Terminal Authentication', 'EF 011C', 'a file of 40000 bytes, at most 32767'],
    ],
  ])('of a card with everything %s misses %j', (name, missing) => {
    expect(missingFor(FULL, capabilitiesByName(name))).toEqual(missing);
  });

  it('a layout without Terminal Authentication and without a master file says so', () => {
    const layout = { ...CPS_LAYOUT, trustPoint: null, files: { ...CPS_LAYOUT.files, MF: {} } };
    expect(missingFor(FULL, capabilitiesByName('cps', { layout }))).toEqual(['Terminal Authentication', 'MF/EF 011C']);
  });
});

describe('the registry of drivers', () => {
  it('each name gives its driver, with the capabilities that are told beforehand', () => {
    for (const name of DRIVER_NAMES) {
      const driver = driverByName(name, NO_CHIP, { secrets: SECRETS });
      expect(driver.capabilities).toEqual(capabilitiesByName(name));
    }
    const options = { commandBytesMax: 2048 };
    expect(driverByName('reference', NO_CHIP, { secrets: SECRETS, ...options }).capabilities).toEqual(
      capabilitiesByName('reference', options),
    );
  });

  it.each(['', 'jcop', 'toString', 'Reference'])('no driver is named %j', (name) => {
    expect(() => driverByName(name, NO_CHIP, { secrets: SECRETS })).toThrow(expect.objectContaining({ code: 'DRIVER_CANNOT' }));
    expect(() => capabilitiesByName(name)).toThrow(expect.objectContaining({ code: 'DRIVER_CANNOT' }));
  });
});
