/**
 * Tokens for tests, the lab and rehearsals: a software HSM that passes the port's conformance suite, and an HSM that lies on
 * a schedule. They are built in `production/bin` only, and a production run refuses them: their keys live in this process.
 */
export { SoftwareHsm, type SoftwareHsmOptions } from './software-hsm.ts';
export { LyingHsm, type Lie, type LieSchedule } from './lying-hsm.ts';
