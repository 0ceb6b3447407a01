import type { ChipPublicKeys } from '#encoder/drivers';
import { fileByName } from '#encoder/lds';
import { canFor, mrzFor, mrzInformation } from '#encoder/mrz';
import type { PlanInput } from '#encoder/personalisation';
import { buildDataGroups, profileById, type CitizenRecord } from '#encoder/profiles';

export interface CardFiles {
  readonly efCom: Uint8Array;
  readonly dataGroups: ReadonlyMap<number, Uint8Array>;
  /** What the personalisation plan wants to know, once EF.SOD is signed. */
  readonly planned: (efSod: Uint8Array) => Pick<PlanInput, 'files' | 'secrets'>;
}

/** Step 7: the files of one card and what opens it, now that the chip's id and its public keys are known. Pure. */
export function cardFiles(input: {
  readonly profile: string;
  readonly record: CitizenRecord;
  readonly chipId: string;
  readonly publicKeys: ChipPublicKeys;
}): CardFiles {
  const { record, chipId, publicKeys } = input;
  const profile = profileById(input.profile);
  const { files, dataGroups } = buildDataGroups({
    profile,
    record,
    chipId,
    activeAuthenticationKey: publicKeys.activeAuthentication,
    chipAuthenticationKey: publicKeys.chipAuthentication,
  });
  const efCom = files.get('EF.COM');
  if (efCom === undefined) throw new Error('a profile without EF.COM');
  const { lines } = mrzFor(record, profile.mrz);
  return {
    efCom,
    dataGroups,
    planned: (efSod) => ({
      files: [
        ...[...files].map(([name, bytes]) => ({ fid: fileByName(name).fileId, bytes })),
        { fid: fileByName('EF.SOD').fileId, bytes: efSod },
      ],
      secrets: { mrzInformation: mrzInformation(lines), can: canFor(record) },
    }),
  };
}
