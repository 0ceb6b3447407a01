import { cvCertificate } from '#encoder/cv-certificate';
import type { ChipKeyAlgorithms, ChipPublicKeys, FileId, TrustPoint } from '#encoder/drivers';
import { directoryOf, fileByName, type FileName } from '#encoder/lds';
import type { PlanInput } from '#encoder/personalisation';
import { accessSecretsFor, buildDataGroups, chipKeyAlgorithms, profileById, type CitizenRecord } from '#encoder/profiles';

export interface CardFiles {
  readonly efCom: Uint8Array;
  readonly dataGroups: ReadonlyMap<number, Uint8Array>;
  /** What the personalisation plan wants to know, once EF.SOD is signed. */
  readonly planned: (efSod: Uint8Array) => Pick<PlanInput, 'files' | 'secrets' | 'trustPoint'>;
}

/** The key pairs that the chip of this profile makes. */
export function chipKeysOf(profileId: string): ChipKeyAlgorithms {
  return chipKeyAlgorithms(profileById(profileId));
}

/** Step 7: the files of one card and what opens it, now that the chip's id and its public keys are known. Pure. */
export function cardFiles(input: {
  readonly profile: string;
  readonly record: CitizenRecord;
  readonly chipId: string;
  readonly publicKeys: ChipPublicKeys;
  /** For a profile with EF.CVCA; others ignore it. */
  readonly trustPoint: TrustPoint | null;
}): CardFiles {
  const { record, chipId, publicKeys } = input;
  const profile = profileById(input.profile);
  const trustPoint = profile.files.includes('EF.CVCA') ? input.trustPoint : null;
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
