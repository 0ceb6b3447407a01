import { profileById, type CardProfile } from '#encoder/profiles';
import { documentSigner, isKeyOf } from '#pki/sod';
import { ConfigError } from '#production/config';

/**
 * Passes the profile of a card that this plant can make as a whole. Throws `ProfileError` `PROFILE_UNKNOWN`, `ConfigError`
 * `CONFIG_PROFILE_WITHOUT_AUTHORITY` or `CONFIG_PROFILE_BEYOND_PLANT`.
 */
export function assertPlantMakes(id: string, keys: PlantKeys): void {
  assertMadeHere(profileById(id), keys);
}

/** By the specimen ceremony of an embedded plant, or by one of your own in your tokens. */
export type PlantKeys = 'specimen' | 'own';

export function assertMadeHere(profile: CardProfile, keys: PlantKeys): void {
  if (keys === 'specimen') assertSpecimen(profile);
  refuseCardSecurity(profile);
  // The plant prints both faces.
  if (profile.face === 'none') throw new ConfigError('CONFIG_PROFILE_BEYOND_PLANT', { where: '/profile', detail: 'no layout of a face' });
}

/** No card that says it is real may hang on specimen keys. */
function assertSpecimen(profile: CardProfile): void {
  if (!profile.specimen) throw new ConfigError('CONFIG_PROFILE_WITHOUT_AUTHORITY', { where: '/profile' });
}

function refuseCardSecurity(profile: CardProfile): void {
  if (profile.files.includes('EF.CardSecurity')) {
    throw new ConfigError('CONFIG_PROFILE_BEYOND_PLANT', { where: '/profile', detail: 'EF.CardSecurity' });
  }
}

/** A lab's keys are specimens, and its Document Signer has one curve and one hash. Throws as above. */
export function assertSignedInLab(profile: CardProfile): void {
  assertSpecimen(profile);
  refuseCardSecurity(profile);
  const { digest, digestParameters, signature } = profile.algorithms.sod;
  if (digest !== 'SHA-256' || digestParameters !== 'absent' || signature.kind !== 'ecdsa' || signature.digest !== 'SHA-256') {
    throw new ConfigError('CONFIG_PROFILE_BEYOND_PLANT', {
      where: '/profile',
      detail: 'EF.SOD by other algorithms than SHA-256 and ECDSA',
    });
  }
}

/** Before any blank is bound: keys of another kind than the profile names would be refused card by card. Throws `CONFIG_PROFILE_BEYOND_PLANT`. */
export function assertSignedAsProfiled(profile: CardProfile, documentSigners: readonly { readonly certificate: Uint8Array }[]): void {
  const { sod } = profile.algorithms;
  const fits = documentSigners.every(({ certificate }) => isKeyOf(sod, documentSigner(certificate).certificate));
  if (!fits) throw new ConfigError('CONFIG_PROFILE_BEYOND_PLANT', { where: '/profile', detail: 'a Document Signer has another key' });
}
