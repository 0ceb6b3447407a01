import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { cvCertificate, cvDomainParameters } from '#encoder/cv-certificate';
import type { AccessSecrets, CardRequirements, ChipKeyAlgorithms, ChipPublicKeys, FileId, TrustPoint } from '#encoder/drivers';
import type { CardSecrets } from '#encoder/inspection';
import { directoryOf, fileByName, withJfifHeader, type FileName } from '#encoder/lds';
import type { PlannedFile } from '#encoder/personalisation';
import {
  accessSecretsFor,
  buildDataGroups,
  chipKeyAlgorithms,
  CARD_PROFILES,
  filesOf,
  zoneFor,
  type CardProfile,
  type CitizenRecord,
} from '#encoder/profiles';
import { ecPair, issue, SPECIMEN_CITIZEN } from '#encoder/testing';
import { tlv } from '#encoder/tlv';

/** One card to be made over and over: a profile filled with the specimen's record. */
export interface SweptCard {
  readonly profile: CardProfile;
  readonly bindingTag: Uint8Array;
  readonly secrets: AccessSecrets;
  /** What opens the finished chip for an inspector: the CAN where there is PACE with it, else the printed zone. */
  readonly print: CardSecrets;
  readonly keys: ChipKeyAlgorithms;
  /** What it asks of a chip. */
  readonly requirements: CardRequirements;
  readonly needsChipId: boolean;
  readonly trustPoint: TrustPoint | null;
  /** Files that only Terminal Authentication opens. */
  readonly closed: readonly FileId[];
  /** All files, the signed ones too, once the chip's id and public keys are known. */
  readonly files: (chip: { readonly chipId: string; readonly publicKeys: ChipPublicKeys }) => readonly PlannedFile[];
}

/** What fills the files of a card, so that they are as small or as large as a sweep wants them. */
export interface SweptContent {
  readonly images: Pick<CitizenRecord, 'portrait' | 'leftIndexFinger' | 'rightIndexFinger'>;
  readonly efSod: Uint8Array;
}

/** Pictures of noise, which no encoder makes smaller than asked, the portrait `edge` pixels wide; an EF.SOD of about so many bytes, signed by nobody. */
export async function sweptContent({ edge, sodBytes }: { readonly edge: number; readonly sodBytes: number }): Promise<SweptContent> {
  const noise = (width: number, height: number, channels: 1 | 3, seed: string) =>
    sharp(pseudoRandom(width * height * channels, seed), { raw: { width, height, channels } });
  const portrait = await noise(edge, Math.floor((edge * 4) / 3), 3, 'portrait')
    .jpeg({ quality: 60 })
    .toBuffer();
  const finger = async (seed: string): Promise<Uint8Array> =>
    Uint8Array.from(
      await noise(Math.floor(edge / 2), Math.floor(edge / 2), 1, seed)
        .toColourspace('b-w')
        .png()
        .toBuffer(),
    );
  const images = {
    portrait: withJfifHeader(Uint8Array.from(portrait)),
    leftIndexFinger: await finger('left'),
    rightIndexFinger: await finger('right'),
  };
  // Chips do not look at signatures, and no key can be reached from here.
  return { images, efSod: tlv(0x77, pseudoRandom(sodBytes, 'EF.SOD')) };
}

/** A card of every installed profile. */
export function sweptCards(content: SweptContent): readonly SweptCard[] {
  return [...CARD_PROFILES.values()].map((profile) => sweptCard(profile, content));
}

export function sweptCard(profile: CardProfile, { images, efSod }: SweptContent): SweptCard {
  const record: CitizenRecord = { ...SPECIMEN_CITIZEN, ...images };
  const secrets = accessSecretsFor(profile, record);
  const keys = chipKeyAlgorithms(profile);
  const byCan = profile.access.pacePasswords.includes('CAN');
  return {
    profile,
    bindingTag: pseudoRandom(32, `tag of ${profile.id}`),
    secrets,
    print: { mrz: zoneFor(profile, record).lines, ...(byCan ? { can: secrets.can } : {}) },
    keys,
    requirements: {
      keys,
      accessControl: accessControlOf(profile),
      terminalAuthentication: profile.files.includes('EF.CVCA'),
      files: filesOf(profile, record).map(placeOf),
    },
    needsChipId: profile.files.includes('EF.DG13'),
    trustPoint: profile.files.includes('EF.CVCA') ? TRUST_POINT : null,
    closed: profile.access.underTerminalAuthentication.map((number) => placeOf(`EF.DG${number}` as FileName)),
    files: ({ chipId, publicKeys }) => {
      const { files, writingOrder, cardSecurityContent } = buildDataGroups({
        profile,
        record,
        chipId,
        activeAuthenticationKey: publicKeys.activeAuthentication,
        chipAuthenticationKey: publicKeys.chipAuthentication,
        cvcaReferences: CVCA_REFERENCES,
        emptyDg3Content: pseudoRandom(16, 'DG3'),
      });
      const signed = { 'EF.SOD': efSod, 'EF.CardSecurity': tlv(0x30, cardSecurityContent ?? new Uint8Array(0)) };
      return writingOrder.map((name) => ({
        ...placeOf(name),
        bytes: name === 'EF.SOD' || name === 'EF.CardSecurity' ? signed[name] : (files.get(name) ?? new Uint8Array(0)),
      }));
    },
  };
}

/** In the terms of `DriverCapabilities.accessControl`: PACE without its cipher. */
function accessControlOf({ access }: CardProfile): readonly string[] {
  const pace = access.announces.flatMap(({ kind, protocol }) => (kind === 'PACEInfo' ? [protocol.replace(/-(3DES|AES)-.*$/, '')] : []));
  return [...(access.bac ? ['BAC'] : []), ...new Set(pace)];
}

const CVCA_NAME = 'VNCVCA00001';
const CVCA_REFERENCES = [CVCA_NAME];
const CVCA_PAIR = ecPair('brainpoolP256r1', cvDomainParameters('brainpoolP256r1'));
const TRUST_POINT: TrustPoint = {
  certificate: cvCertificate.encode(issue(CVCA_PAIR, CVCA_PAIR, { chr: CVCA_NAME, car: CVCA_NAME, rights: 0xc3 })),
  date: '260601',
};

function placeOf(name: FileName): FileId {
  const file = fileByName(name);
  return { directory: directoryOf(file), fid: file.fileId };
}

/** The same bytes for the same seed, without a period: a byte that is missing or misplaced shows. */
function pseudoRandom(length: number, seed: string): Uint8Array {
  return Uint8Array.from(createHash('shake256', { outputLength: length }).update(seed).digest());
}
