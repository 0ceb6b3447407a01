import { expect, test } from 'vitest';
import { cvCertificate, cvTrustPoint, verifyCvSignature } from '#encoder/cv-certificate';
import { throwawayTrustPoint } from './throwaway-cvca.ts';

test('a chip can trust it: self-signed, valid from the day that it is told', () => {
  const { certificate, date } = throwawayTrustPoint(new Date('2026-11-22T01:00:00Z'));
  const decoded = cvCertificate.decode(certificate);
  expect(date).toBe('261122');
  expect(decoded.body).toMatchObject({
    effectiveDate: '2026-11-22',
    expirationDate: '2027-11-22',
    certificateHolderReference: 'VNBENCH00001',
  });
  expect(verifyCvSignature(decoded, decoded.body.publicKey)).toBe(true);
  expect(cvTrustPoint(decoded)).toBeDefined();
});
