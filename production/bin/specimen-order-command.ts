import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { toHex } from '#encoder/bytes';
import { expiryOf } from '#encoder/profiles';
import { CliError, EXIT, type CliIo } from '#production/cli';
import { demoOrders, drawImages, orderJson } from '#production/demo';
import { profileNamed } from './lab-profile.ts';

/** Invented people of the demo to choose from: the hard cases come first, and are none for a trial. */
const PEOPLE = 24;

/** For trials without a plant: an order of somebody who does not exist, with the dates that the profile wants. */
export function registerSpecimenOrder(program: Command, io: CliIo): void {
  program
    .command('specimen-order')
    .description('write an order of an invented citizen, for `cardmint encode` / tạo một đơn mẫu')
    .requiredOption('--out <file>', 'where to; a file that is there is not overwritten')
    .option('--profile <id or file>', 'the card that it is for', 'cccd-2021-specimen')
    .action(async ({ out, profile: name }: { readonly out: string; readonly profile: string }) => {
      const { validity } = await profileNamed(io, name);
      const person = demoOrders(PEOPLE, new Date()).find(({ traits }) => traits.length === 0);
      if (person === undefined) throw new Error('the demo has nobody without a trait');
      const { personalNumber, dateOfBirth, dateOfIssue } = person.citizen;
      const dateOfExpiry = expiryOf(validity, dateOfBirth, dateOfIssue) ?? null;
      const order = orderJson(
        { ...person, orderId: `specimen-${toHex(Uint8Array.from(randomBytes(4)))}`, citizen: { ...person.citizen, dateOfExpiry } },
        await drawImages(personalNumber),
      );
      const file = `${JSON.stringify({ format: 'cardmint-orders/1', orders: [order] }, null, 1)}\n`;
      if (existsSync(resolve(io.cwd, out))) throw alreadyThere(out);
      writeFileSync(resolve(io.cwd, out), file, { flag: 'wx', mode: 0o600 });
      io.out(`✓ ${order.orderId} → ${out}\n`);
    });
}

function alreadyThere(where: string): CliError {
  return new CliError(
    {
      code: 'FILE_EXISTS',
      what: { vi: 'Tệp đã tồn tại', en: 'the file exists already' },
      todo: { vi: 'Chọn tên khác', en: 'choose another name' },
      where,
    },
    EXIT.usage,
  );
}
