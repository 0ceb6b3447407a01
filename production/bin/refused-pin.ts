import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
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
export async function openToken(hsm: Pick<Hsm, 'open'>, at: PinPlace): Promise<void> {
  const mark = markOf(at);
  const file = identityOf(at.pinFile);
  if (readIfThere(mark) === file) throw new HsmError('HSM_PIN_INCORRECT', { where: at.pinFile, detail: 'refused before, not tried again' });
  const pin = Secret.takeOver(Uint8Array.from(Buffer.from(readFileSync(at.pinFile, 'utf8').trim(), 'utf8')));
  try {
    await hsm.open(pin);
  } catch (error) {
    if (error instanceof HsmError && (error.code === 'HSM_PIN_INCORRECT' || error.code === 'HSM_PIN_LOCKED')) writeWhole(mark, file);
    throw error;
  } finally {
    pin.destroy();
  }
  rmSync(mark, { force: true });
}

/**
 * For a token that is logged in again after its process was lost. To be called before the token is opened; what is returned remembers that the PIN of
 * the file as it is now was refused.
 */
export function rememberRefusal(at: PinPlace): () => void {
  const file = existsSync(at.pinFile) ? identityOf(at.pinFile) : undefined;
  return () => {
    if (file === undefined) return;
    try {
      writeWhole(markOf(at), file);
    } catch {
      // A disk that takes nothing remembers nothing; this process knows it all the same.
    }
  };
}

export interface PinPlace {
  readonly plantDir: string;
  readonly name: string;
  readonly pinFile: string;
}

function markOf({ plantDir, name }: PinPlace): string {
  return join(plantDir, `token-${name}-pin.refused`);
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
