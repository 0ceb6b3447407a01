import { existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LabError } from './lab-error.ts';

/** Stands in every folder of lab keys, and says so to whoever looks into it. */
export const LAB_MARKER = 'LAB-NOT-A-STATE-AUTHORITY.txt';

const MARKER_TEXT = `LAB - NOT A STATE AUTHORITY

Keys in this folder were made by "cardmint encode" for trials. They lie here in the clear, nobody guards them, and nothing
that they sign is a document. No plant accepts them, and a plant's folder is never used for them.

Khoá trong thư mục này chỉ để thử, không được bảo vệ. Không có giấy tờ nào ký bằng khoá này là giấy tờ thật.
`;

/** What stands in the folder of a plant, running or not, and of a SoftHSM token. */
const PLANT_MARKS = ['plant.lock', 'running-plant.json', 'ceremony.minutes.jsonl', 'token.object'] as const;

/**
 * The folder of a lab's keys and journals, made when it is not there.
 * Errors: LAB_NOT_IN_PLANT (inside a plant or a token, or in a plant's environment), LAB_FOLDER_FOREIGN (not empty and not marked).
 */
export function openLabFolder(path: string, env: Readonly<Record<string, string | undefined>>): string {
  if (env['CARDMINT_CONFIG'] !== undefined) throw new LabError('LAB_NOT_IN_PLANT', { where: 'CARDMINT_CONFIG' });
  if (env['NODE_ENV'] === 'production') throw new LabError('LAB_NOT_IN_PLANT', { where: 'NODE_ENV' });
  const folder = resolve(path);
  assertOutsidePlants(folder);
  const readers = env['PCSCLITE_CSOCK_NAME'];
  if (readers !== undefined) assertOutsidePlants(resolve(readers));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const marker = join(folder, LAB_MARKER);
  if (existsSync(marker)) return folder;
  if (readdirSync(folder).length > 0) throw new LabError('LAB_FOLDER_FOREIGN', { where: path });
  writeFileSync(marker, MARKER_TEXT, { mode: 0o600 });
  return folder;
}

/** Looks at the folder and at all above it, links followed. */
function assertOutsidePlants(path: string): void {
  for (let at = existing(path); ; at = dirname(at)) {
    if (PLANT_MARKS.some((mark) => existsSync(join(at, mark)))) throw new LabError('LAB_NOT_IN_PLANT', { where: at });
    if (at === dirname(at)) return;
  }
}

/** The nearest folder above that is there already. */
function existing(path: string): string {
  return existsSync(path) ? realpathSync(path) : existing(dirname(path));
}
