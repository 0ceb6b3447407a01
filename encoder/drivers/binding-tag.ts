import { DriverError } from './driver-error.ts';

export const TAG_BYTES = { min: 16, max: 32 } as const;

/** Throws DRIVER_CANNOT. */
export function checkTag(tag: Uint8Array, operation: string): void {
  if (tag.length < TAG_BYTES.min || tag.length > TAG_BYTES.max) {
    throw new DriverError('DRIVER_CANNOT', operation, { detail: `${tag.length} bytes, ${TAG_BYTES.min} to ${TAG_BYTES.max} possible` });
  }
}
