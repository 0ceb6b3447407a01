import { utf8 } from '#encoder/bytes';
import { canonicalJson } from '#production/store';

/** One card as an open list may name it: by its own ids. No name, no personal number. */
export interface ManifestCard {
  readonly cardId: string;
  readonly serial: string;
  readonly chipId: string;
  readonly sodSha256: string;
}

export interface ManifestBox {
  readonly box: string;
  readonly number: number;
  readonly office: string;
  readonly officeName: string;
  readonly seal: string;
  readonly cards: readonly ManifestCard[];
}

/** `cardmint-manifest/1`. Boxes by number, cards by serial. */
export interface Manifest {
  readonly format: 'cardmint-manifest/1';
  readonly consignment: string;
  readonly batch: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly from: string;
  readonly to: { readonly province: string; readonly name: string };
  readonly counts: { readonly boxes: number; readonly cards: number };
  readonly boxes: readonly ManifestBox[];
}

/** The bytes that are signed: canonical JSON, so that one manifest has one form. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return utf8(canonicalJson(manifest));
}

/** The bytes are our own, from the database. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as Manifest;
}

const COLUMNS = [
  'consignment',
  'box',
  'seal',
  'office',
  'office_name',
  'position',
  'card_id',
  'blank_serial',
  'chip_id',
  'sod_sha256',
] as const;

/**
 * For a person with a spreadsheet: RFC 4180, every field quoted, a BOM so that Excel reads UTF-8. What a spreadsheet would
 * run as a formula or turn into a number gets an apostrophe before it; the JSON is the list that counts.
 */
export function manifestCsv(manifest: Manifest): Uint8Array {
  const lines: (readonly string[])[] = [COLUMNS];
  for (const box of manifest.boxes) {
    for (const [i, card] of box.cards.entries()) {
      lines.push([
        manifest.consignment,
        String(box.number),
        box.seal,
        box.office,
        box.officeName,
        String(i + 1),
        card.cardId,
        card.serial,
        card.chipId,
        card.sodSha256,
      ]);
    }
  }
  return utf8(`\uFEFF${lines.map((line) => line.map(csvField).join(',')).join('\r\n')}\r\n`);
}

/** Exported for its test. */
export function csvField(value: string): string {
  const formula = /^[\s]*[=+\-@\t\r\n\0|%]/.test(value);
  // Twelve digits and more lose their last ones in a spreadsheet; leading zeros and 1E5 are lost too.
  const number = /^(0\d+|\d{12,}|\d+[eE]\d+)(\.\d+)?$/.test(value);
  return `"${(formula || number ? `'${value}` : value).replaceAll('"', '""')}"`;
}
