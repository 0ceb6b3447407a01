/**
 * The embedded plant: starts the services that Cardmint stands on (PostgreSQL, Redis, pcscd with virtual readers, SoftHSM tokens), keeps
 * them running, and stops them without leaving a process behind. It is not the place where services are used: it knows no table, no
 * queue, no card and no key.
 */
export { startPlant, type PcscdPlace, type Plant, type PlantConfig } from './plant.ts';
export { retirePlant } from './retire.ts';
export { secretFile, writeWhole } from './folders.ts';
export { PlantError, type PlantErrorCode } from './plant-error.ts';
export { isAlive } from './process-identity.ts';
export { logFileOf, supervise, type PlantEvent, type ProcessSpec, type Supervised, type SupervisorDeps } from './supervisor.ts';
export { stopOnSignal } from './stop-on-signal.ts';
export { startPostgres, type PlantPostgres, type PostgresConnection } from './postgres.ts';
export { pingRedis, startRedis, type PlantRedis, type RedisPlace } from './redis.ts';
export { checkReaders, DEFAULT_READERS, startPcscd, type PlantPcscd } from './pcscd.ts';
export { planSeats, type Seat, type SeatRole } from './seats.ts';
export { ensureToken, type PlantToken, type TokenHome } from './softhsm.ts';
/** For tests of other rooms only: real servers in temporary folders. */
export { startTestPostgres, startTestRedis, type TestConnection, type TestPostgres, type TestRedis } from './testing.ts';
