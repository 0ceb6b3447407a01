import { isCodedError } from '#encoder/bytes';
import { PlantError } from '#production/plant';
import { asStoreError, sqlState } from '#production/store';

/**
 * What a log and a person are told of an error: the database's silence and a full disk by their names, whoever met them. Errors of other sockets and
 * of files have the driver's codes too, and are left as they are.
 */
export function named(error: unknown): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return new PlantError('DISK_FULL', { cause: error });
  return isOfDatabase(error) ? asStoreError(error) : error;
}

/** The same for a doorbell's fault, with the code that `queues/workers` gave it. */
export function faultFields(fault: { readonly code: string; readonly error: unknown }): { readonly code: string; readonly err: unknown } {
  const err = named(fault.error);
  return { code: isCodedError(err) ? err.code : fault.code, err };
}

function isOfDatabase(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (!('syscall' in error)) return sqlState(error) !== undefined || !('code' in error);
  // A unix socket of PostgreSQL's, or a port: Redis has its own client, and the plant's other sockets are paths.
  return error.syscall === 'connect' && ('port' in error || ('address' in error && String(error.address).includes('.s.PGSQL.')));
}
