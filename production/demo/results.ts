import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Order } from '#production/orders';

/** Public certificates and lists, DER. */
export interface DemoMaterial {
  /** The one that signs first. */
  readonly cscas: readonly Uint8Array[];
  readonly links: readonly Uint8Array[];
  readonly masterListSigner: Uint8Array;
  readonly masterList: Uint8Array;
  /** For an upload to the ICAO Public Key Directory. */
  readonly pkd: readonly { readonly name: string; readonly content: Uint8Array }[];
  readonly documentSigners: readonly Uint8Array[];
  readonly crl: Uint8Array;
  readonly plantSigners: readonly Uint8Array[];
  readonly birthCertificateSigners: readonly Uint8Array[];
  /** Terminal Authentication: CV certificates, and a reader's specimen key under them. */
  readonly cvca: Uint8Array;
  readonly terminal: { readonly chain: readonly Uint8Array[]; readonly privateKey: string };
}

export interface DemoOrderRow {
  readonly orderId: string;
  readonly state: string;
  readonly findings: readonly { readonly code: string; readonly refuses: boolean; readonly field: string | null }[];
  readonly cards: readonly { readonly cardId: string; readonly state: string }[];
}

export interface DemoCard {
  readonly cardId: string;
  readonly orderId: string;
  readonly state: string;
  readonly serial: string | null;
  readonly chipId: string | null;
  readonly supersedes: string | null;
}

export interface DemoShipment {
  readonly consignmentId: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface DemoResults {
  readonly orders: readonly Order[];
  readonly cards: readonly DemoCard[];
  readonly shipments: readonly DemoShipment[];
  readonly material: DemoMaterial;
  readonly imageOf: (serial: string) => string;
  readonly birthCertificate: (cardId: string) => Promise<Uint8Array>;
  readonly onCard: (done: number) => void;
}

/**
 * `var/demo/` as the house plan lists it, so that anyone can check the run with other tools. The chips' files, faces and
 * reports are there already: the inspector laid them down as it read them.
 */
export async function layDownResults(folder: string, results: DemoResults): Promise<void> {
  layDownMaterial(join(folder, 'pki'), results.material);
  const orders = new Map(results.orders.map((order) => [order.orderId, order]));
  const cardsDir = join(folder, 'cards');
  mkdirSync(cardsDir, { recursive: true });
  for (const left of readdirSync(cardsDir)) if (left.endsWith('.draft')) rmSync(join(cardsDir, left), { recursive: true });
  let done = 0;
  for (const card of results.cards) {
    const home = join(cardsDir, card.cardId);
    mkdirSync(home, { recursive: true });
    const order = orders.get(card.orderId);
    if (order === undefined) throw new Error(`card ${card.cardId} was made for no order of the file`);
    writeJson(join(home, 'order.json'), order);
    writeJson(join(home, 'blank.json'), { serial: card.serial, chipId: card.chipId, state: card.state, supersedes: card.supersedes });
    if (card.serial !== null) copyFileSync(results.imageOf(card.serial), join(home, 'virtual-card.image'));
    if (!existsSync(join(home, 'inspection.json'))) continue;
    writeFileSync(join(home, 'birth-certificate.jws'), await results.birthCertificate(card.cardId));
    done += 1;
    results.onCard(done);
  }
  for (const shipment of results.shipments) {
    const home = join(folder, 'shipments', shipment.consignmentId);
    mkdirSync(home, { recursive: true });
    for (const [name, bytes] of shipment.files) writeFileSync(join(home, name), bytes);
  }
}

function layDownMaterial(folder: string, material: DemoMaterial): void {
  mkdirSync(folder, { recursive: true });
  layDownEach(folder, 'csca', material.cscas);
  layDownEach(folder, 'csca-link', material.links);
  writeFileSync(join(folder, 'master-list-signer.cer'), material.masterListSigner);
  writeFileSync(join(folder, 'master-list.ml'), material.masterList);
  mkdirSync(join(folder, 'pkd'), { recursive: true });
  for (const { name, content } of material.pkd) writeFileSync(join(folder, 'pkd', name), content);
  for (const [position, signer] of material.documentSigners.entries()) writeFileSync(join(folder, `ds-${position + 1}.cer`), signer);
  writeFileSync(join(folder, 'csca.crl'), material.crl);
  layDownEach(folder, 'manifest-signer', material.plantSigners);
  layDownEach(folder, 'birth-certificate-signer', material.birthCertificateSigners);
  const [documentVerifier, terminal] = material.terminal.chain;
  if (documentVerifier === undefined || terminal === undefined) throw new Error('the terminal has no chain');
  writeFileSync(join(folder, 'cvca.cvcert'), material.cvca);
  writeFileSync(join(folder, 'document-verifier.cvcert'), documentVerifier);
  writeFileSync(join(folder, 'terminal.cvcert'), terminal);
  writeFileSync(join(folder, 'terminal.key.pem'), material.terminal.privateKey, { mode: 0o600 });
}

/** The first has no number. */
function layDownEach(folder: string, name: string, certificates: readonly Uint8Array[]): void {
  for (const [position, certificate] of certificates.entries())
    writeFileSync(join(folder, `${name}${position === 0 ? '' : `-${position + 1}`}.cer`), certificate);
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
