import { expect, test } from 'vitest';
import { cvCertificate, cvTrustPoint, inspectionRights, verifyCvChain } from '#encoder/cv-certificate';
import { throwawayChain } from './throwaway-cvca.ts';

test('a chip can trust it from the day that it is told, and its inspection system may read DG3', () => {
  const { trustPoint, certificates } = throwawayChain(new Date('2026-11-22T01:00:00Z'));
  expect(trustPoint.date).toBe('261122');
  const root = cvTrustPoint(cvCertificate.decode(trustPoint.certificate));
  const { imported } = verifyCvChain(
    [root],
    certificates.map((bytes) => cvCertificate.decode(bytes)),
    '2026-11-22',
  );
  expect(imported === undefined ? null : inspectionRights(imported)).toEqual({ dg3: true, dg4: false });
});
