import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  authenticateChip,
  authenticateTerminal,
  canPassword,
  chipAuthenticationParameters,
  chipAuthenticationPublicKey,
  efCvcaOf,
  openPaceSession,
  paceParameters,
  readCertificationAuthorityReferences,
  readFile,
  selectApplication,
} from '#encoder/access';
import { openChannel } from '#encoder/apdu';
import { Secret, utf8 } from '#encoder/bytes';
import { cvCertificate, cvCertificatePath, cvTrustPoint } from '#encoder/cv-certificate';
import { referenceDriver } from '#encoder/drivers';
import { dg14 } from '#encoder/lds';
import {
  blankImage,
  imageFolder,
  inApplication,
  inMasterFile,
  oneRsaKey,
  openAsPlant,
  TEST_CARD_ACCESS,
  TEST_CHIP_KEYS,
} from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { VirtualCard } from '#encoder/virtual-card';
import { SoftwareHsm } from '#hsm-mocks';
import {
  cvcaBody,
  cvcaLinkBody,
  cvPublicKey,
  documentVerifierBody,
  inspectionSystemBody,
  issueCvCertificate,
  successorBody,
} from '#pki/cvca';
import type { EcKey } from '#pki/hsm';
import { addDays, addYears } from '#pki/x509';

/** Our own CVCA certificates, links and successors, given to a chip: the rooms that make them and that verify them share no test. */
const NOW = new Date('2026-11-22T09:00:00Z');
const LATER = addYears(NOW, 2);
const CA_OID = '0.4.0.127.0.7.2.2.3.2.2';
const CAN = '123456';
const DG3 = tlv(0x63, new Uint8Array(200).fill(3));

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
const folder = imageFolder();
afterAll(folder.remove);
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
const newKey = (label: string) => hsm.generateEcKey({ label, curve: 'brainpoolP256r1', purpose: 'sign' });
const certify = (body: Parameters<typeof issueCvCertificate>[0], by: EcKey) =>
  issueCvCertificate(body, cvPublicKey(by), (digest) => hsm.sign(by, digest));

let card: VirtualCard;
let chipAuthenticationKey: Uint8Array;
let cvca: EcKey;
let root: Uint8Array;
beforeAll(async () => {
  await hsm.open(pin);
  cvca = await newKey('cvca');
  root = await certify(cvcaBody({ holder: 'VNCVCA00001', key: cvca, from: NOW, years: 3 }), cvca);
  card = VirtualCard.open(blankImage(folder.path('card')), { takeRsaKey: oneRsaKey(), durable: false });
  const driver = referenceDriver({
    atr: card.powerOn(),
    transmit: (command) => card.process(command),
    disconnect: () => Promise.resolve(),
  });
  await openAsPlant(driver);
  await driver.writeBindingTag(random(16));
  const keys = await driver.generateKeys(TEST_CHIP_KEYS);
  chipAuthenticationKey = keys.chipAuthentication ?? new Uint8Array();
  await driver.setAccessSecrets({ mrzInformation: '123456789790010113001019', can: CAN });
  await driver.setTrustPoint({ certificate: root, date: '261122' });
  const infos = dg14.encode({
    securityInfos: [
      { kind: 'ChipAuthenticationInfo', protocol: CA_OID, version: 1 },
      { kind: 'ChipAuthenticationPublicKeyInfo', protocol: '0.4.0.127.0.7.2.2.1.2', subjectPublicKeyInfo: chipAuthenticationKey },
    ],
  });
  const efCvca = efCvcaOf({ trustPoints: [cvTrustPoint(cvCertificate.decode(root))], currentDate: '2026-11-22' });
  for (const [file, bytes] of [
    [inMasterFile(0x011c), TEST_CARD_ACCESS],
    [inApplication(0x011c), efCvca],
    [inApplication(0x0103), DG3],
    [inApplication(0x010e), infos],
  ] as const) {
    await driver.createFile(file, bytes.length);
    await driver.writeFile(file, 0, bytes);
  }
  await driver.lock();
});

/** PACE, Chip Authentication, Terminal Authentication by the path from the key that the chip names, and DG3. */
async function readFingerprints(terminal: Uint8Array, key: EcKey, certificates: readonly Uint8Array[]): Promise<Uint8Array> {
  card.powerOn();
  const clear = openChannel({ transmit: (command) => card.process(command) });
  const parameters = paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13);
  const { channel, ephemeralKeys } = await openPaceSession(clear, { parameters, password: canPassword(CAN), random });
  await selectApplication(channel);
  const references = await readCertificationAuthorityReferences(channel);
  const publicKey = chipAuthenticationPublicKey(chipAuthenticationKey);
  const ephemeral = await authenticateChip(channel, { parameters: chipAuthenticationParameters(CA_OID), publicKey, random });
  await authenticateTerminal(channel, {
    certificates: cvCertificatePath(references, { terminal, certificates }),
    chipIdentifier: ephemeralKeys.chip ?? new Uint8Array(),
    terminalKey: ephemeral.terminal ?? new Uint8Array(),
    sign: (data) => hsm.sign(key, Uint8Array.from(createHash('sha256').update(data).digest())),
  });
  return readFile(channel, 0x0103);
}

describe('TR-03110-3 §2.2: a card that was personalised before the CVCA was rolled over', () => {
  it('lets the inspection systems of both CVCA keys read its fingerprints, and knows the new key afterwards', async () => {
    const [dvKey, isKey, nextCvca, nextDvKey, nextIsKey] = [
      await newKey('dv'),
      await newKey('is'),
      await newKey('cvca 2'),
      await newKey('dv 2'),
      await newKey('is 2'),
    ];
    const dv = await certify(documentVerifierBody({ issuer: root, holder: 'VNDV00001', key: dvKey, from: NOW, days: 90 }), cvca);
    const is = await certify(inspectionSystemBody({ issuer: dv, holder: 'VNIS00001', key: isKey, from: NOW, days: 30 }), dvKey);
    expect(await readFingerprints(is, isKey, [dv])).toEqual(DG3);

    const link = await certify(cvcaLinkBody({ issuer: root, key: nextCvca, from: LATER, years: 3 }), cvca);
    const nextDv = await certify(successorBody({ current: dv, issuer: link, key: nextDvKey, from: LATER, days: 90 }), nextCvca);
    const from = addDays(LATER, 1);
    const nextIs = await certify(successorBody({ current: is, issuer: nextDv, key: nextIsKey, from, days: 30 }), nextDvKey);
    await expect(readFingerprints(nextIs, nextIsKey, [nextDv])).rejects.toMatchObject({ code: 'CV_ISSUER_UNKNOWN' });
    expect(await readFingerprints(nextIs, nextIsKey, [link, nextDv])).toEqual(DG3);
    // The link is behind it: the chip names the new key first, and today is the day of the newest certificate.
    expect(await readFingerprints(nextIs, nextIsKey, [nextDv])).toEqual(DG3);
    await expect(readFingerprints(is, isKey, [dv])).rejects.toMatchObject({ code: 'ACCESS_REFUSED' });
  });
});
