import { cardToSign, type CardToSign } from '#production/bench';
import { demoOrders, drawImages } from '#production/demo';

export const SPECIMEN_PROFILE = 'cccd-2021-specimen';

/** The files of one invented citizen's card, with all its images: what rehearsals and measurements sign. */
export async function rehearsalCard(): Promise<CardToSign> {
  const [person] = demoOrders(1, new Date());
  if (person === undefined) throw new Error('nobody to sign for');
  return cardToSign({ ...person.citizen, ...(await drawImages(person.citizen.personalNumber)) }, SPECIMEN_PROFILE);
}
