import type { ListingFigures } from './listing-bench.ts';
import type { SigningFigures } from './signing-bench.ts';
import type { SodFigures } from './sod-bench.ts';

export interface PkiFigures {
  readonly signing: SigningFigures;
  readonly sod: SodFigures;
  readonly listing: ListingFigures;
}

/** The figures of the signing authority, each beside what it is measured against and what the issue asks of it. */
export function pkiTable({ signing, sod, listing }: PkiFigures): string {
  const figure = (value: number, digits = 0): string => value.toFixed(digits).padStart(9);
  return [
    `signing with brainpoolP384r1, medians of ${signing.rounds} rounds of ${signing.perRound} security objects, ${signing.inFlight} cards at once`,
    `  baseline "raw"             ${figure(signing.rawPerSecond)}   signatures a second: the same token, one session, one in flight`,
    `  signer                     ${figure(signing.signerPerSecond)}   EF.SOD a second: built, intent on disk, signed, verified, outcome on disk`,
    `  signer / raw               ${figure(signing.ratio, 2)}   wanted: at least 0.50`,
    `  processor, raw             ${figure(signing.rawMs, 2)}   ms a signature`,
    `  processor, signer          ${figure(signing.processorMs + signing.postgresMs, 2)}   ms an EF.SOD: ${signing.processorMs.toFixed(2)} here, the token's library included, ${signing.postgresMs.toFixed(2)} PostgreSQL`,
    '',
    `building EF.SOD, ${sod.bytes} bytes over ${sod.dataGroups} data groups of ${sod.dataGroupBytes} bytes, a second of one processor`,
    `  until it can be signed     ${figure(sod.prepared)}   files checked and hashed, built, linted; wanted: at least 5000`,
    `  whole, verification apart  ${figure(sod.whole)}   and the signature put in, linted again as it will stand on the chip`,
    `  baseline "pkijs"           ${figure(sod.pkijs)}   the same bytes made with pkijs and asn1js, nothing checked`,
    `  until signed / pkijs       ${figure(sod.prepared / sod.pkijs, 1)} ×`,
    '',
    `listing the cards under one key among ${listing.signatures} signatures under ${listing.keys} keys (EF.SOD of ${listing.productBytes} bytes beside them)`,
    `  cards listed               ${figure(listing.cards)}`,
    `  seconds                    ${figure(listing.seconds, 2)}   median of ${listing.others} keys; the key used first ${listing.firstSeconds.toFixed(2)}; wanted: at most 5`,
    '',
  ].join('\n');
}
