import { describe, expect, test } from 'vitest';
import { fromHex } from '#encoder/bytes';
import { lintRecord, profileById } from './index.ts';
import { specimenRecord } from './specimen.fixture.ts';

const DATA_BYTES = 2000;

/** 480 by 640 pixels in colour, one tile; its data mean nothing: the lint decodes none. */
function codestream(layers: string, levels: string): Uint8Array {
  const precincts = '40'.repeat(3 * Number(`0x${levels}`) + 1);
  const length = (2 + 1 + precincts.length / 2).toString(16).padStart(4, '0');
  return fromHex(
    `FF4FFF51002F0000000001E0000002800000000000000000000001E00000028000000000000000000003070101070101070101
    FF52000C0000${layers}01${levels}04040001 FF5C${length}40${precincts}
    FF90000A0000${(DATA_BYTES + 14).toString(16).padStart(8, '0')}0001FF93${'80'.repeat(DATA_BYTES)}FFD9`.replaceAll(/\s/g, ''),
  );
}

describe('bad input §5.5: a portrait in JPEG 2000 that is work for a decoder', () => {
  const findings = async (portrait: Uint8Array): Promise<readonly string[]> =>
    lintRecord(profileById('icao-td1'), await specimenRecord({ portrait }), '2021-05-12')
      .filter(({ field }) => field === 'portrait')
      .map(({ code, detail }) => `${code} ${detail}`);

  test('a sound header has nothing to say', async () => expect(await findings(codestream('0001', '05'))).toEqual([]));

  test.each([
    ['FFFF', '05', ['IMAGE_PROFILE 65535 quality layers']],
    ['0001', '20', ['IMAGE_PROFILE 32 decomposition levels']],
  ])('layers %s, levels %s: refused by its header', async (layers, levels, expected) => {
    expect(await findings(codestream(layers, levels))).toEqual(expected);
  });
});
