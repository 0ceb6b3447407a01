import { existsSync } from 'node:fs';
// oxlint-disable-next-line import/no-named-as-default -- @types/pdfkit knows the default export only
import PDFDocument from 'pdfkit';
import type { Manifest, ManifestBox } from './manifest.ts';
import { ShipmentError } from './shipment-error.ts';

export interface PdfFonts {
  readonly regular: string;
  readonly bold: string;
  readonly mono: string;
}

/** Has every Vietnamese letter; Debian's `fonts-dejavu-core`. */
export const DEJAVU: PdfFonts = Object.freeze({
  regular: '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  bold: '/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf',
  mono: '/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf',
});

const MARGIN = 42;
const ROW = 15;
const INK = '#1a1a1a';
const SOFT = '#666666';
const RULE = '#c8c8c8';

/** x and width in points, A4 portrait between the margins. */
const COLUMNS = [
  { vi: 'STT', en: 'No.', x: 0, width: 28 },
  { vi: 'Mã thẻ', en: 'Card', x: 30, width: 186 },
  { vi: 'Số phôi', en: 'Blank', x: 218, width: 88 },
  { vi: 'Mã chip', en: 'Chip', x: 308, width: 108 },
  { vi: 'SHA-256 của EF.SOD', en: 'first 16 digits', x: 418, width: 94 },
] as const;

/**
 * The manifest on paper, Vietnamese with English beside it: what a person signs for at the door. It names what the signed
 * JSON names, and the JSON's hash in every footer; fonts are embedded. Error FONT_MISSING.
 */
export async function manifestPdf(manifest: Manifest, manifestSha256: string, fonts: PdfFonts = DEJAVU): Promise<Uint8Array> {
  for (const path of Object.values(fonts) as string[]) if (!existsSync(path)) throw new ShipmentError('FONT_MISSING', { where: path });
  const created = new Date(manifest.created);
  const doc = new PDFDocument({
    size: 'A4',
    margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: 0 },
    bufferPages: true,
    info: { Title: `Bảng kê ${manifest.consignment}`, Author: manifest.from, CreationDate: created },
  });
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  const done = new Promise<void>((resolve, reject) => {
    doc.on('end', resolve);
    doc.on('error', reject);
  });
  doc.registerFont('regular', fonts.regular).registerFont('bold', fonts.bold).registerFont('mono', fonts.mono);
  header(doc, manifest, created);
  for (const box of manifest.boxes) drawBox(doc, box);
  signatures(doc);
  footers(doc, manifest, manifestSha256);
  doc.end();
  await done;
  return new Uint8Array(Buffer.concat(chunks));
}

type Doc = InstanceType<typeof PDFDocument>;

const width = (doc: Doc): number => doc.page.width - 2 * MARGIN;
const bottom = (doc: Doc): number => doc.page.height - 64;

function header(doc: Doc, manifest: Manifest, created: Date): void {
  doc.font('bold').fontSize(17).fillColor(INK).text('BẢNG KÊ GIAO THẺ', MARGIN, MARGIN);
  doc
    .font('regular')
    .fontSize(9.5)
    .fillColor(SOFT)
    .text('Delivery manifest', MARGIN, MARGIN + 22);
  const facts: readonly (readonly [string, string, string])[] = [
    ['Chuyến hàng', 'Consignment', manifest.consignment],
    ['Lô', 'Batch', manifest.batch],
    ['Bên giao', 'From', manifest.from],
    ['Bên nhận', 'To', `${manifest.to.name} (${manifest.to.province})`],
    ['Ngày lập', 'Made', `${vietnameseTime(created)} (UTC+7)`],
    ['Số lượng', 'Quantity', `${manifest.counts.cards} thẻ / cards · ${manifest.counts.boxes} hộp / boxes`],
  ];
  let y = MARGIN + 46;
  for (const [vi, en, value] of facts) {
    doc.font('regular').fontSize(9).fillColor(INK).text(vi, MARGIN, y, { continued: true }).fillColor(SOFT).text(`  ${en}`);
    doc
      .font('bold')
      .fontSize(9)
      .fillColor(INK)
      .text(value, MARGIN + 140, y, { width: width(doc) - 140 });
    y += 15;
  }
  doc.y = y + 8;
}

function vietnameseTime(at: Date): string {
  const local = new Date(at.getTime() + 7 * 3_600_000).toISOString();
  return `${local.slice(8, 10)}/${local.slice(5, 7)}/${local.slice(0, 4)} ${local.slice(11, 16)}`;
}

