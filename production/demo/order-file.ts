import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Order } from '#production/orders';
import { demoOrders, orderJson } from './people.ts';
import { drawImages } from './portraits.ts';

export interface DemoOrderFile {
  readonly format: 'cardmint-orders/1';
  readonly orders: readonly Order[];
}

/** The demo's order file: drawn once and written whole; a resumed run finds the one it has handed in already. */
export async function demoOrderFile(
  resultDir: string,
  request: { readonly people: number; readonly now: Date; readonly onDrawn: (drawn: number, of: number) => void },
): Promise<{ readonly bytes: Uint8Array; readonly file: DemoOrderFile }> {
  const path = join(resultDir, 'orders.json');
  if (!existsSync(path)) {
    const people = demoOrders(request.people, request.now);
    const orders: Order[] = [];
    for (const person of people) {
      orders.push(orderJson(person, await drawImages(person.citizen.personalNumber)));
      request.onDrawn(orders.length, people.length);
    }
    const file: DemoOrderFile = { format: 'cardmint-orders/1', orders };
    writeFileSync(`${path}.tmp`, `${JSON.stringify(file, null, 1)}\n`);
    renameSync(`${path}.tmp`, path);
  }
  const bytes = Uint8Array.from(readFileSync(path));
  return { bytes, file: JSON.parse(Buffer.from(bytes).toString('utf8')) as DemoOrderFile };
}
