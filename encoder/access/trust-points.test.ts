import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '#encoder/bytes';
import { CV_TERMINAL_TYPES, cvTrustPoint, encodeCvCertificateBody } from '#encoder/cv-certificate';
import { efCvca } from '#encoder/lds';
import { efCvcaOf, trustPointsFile } from './index.ts';
import { DV, flip, LINK, ROOT, TODAY } from './testing.ts';

describe('the file of trust points, and EF.CVCA out of it', () => {
  it('EF.CVCA names the keys for inspection systems, the newest first', () => {
    const other = { ...cvTrustPoint(LINK), reference: 'VNATCVCA00001', terminalType: CV_TERMINAL_TYPES.authenticationTerminal };
    const bytes = efCvcaOf({ trustPoints: [cvTrustPoint(ROOT), other, cvTrustPoint(LINK)], currentDate: TODAY });
    expect(efCvca.decode(bytes)).toEqual({ references: ['VNCVCA00002', 'VNCVCA00001'] });
    expect(efCvcaOf({ trustPoints: [other], currentDate: TODAY })).toEqual(new Uint8Array(36));
  });

  it.each([
    ['a DV', DV],
    ['a key that another has signed', LINK],
  ])('%s is no trust point of the file', (_name, { body }) => {
    const date = trustPointsFile.encode({ trustPoints: [], currentDate: TODAY });
    expect(() => trustPointsFile.decode(concat(date, encodeCvCertificateBody(body)))).toThrow(
      expect.objectContaining({ code: 'BYTES_UNEXPECTED' }),
    );
  });

  it('comes back as it was, and mutated bytes give a coded error', () => {
    const trustPoints = [cvTrustPoint(LINK), cvTrustPoint(ROOT)];
    const bytes = trustPointsFile.encode({ trustPoints, currentDate: TODAY });
    expect(trustPointsFile.decode(bytes)).toEqual({ trustPoints, currentDate: TODAY });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        try {
          const decoded = trustPointsFile.decode(flip(bytes, at, by));
          expect(trustPointsFile.encode(decoded)).toEqual(flip(bytes, at, by));
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^BYTES_/) as string });
        }
      }),
    );
  });
});