function drawBox(doc: Doc, box: ManifestBox): void {
  if (doc.y + 5 * ROW > bottom(doc)) newPage(doc);
  doc.y += 8;
  const y = doc.y;
  doc.rect(MARGIN, y, width(doc), 34).fill('#f0f0ee');
  doc
    .font('bold')
    .fontSize(10)
    .fillColor(INK)
    .text(`Hộp ${box.number}`, MARGIN + 8, y + 6, { continued: true });
  doc.font('regular').fillColor(SOFT).text(`  Box ${box.number} · ${box.cards.length} thẻ / cards`);
  doc
    .font('regular')
    .fontSize(8.5)
    .fillColor(INK)
    .text(`${box.office}  ${box.officeName}`, MARGIN + 8, y + 20, { width: 300, lineBreak: false });
  doc
    .font('mono')
    .fontSize(8.5)
    .fillColor(INK)
    .text(`Niêm phong / seal  ${box.seal}`, MARGIN + 300, y + 13, { width: width(doc) - 308, align: 'right', lineBreak: false });
  doc.y = y + 38;
  columnHeads(doc);
  for (const [i, card] of box.cards.entries()) {
    if (doc.y + ROW > bottom(doc)) {
      newPage(doc);
      columnHeads(doc);
    }
    const line = doc.y;
    const cells = [String(i + 1), card.cardId, card.serial, card.chipId, card.sodSha256.slice(0, 16)];
    for (const [c, column] of COLUMNS.entries()) {
      doc
        .font(c === 0 ? 'regular' : 'mono')
        .fontSize(c === 0 ? 8.5 : 8)
        .fillColor(INK);
      doc.text(cells[c] ?? '', MARGIN + column.x, line + 3, { width: column.width, lineBreak: false });
    }
    doc
      .moveTo(MARGIN, line + ROW)
      .lineTo(MARGIN + width(doc), line + ROW)
      .lineWidth(0.4)
      .strokeColor(RULE)
      .stroke();
    doc.y = line + ROW;
  }
}

function columnHeads(doc: Doc): void {
  const y = doc.y;
  for (const column of COLUMNS) {
    doc
      .font('bold')
      .fontSize(7.5)
      .fillColor(INK)
      .text(column.vi, MARGIN + column.x, y, { width: column.width, lineBreak: false });
    doc
      .font('regular')
      .fontSize(6.5)
      .fillColor(SOFT)
      .text(column.en, MARGIN + column.x, y + 9, { width: column.width, lineBreak: false });
  }
  doc
    .moveTo(MARGIN, y + 19)
    .lineTo(MARGIN + width(doc), y + 19)
    .lineWidth(0.8)
    .strokeColor(INK)
    .stroke();
  doc.y = y + 20;
}

function signatures(doc: Doc): void {
  if (doc.y + 110 > bottom(doc)) newPage(doc);
  const y = doc.y + 26;
  for (const [i, [vi, en]] of (
    [
      ['Bên giao', 'Handed over by'],
      ['Bên vận chuyển', 'Carried by'],
      ['Bên nhận', 'Received by'],
    ] as const
  ).entries()) {
    const x = MARGIN + (i * width(doc)) / 3;
    doc
      .font('bold')
      .fontSize(9)
      .fillColor(INK)
      .text(vi, x, y, { width: width(doc) / 3, align: 'center' });
    doc
      .font('regular')
      .fontSize(7.5)
      .fillColor(SOFT)
      .text(`${en} — ký, họ tên / signature, name`, x, y + 12, { width: width(doc) / 3, align: 'center' });
  }
  doc.y = y + 80;
}

function footers(doc: Doc, manifest: Manifest, manifestSha256: string): void {
  const { start, count } = doc.bufferedPageRange();
  for (let i = 0; i < count; i++) {
    doc.switchToPage(start + i);
    const y = doc.page.height - 48;
    doc
      .moveTo(MARGIN, y)
      .lineTo(MARGIN + width(doc), y)
      .lineWidth(0.4)
      .strokeColor(RULE)
      .stroke();
    doc
      .font('mono')
      .fontSize(6.5)
      .fillColor(SOFT)
      .text(`manifest.json SHA-256 ${manifestSha256}`, MARGIN, y + 6, { lineBreak: false });
    doc
      .font('regular')
      .fontSize(7.5)
      .text(`${manifest.consignment}   Trang / page ${i + 1} / ${count}`, MARGIN, y + 18, {
        width: width(doc),
        align: 'right',
        lineBreak: false,
      });
  }
}

function newPage(doc: Doc): void {
  doc.addPage();
  doc.y = MARGIN;
}
