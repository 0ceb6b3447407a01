/**
 * Who works at the plant and who talks to it from outside: named persons, their roles, their tokens (kept as hashes), and
 * the rule that some acts need two of them. It is not where a role is checked: every route says who may call it.
 */
export {
  authenticate,
  ensurePeople,
  PeopleError,
  requireTwoPersons,
  type PeopleErrorCode,
  type Person,
  type PersonConfig,
} from './people.ts';
export { peopleRoom } from './routes.ts';
