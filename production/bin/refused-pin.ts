import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '#encoder/bytes';
import { HsmError, type Hsm } from '#pki/hsm';
import { writeWhole } from '#production/plant';

/**
 * Opens the token with the PIN in its file, and never twice with a PIN that it refused: tokens count wrong PINs and lock, and a
 * supervisor that starts the signer again would spend every try. Which file was refused is remembered in the plant's folder;
 * a file that was written anew is tried again.
 * @throws HsmError of the token; `HSM_PIN_INCORRECT` without touching it while the refused file is still there.
 */
export async function openToken(
  hsm: Pick<Hsm, 'open'>,
  at: { readonly plantDir: string; readonly name: string; readonly pinFile: string },
): Promise<void> {
  const mark = join(at.plantDir, `token-${at.name}-pin.refused`);
  const file = identityOf(at.pinFile);
  if (readIfThere(mark) === file) throw new HsmError('HSM_PIN_INCORRECT', { where: at.pinFile, detail: 'refused before, not tried again' });
  try {
    await hsm.open(Secret.takeOver(Uint8Array.from(Buffer.from(readFileSync(at.pinFile, 'utf8').trim(), 'utf8'))));
  } catch (error) {
    if (error instanceof HsmError && (error.code === 'HSM_PIN_INCORRECT' || error.code === 'HSM_PIN_LOCKED')) writeWhole(mark, file);
    throw error;
  }
  rmSync(mark, { force: true });
}

/** Nothing of the PIN itself, not even a hash: four digits are soon tried. */
function identityOf(path: string): string {
  const { ino, size, mtimeMs, ctimeMs } = statSync(path);
  return [ino, size, mtimeMs, ctimeMs].join(' ');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
