import { describe, expect, it } from 'vitest';

import { numberedReader, planSeats, readerConf } from './seats.ts';

describe('the seats of the virtual readers', () => {
  it('names four encoders and two inspectors as pcscd does, two slots an entry, each slot on a port of its own', () => {
    const { seats, entries } = planSeats({ encode: 4, inspect: 2 });
    expect(seats).toEqual([
      { place: 'encode:1', readerName: 'Cardmint Encode A 00 00', port: 35963 },
      { place: 'encode:2', readerName: 'Cardmint Encode A 00 01', port: 35964 },
      { place: 'encode:3', readerName: 'Cardmint Encode B 00 00', port: 35965 },
      { place: 'encode:4', readerName: 'Cardmint Encode B 00 01', port: 35966 },
      { place: 'inspect:1', readerName: 'Cardmint Inspect A 00 00', port: 35967 },
      { place: 'inspect:2', readerName: 'Cardmint Inspect A 00 01', port: 35968 },
    ]);
    expect(new Set(entries.map((entry) => entry.libraryName)).size).toBe(3);
  });

  it('never puts an encoder and an inspector on one library (vpcd mixes up the cards of two entries)', () => {
    const { seats } = planSeats({ encode: 3, inspect: 1 });
    expect(seats.at(-1)).toEqual({ place: 'inspect:1', readerName: 'Cardmint Inspect A 00 00', port: 35967 });
  });

  it('stops at the 16 slots that pcscd has', () => {
    expect(planSeats({ encode: 12, inspect: 4 }).seats).toHaveLength(16);
    expect(() => planSeats({ encode: 13, inspect: 3 })).toThrow(RangeError);
  });

  it('writes reader.conf(5) with a library for each entry', () => {
    const { entries } = planSeats({ encode: 1, inspect: 0 });
    expect(readerConf(entries, '/drivers')).toBe(
      'FRIENDLYNAME "Cardmint Encode A"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH /drivers/vpcd-encode-A.so\nCHANNELID 0x8C7B\n',
    );
  });

  it('knows a place from a number (invariant E8): slots are places, the order of discovery is none', () => {
    const own = planSeats({ encode: 12, inspect: 4 }).seats.map((seat) => seat.readerName);
    expect(numberedReader(own, own)).toBeUndefined();
    const alike = ['ACS ACR39U ICC Reader 00 00', 'ACS ACR39U ICC Reader 01 00'];
    expect(numberedReader(['Other 00 00', 'ACS ACR39U ICC Reader 01 00'], [...alike, 'Other 00 00'])).toBe('ACS ACR39U ICC Reader 01 00');
    const withSerial = ['ACS ACR39U ICC Reader (A1) 00 00', 'ACS ACR39U ICC Reader (A2) 01 00'];
    expect(numberedReader(withSerial, withSerial)).toBeUndefined();
    expect(numberedReader(['No such form'], ['No such form', ...alike])).toBeUndefined();
  });
});
