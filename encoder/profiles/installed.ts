import { readdirSync, readFileSync } from 'node:fs';
import { decodeUtf8, DecodeError } from '#encoder/bytes';
import { ProfileError } from './profile-error.ts';
import { validateProfile } from './profile.ts';
import type { CardProfile } from './profile-schema.ts';

/** One profile a file; a file that is put here is installed. `basedOn` names a profile whose members stand where a file has none. */
const FOLDER = new URL('./data/', import.meta.url);

/** Many times the largest profile. */
const BYTES_MAX = 256 * 1024;
/** A profile based on one based on one: enough for a specimen of a variant. */
const BASES_MAX = 4;

/** Where a base is looked up. */
type JsonSource = (id: string) => unknown;

/** The installed profiles by id. A file that is not valid, or whose id is not its name, stops the start: `PROFILE_INVALID`. */
export const CARD_PROFILES: ReadonlyMap<string, CardProfile> = installedProfiles();

/** The installed profile with this id; `ProfileError` `PROFILE_UNKNOWN` otherwise. */
export function profileById(id: string): CardProfile {
  const profile = CARD_PROFILES.get(id);
  if (profile === undefined) throw new ProfileError('PROFILE_UNKNOWN');
  return profile;
}

export const cccd2021: CardProfile = profileById('cccd-2021');
/** The same card for demonstrations and tests: MẪU / SPECIMEN on both faces, a specimen CSCA behind it. */
export const cccd2021Specimen: CardProfile = profileById('cccd-2021-specimen');

/**
 * A profile that an operator gives as a file: the same JSON as the installed ones, which it can be based on. Throws
 * `ProfileError` `PROFILE_INVALID` with the path of what is wrong, `PROFILE_UNKNOWN` for a base that is not installed.
 */
export function loadProfile(json: Uint8Array | string): CardProfile {
  return validateProfile(withBase(parse(json), installedJson));
}

function installedProfiles(): ReadonlyMap<string, CardProfile> {
  const ids = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .toSorted();
  return new Map(
    ids.map((id) => {
      const profile = loadProfile(readFileSync(new URL(`${id}.json`, FOLDER)));
      if (profile.id !== id) throw new ProfileError('PROFILE_INVALID', { where: `/id: ${id}.json has another one` });
      return [id, profile] as const;
    }),
  );
}

function installedJson(id: string): unknown {
  // The form of an id: nothing that could leave the folder.
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) throw new ProfileError('PROFILE_UNKNOWN', { where: '/basedOn' });
  try {
    return parse(readFileSync(new URL(`${id}.json`, FOLDER)));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      throw new ProfileError('PROFILE_UNKNOWN', { where: '/basedOn' });
    throw cause;
  }
}

/** The members of the base and then those of the profile; a member is taken whole. */
function withBase(value: unknown, source: JsonSource, depth = 0): unknown {
  if (!isObject(value) || !Object.hasOwn(value, 'basedOn')) return value;
  const { basedOn, ...own } = value;
  if (typeof basedOn !== 'string') throw new ProfileError('PROFILE_INVALID', { where: '/basedOn' });
  if (depth >= BASES_MAX) throw new ProfileError('PROFILE_INVALID', { where: '/basedOn', detail: `more than ${BASES_MAX} bases` });
  const base = withBase(source(basedOn), source, depth + 1);
  // A member that the base has and this profile must not have is taken away by null.
  const members = Object.entries({ ...(isObject(base) ? base : {}), ...own }).filter(([, member]) => member !== null);
  return Object.fromEntries(members);
}

function parse(json: Uint8Array | string): unknown {
  if (json.length > BYTES_MAX)
    throw new ProfileError('PROFILE_INVALID', { where: '/', detail: `${json.length} bytes, at most ${BYTES_MAX}` });
  try {
    return JSON.parse(typeof json === 'string' ? json : decodeUtf8(json)) as unknown;
  } catch (cause) {
    // The parser's own message quotes what it read.
    if (cause instanceof SyntaxError || cause instanceof DecodeError)
      throw new ProfileError('PROFILE_INVALID', { where: '/', detail: 'not JSON in UTF-8' });
    throw cause;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
