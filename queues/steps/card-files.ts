import { cvCertificate } from '#encoder/cv-certificate';
import type { ChipPublicKeys, FileId, TrustPoint } from '#encoder/drivers';
import { directoryOf, fileByName, type FileName } from '#encoder/lds';
import type { PlanInput } from '#encoder/personalisation';
import { accessSecretsFor, buildDataGroups, profileById, type CardProfile, type CitizenRecord } from '#encoder/profiles';

export interface CardFiles {
  readonly efCom: Uint8Array;
  readonly dataGroups: ReadonlyMap<number, Uint8Array>;
  /** What the personalisation plan wants to know, once EF.SOD is signed. */
  readonly planned: (efSod: Uint8Array) => Pick<PlanInput, 'files' | 'secrets' | 'trustPoint'>;
}

/** What is known of a card when its chip has its keys. */
export interface CardFacts {
  readonly record: CitizenRecord;
  readonly chipId: string;
  readonly publicKeys: ChipPublicKeys;
  /** For a profile with EF.CVCA; others ignore it. */
  readonly trustPoint: TrustPoint | null;
}

/** Step 7: the files of one card and what opens it, now that the chip's id and its public keys are known. Pure. */
export function cardFiles({ profile, ...facts }: CardFacts & { readonly profile: string }): CardFiles {
  return cardFilesOf(profileById(profile), facts);
}

/** The same for a profile that need not be installed. */
export function cardFilesOf(profile: CardProfile, facts: CardFacts): CardFiles {
  const { record, chipId, publicKeys } = facts;
  const trustPoint = profile.files.includes('EF.CVCA') ? facts.trustPoint : null;
  const { files, dataGroups } = buildDataGroups({
    profile,
    record,
    chipId,
    activeAuthenticationKey: publicKeys.activeAuthentication,
    chipAuthenticationKey: publicKeys.chipAuthentication,
    ...(trustPoint === null ? {} : { cvcaReferences: [cvCertificate.decode(trustPoint.certificate).body.certificateHolderReference] }),
  });
  const efCom = files.get('EF.COM');
  if (efCom === undefined) throw new Error('a profile without EF.COM');
  return {
    efCom,
    dataGroups,
    planned: (efSod) => ({
      files: [...[...files].map(([name, bytes]) => ({ ...placeOf(name), bytes })), { ...placeOf('EF.SOD'), bytes: efSod }],
      trustPoint,
      secrets: accessSecretsFor(profile, record),
    }),
  };
}

function placeOf(name: FileName): FileId {
  const file = fileByName(name);
  return { directory: directoryOf(file), fid: file.fileId };
}
