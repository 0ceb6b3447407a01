import type { ChipPublicKeys } from '#encoder/drivers';
import type { PlannedFile } from '#encoder/personalisation';
import type { CitizenRecord } from '#encoder/profiles';

/** Step 7: the files of one card, now that the chip's id and its public keys are known. Pure; `encoder/profiles` builds them. */
export type CardFiles = (input: {
  readonly profile: string;
  readonly record: CitizenRecord;
  readonly chipId: string;
  readonly publicKeys: ChipPublicKeys;
}) => {
  readonly efCom: Uint8Array;
  readonly dataGroups: ReadonlyMap<number, Uint8Array>;
  /** Everything but EF.SOD, in writing order, EF.COM and EF.CardAccess among them. */
  readonly files: readonly PlannedFile[];
  readonly sodFid: number;
};
