import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadProfile, profileById, type CardProfile } from '#encoder/profiles';
import { inputFile, type CliIo } from '#production/cli';

/** An installed profile by its id, or one in a file. Errors: `ProfileError`; `CliError` FILE_UNREADABLE. */
export async function profileNamed(io: CliIo, name: string): Promise<CardProfile> {
  return existsSync(resolve(io.cwd, name)) ? loadProfile(await inputFile(io, name)) : profileById(name);
}
