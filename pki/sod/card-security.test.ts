import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromHex, Secret, utf8 } from '#encoder/bytes';
import { efCardSecurity } from '#encoder/lds';
import { SoftwareHsm } from '#hsm-mocks';
import { encodeSignedAttributes, encodeSignedData, signerIdentifier } from '#pki/cms';
import { derSignature } from '#pki/ec';
import { NOW, specimenPki, type SpecimenPki } from '#pki/testing';
import { addDays, OID } from '#pki/x509';
import { verifyCardSecurity, type CardSecurityVerdict } from './card-security.ts';
import type { PassiveAuthenticationOptions } from './document-signer-checks.ts';

const SECURITY_OBJECT = '0.4.0.127.0.7.3.2.1';
/** SecurityInfos with one PACEInfo. */
const CONTENT = fromHex('3114 3012 060A04007F00070202040602 020102 02010D');

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let pki: SpecimenPki;
let options: PassiveAuthenticationOptions;
beforeAll(async () => {
  await hsm.open(pin);
  pki = await specimenPki(hsm);
  options = { csca: [pki.csca], at: addDays(NOW, 10) };
});

async function signed(content: Uint8Array, contentType = SECURITY_OBJECT): Promise<Uint8Array> {
  const { certificate } = pki.signer;
  const signedAttributes = encodeSignedAttributes({ contentType, messageDigest: createHash('sha256').update(content).digest() });
  const signature = derSignature(await hsm.sign(pki.signerKey, Uint8Array.from(createHash('sha256').update(signedAttributes).digest())));
  return encodeSignedData({
    contentType,
    content,
    algorithm: { key: 'ec', hash: 'sha256' },
    certificates: [certificate.certificate],
    signer: signerIdentifier(certificate),
    signedAttributes,
    signature,
  });
}

const failures = ({ checks }: CardSecurityVerdict) => checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code);

describe('Doc 9303-10 §3.11.4: Passive Authentication of EF.CardSecurity', () => {
  test('signed by a Document Signer of a CSCA that is known: good, with its SecurityInfos', async () => {
    const file = await signed(CONTENT);
    expect(efCardSecurity.decode(file)).toEqual({ contentInfo: file });
    expect(verifyCardSecurity(file, options)).toMatchObject({ good: true, securityInfos: CONTENT });
  });

  test('threat: an EF.SOD in its place is no security object', async () => {
    expect(failures(verifyCardSecurity(await signed(CONTENT, OID.ldsSecurityObject), options))).toEqual(['SOD_MALFORMED']);
  });

  test('a CSCA that is not known', async () => {
    expect(failures(verifyCardSecurity(await signed(CONTENT), { ...options, csca: [] }))).toEqual(['CSCA_UNKNOWN']);
  });

  test('threat: no changed byte is believed, and none makes it throw', async () => {
    const file = await signed(CONTENT);
    for (let at = 0; at < file.length; at += 3) {
      const verdict = verifyCardSecurity(
        file.map((byte, index) => (index === at ? byte ^ 0x11 : byte)),
        options,
      );
      expect(`${at} ${verdict.good}`).toBe(`${at} false`);
    }
    for (let length = 0; length < file.length; length += 11) {
      expect(verifyCardSecurity(file.subarray(0, length), options).good).toBe(false);
    }
  });
});
