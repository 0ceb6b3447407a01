import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '#encoder/apdu';
import { ascii, fromHex, toHex } from '#encoder/bytes';
import { CV_TERMINAL_TYPES, cvCertificate, cvCertificateParts, verifyCvChain, cvTrustPoint } from '#encoder/cv-certificate';
import { tlv } from '#encoder/tlv';
import { vector } from '#test-vectors';
import { EC_DOMAINS } from './curves.ts';
import { dhGroupById } from './dh-group.ts';
import { authenticateTerminal, TerminalAuthenticationCardSession, trustPointStore } from './index.ts';
import { ecGroup } from './key-agreement-group.ts';
import { cardChannel, command, flip, present, reference, signerOf, scripted, scriptedChannel, seeded } from './testing.ts';

describe('BSI worked example of Extended Access Control 1.02: Terminal Authentication, step by step', () => {
  // Its CVCA certificate is one for inspection systems, DV and terminal are authentication terminals: the chip is told that it may.
  const chain = (kind: string) => {
    const certificates = ['cvca', 'dv', 'terminal'].map((role) => vector('cv-certificates', `eac.${kind}.${role}`).bytes('certificate'));
    const [cvca = new Uint8Array(0), ...rest] = certificates;
    const trustPoint = { ...cvTrustPoint(cvCertificate.decode(cvca)), terminalType: CV_TERMINAL_TYPES.authenticationTerminal };
    return { trustPoint, certificates: rest };
  };

  it.each(['ecdh', 'dh'])('%s: identifier and terminal key are the compressed ephemeral keys of PACE and Chip Authentication', (kind) => {
    const v = vector('extended-access', `eac.${kind}.ta`);
    const group = kind === 'dh' ? dhGroupById(0) : ecGroup(EC_DOMAINS.brainpoolP256r1);
    expect(group?.compress(vector('extended-access', `eac.${kind}.pace`).bytes('kaPublicChip'))).toEqual(v.bytes('chipIdentifier'));
    expect(group?.compress(vector('extended-access', `eac.${kind}.ca`).bytes('publicTerminal'))).toEqual(v.bytes('terminalKey'));
  });

  it.each(['ecdh', 'dh'])('%s: the commands of the terminal', async (kind) => {
    const v = vector('extended-access', `eac.${kind}.ta`);
    const { certificates } = chain(kind);
    const { channel, asked } = scriptedChannel('9000', '9000', '9000', '9000', '9000', `${v.text('challenge')}9000`, '9000');
    await authenticateTerminal(channel, {
      certificates,
      chipIdentifier: v.bytes('chipIdentifier'),
      terminalKey: v.bytes('terminalKey'),
      sign: (data) => {
        expect(data).toEqual(v.bytes('signatureInput'));
        return Promise.resolve(v.bytes('signature'));
      },
    });
    const reference = (name: string) => toHex(tlv(0x83, ascii(name)));
    const parts = certificates.map((bytes) => toHex(cvCertificateParts.encode(cvCertificate.decode(bytes))));
    expect(asked.map((command) => command.slice(0, 8))).toEqual([
      '002281B6',
      '002A00BE',
      '002281B6',
      '002A00BE',
      '002281A4',
      '00840000',
      '00820000',
    ]);
    expect(asked.map(dataOf)).toEqual([
      reference(kind === 'dh' ? 'DETESTCVCA00003' : 'DECVCAAT00001'),
      parts[0],
      reference('DETESTDVDE019'),
      parts[1],
      reference('DETESTATDE019'),
      '',
      v.text('signature'),
    ]);
    expect(asked[5]).toBe('0084000008');
  });

  it.each(['ecdh', 'dh'])('%s: the chip verifies the chain and the printed signature, and no other', (kind) => {
    const v = vector('extended-access', `eac.${kind}.ta`);
    const { trustPoint, certificates } = chain(kind);
    for (const [signature, sw] of [
      [v.bytes('signature'), 0x9000],
      [flip(v.bytes('signature'), 9), 0x6300],
    ] as const) {
      const store = trustPointStore({ trustPoints: [trustPoint], currentDate: '2010-03-24' });
      const card = new TerminalAuthenticationCardSession(store, scripted(v.bytes('challenge')), {
        chipIdentifier: v.bytes('chipIdentifier'),
        terminalKey: v.bytes('terminalKey'),
      });
      present(
        card,
        certificates.map((bytes) => cvCertificate.decode(bytes)),
      );
      expect(card.mseSetAt(command(0x22, 0x81a4, reference('DETESTATDE019'))).response.sw).toBe(0x9000);
      expect(card.getChallenge(parseCommand(fromHex('0084000008'))).response).toEqual({ data: v.bytes('challenge'), sw: 0x9000 });
      expect(card.externalAuthenticate(command(0x82, 0, signature)).response.sw).toBe(sw);
      // An authentication terminal has no right of an inspection system.
      expect(card.rights).toEqual({ dg3: false, dg4: false });
    }
  });

  it.each(['ecdh', 'dh'])('%s: the printed private key belongs to the certificate', async (kind) => {
    const v = vector('extended-access', `eac.${kind}.ta`);
    const { trustPoint, certificates } = chain(kind);
    const { imported } = verifyCvChain(
      [trustPoint],
      certificates.map((bytes) => cvCertificate.decode(bytes)),
      '2010-03-24',
    );
    if (imported === undefined) throw new Error('no terminal');
    const privateKey = createPrivateKey({ key: Buffer.from(v.bytes('terminalPrivateKeyPkcs8')), format: 'der', type: 'pkcs8' });
    const store = trustPointStore({ trustPoints: [trustPoint], currentDate: '2010-03-24' });
    const binding = { chipIdentifier: v.bytes('chipIdentifier'), terminalKey: v.bytes('terminalKey') };
    const card = new TerminalAuthenticationCardSession(store, seeded(1), binding);
    await authenticateTerminal(cardChannel(card), {
      certificates,
      ...binding,
      sign: signerOf({ publicKey: imported.publicKey, privateKey }),
    });
  });
});

/** Command data of an APDU on the wire, as hex. */
function dataOf(wire: string): string {
  return toHex(parseCommand(fromHex(wire)).data);
}
