/**
 * Cards on their way: boxes by office, one consignment a batch, a signed manifest without personal data, the province's
 * signed receipt, and a case for whatever did not arrive. It asks the signer for signatures and holds no key.
 */
export { birthCertificate, packBatch, shipConsignment, type PackDeps, type Packed } from './pack.ts';
export { birthCertificateClaims } from './birth-certificate.ts';
export { csvField, decodeManifest, encodeManifest, manifestCsv, type Manifest, type ManifestBox, type ManifestCard } from './manifest.ts';
export { DEJAVU, manifestPdf, type PdfFonts } from './manifest-pdf.ts';
export { Receipt, receiveReceipt, type Acknowledged } from './receipts.ts';
export { listCases, listConsignments, manifestFiles, type Case, type ConsignmentView, type ManifestFiles } from './shipment-queries.ts';
export { ShipmentError, type ShipmentErrorCode } from './shipment-error.ts';
export { shipmentRoom } from './routes.ts';
