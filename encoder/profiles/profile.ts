import { Check, Errors } from 'typebox/value';
import { ProfileError } from './profile-error.ts';
import { brokenRule } from './profile-rules.ts';
import { CardProfileSchema, type CardProfile } from './profile-schema.ts';

/**
 * Checks a profile from outside and freezes a copy of it. Throws `ProfileError` `PROFILE_INVALID` with the path of the first
 * thing that is wrong: first the schema, then the rules by which the parts of a profile fit together.
 */
export function validateProfile(value: unknown): CardProfile {
  if (!Check(CardProfileSchema, value)) throw new ProfileError('PROFILE_INVALID', { where: firstFault(value) });
  const profile: CardProfile = structuredClone(value);
  const broken = brokenRule(profile);
  if (broken !== undefined) throw new ProfileError('PROFILE_INVALID', { where: broken });
  return deepFreeze(profile);
}

/**
 * The path and keyword of the deepest fault: of a member that may have several forms, the form that it comes nearest to.
 * A key that does not belong is named, so far as it looks like one.
 */
function firstFault(value: unknown): string {
  const faults = Errors(CardProfileSchema, value).filter(({ keyword }) => !UNSPECIFIC.has(keyword));
  const depth = (path: string): number => path.split('/').length;
  const [fault] = faults.toSorted((a, b) => depth(b.instancePath) - depth(a.instancePath));
  if (fault === undefined) return '/';
  return `${fault.instancePath || '/'} ${fault.keyword}${namedKey(fault.params)}`;
}

/** `anyOf` has its members' faults beside it, `boolean` is said again as `additionalProperties` of the object. */
const UNSPECIFIC: ReadonlySet<string> = new Set(['anyOf', 'boolean']);

function namedKey(params: object): string {
  if (!('additionalProperties' in params || 'requiredProperties' in params)) return '';
  const keys = (Object.values(params) as readonly unknown[]).flat().filter((key) => typeof key === 'string');
  return ` ${keys.find((key) => /^[A-Za-z][A-Za-z0-9]{0,39}$/.test(key)) ?? '?'}`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
