import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { Command } from 'commander';

import { ApiClient, type ClientOptions } from './client.ts';
import { CliError } from './cli-error.ts';
import { ask, withClientOptions } from './command.ts';
import { inputFile } from './input-file.ts';
import { table, type CliIo } from './io.ts';

interface Shipment {
  readonly consignmentId: string;
  readonly batchId: string;
  readonly provinceCode: string;
  readonly state: string;
  readonly shippedAt: string | null;
  readonly receivedAt: string | null;
  readonly boxes: readonly { readonly cards: number }[];
}

interface Acknowledged {
  readonly consignmentId: string;
  readonly state: string;
  readonly received: number;
  readonly short: number;
  readonly damaged: number;
  readonly over: number;
  readonly cases: readonly string[];
}

interface Cases {
  readonly cases: readonly {
    readonly caseId: string;
    readonly kind: string;
    readonly serial: string;
    readonly state: string;
    readonly consignmentId: string;
  }[];
}

const MANIFEST_FILES = ['manifest.json', 'manifest.p7s', 'manifest.csv', 'manifest.pdf'] as const;
/** There once the province has acknowledged. */
const RECEIPT_FILES = ['receipt.json', 'receipt.p7s'] as const;

export function registerShipments(program: Command, io: CliIo): void {
  const shipments = program.command('shipments').description('consignments, manifests, receipts, cases / lô hàng gửi tỉnh');
  withClientOptions(shipments.command('list'))
    .description('consignments; a province sees its own')
    .action((options: ClientOptions) =>
      ask(io, options, 'operator', {
        call: (api) => api.get<{ shipments: Shipment[] }>('/v1/shipments'),
        show: (answer) => show(answer.shipments),
      }),
    );
  withClientOptions(shipments.command('manifest'))
    .argument('<consignment>')
    .requiredOption('--out <folder>', 'where the files go')
    .description('the manifest and its signature: manifest.json, .p7s, .csv, .pdf, and the receipt once there is one')
    .addHelpText(
      'after',
      '\nExample:\n  cardmint shipments manifest shp-… --out shipment\n  openssl cms -verify -inform DER -binary -in shipment/manifest.p7s -content shipment/manifest.json -noverify\n',
    )
    .action(async (consignment: string, options: ClientOptions & { readonly out: string }) => {
      const api = await ApiClient.open(options, io, 'operator');
      const folder = resolve(io.cwd, options.out);
      const path = `/v1/shipments/${encodeURIComponent(consignment)}`;
      const files = new Map<string, Uint8Array>();
      for (const name of MANIFEST_FILES) files.set(name, await api.bytes(`${path}/${name}`));
      for (const name of RECEIPT_FILES) {
        const bytes = await api.bytes(`${path}/${name}`).catch((error: unknown) => {
          if (error instanceof CliError && error.failure.code === 'NOT_FOUND') return undefined;
          throw error;
        });
        if (bytes !== undefined) files.set(name, bytes);
      }
      await mkdir(folder, { recursive: true });
      for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
      const written = [...files.keys()].map((name) => join(folder, name));
      io.out(options.json === true ? `${JSON.stringify({ files: written }, null, 2)}\n` : written.map((file) => `${file}\n`).join(''));
    });
  withClientOptions(shipments.command('dispatch'))
    .argument('<consignment>')
    .description('say that the consignment has left the plant')
    .action((consignment: string, options: ClientOptions) =>
      ask(io, options, 'operator', {
        call: (api) => api.post<Shipment>(`/v1/shipments/${encodeURIComponent(consignment)}/dispatch`),
        show: (answer) => show([answer]),
      }),
    );
  withClientOptions(shipments.command('receipt'))
    .argument('<consignment>')
    .argument('<receipt>', 'receipt.json (cardmint-receipt/1), the bytes that were signed')
    .argument('<signature>', 'receipt.p7s: detached CMS by the province’s registered certificate, DER')
    .description('hand in a province’s signed receipt; what is short, damaged or over opens a case')
    .addHelpText('after', '\nExample:\n  cardmint shipments receipt shp-… receipt.json receipt.p7s --as province-01\n')
    .action(async (consignment: string, receipt: string, signature: string, options: ClientOptions) => {
      const body = { receipt: base64(await inputFile(io, receipt)), signature: base64(await inputFile(io, signature)) };
      await ask(io, options, 'province', {
        call: (api) => api.post<Acknowledged>(`/v1/shipments/${encodeURIComponent(consignment)}/receipt`, body),
        show: (answer) =>
          `${answer.consignmentId} ${answer.state}: ${answer.received} received, ${answer.short} short, ${answer.damaged} damaged, ${answer.over} over\n` +
          answer.cases.map((id) => `  case ${id}\n`).join(''),
      });
    });
  withClientOptions(shipments.command('cases'))
    .description('what did not arrive as it was sent')
    .action((options: ClientOptions) =>
      ask(io, options, 'operator', {
        call: (api) => api.get<Cases>('/v1/cases'),
        show: (answer) =>
          table([
            ['CASE', 'KIND', 'BLANK', 'STATE', 'CONSIGNMENT'],
            ...answer.cases.map((one) => [one.caseId, one.kind, one.serial, one.state, one.consignmentId]),
          ]),
      }),
    );
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function show(shipments: readonly Shipment[]): string {
  return table([
    ['CONSIGNMENT', 'PROVINCE', 'STATE', 'BOXES', 'CARDS', 'SHIPPED', 'RECEIVED'],
    ...shipments.map((one) => [
      one.consignmentId,
      one.provinceCode,
      one.state,
      String(one.boxes.length),
      String(one.boxes.reduce((total, box) => total + box.cards, 0)),
      one.shippedAt ?? '-',
      one.receivedAt ?? '-',
    ]),
  ]);
}
