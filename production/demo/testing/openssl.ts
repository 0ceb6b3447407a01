import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The openssl command; fails when it does. @returns both its streams as one text */
export async function openssl(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run('openssl', [...args], { maxBuffer: 1 << 26 });
  return `${stdout}${stderr}`;
}

export async function textOfPdf(path: string): Promise<string> {
  return (await run('pdftotext', ['-layout', '-enc', 'UTF-8', path, '-'])).stdout;
}

/** A DER element at `at`: where its content begins and ends. Lengths up to four bytes, which is all that these files have. */
export function element(der: Uint8Array, at: number): { readonly tag: number; readonly begin: number; readonly end: number } {
  const first = der[at + 1] ?? 0;
  const more = first < 0x80 ? 0 : first - 0x80;
  if (more > 4) throw new Error(`a length of ${more} bytes at ${at}`);
  let length = first < 0x80 ? first : 0;
  for (let i = 0; i < more; i += 1) length = length * 256 + (der[at + 2 + i] ?? 0);
  const begin = at + 2 + more;
  if (begin + length > der.length) throw new Error(`an element at ${at} ends behind the file`);
  return { tag: der[at] ?? 0, begin, end: begin + length };
}

/** RFC 5280 §4.1: what is signed, and the signature, of a certificate or a list of revoked ones, as files for `openssl dgst -verify`. */
export function layDownSigned(der: Uint8Array, folder: string, name: string): { readonly content: string; readonly signature: string } {
  const tbsAt = element(der, 0).begin;
  const tbs = element(der, tbsAt);
  const algorithm = element(der, tbs.end);
  const bits = element(der, algorithm.end);
  const files = { content: join(folder, `${name}.tbs`), signature: join(folder, `${name}.sig`) };
  writeFileSync(files.content, der.subarray(tbsAt, tbs.end));
  // The first byte of a BIT STRING counts its unused bits: none here.
  if (der[bits.begin] !== 0) throw new Error(`${name}: a signature with unused bits`);
  writeFileSync(files.signature, der.subarray(bits.begin + 1, bits.end));
  return files;
}
