import { equalBytes } from '#encoder/bytes';
import { issueSod, prepareSod, type DocumentSigner, type SodToken } from '#pki/sod';
import { signatureFromToken, verifySignature } from '#pki/x509';
import type { CardToSign } from './bench-card.ts';
import { pkijsSod } from './pkijs-sod.ts';
import { median, perProcessorSecond } from './rounds.ts';

export interface SodFigures {
  readonly bytes: number;
  readonly dataGroups: number;
  readonly dataGroupBytes: number;
  /** A second of one processor; medians. Checked, hashed, built and linted, with zeros where the signature will stand. */
  readonly prepared: number;
  /** The same, and the signature put in its place, the file linted again as it will stand on the chip. */
  readonly whole: number;
  readonly pkijs: number;
}

const ROUNDS = 7;
const CALLS = 600;

/** @param sign one signature over a digest, by the key of the signer's certificate: the same card has the same digest each time */
export async function benchSod(
  card: CardToSign,
  signer: DocumentSigner,
  sign: (digest: Uint8Array) => Promise<Uint8Array>,
): Promise<SodFigures> {
  const at = new Date();
  const prepare = (): SodToken => prepareSod({ ...card, signer, at });
  const first = prepare();
  const raw = await sign(first.digestToSign);
  const signature = signatureFromToken(first.algorithm, raw);
  const efSod = issueSod(first, raw);
  const theirs = pkijsSod(signer.certificate.certificate);
  const pkijs = (): Uint8Array => theirs({ dataGroups: card.dataGroups, signature });
  if (!equalBytes(pkijs(), efSod)) throw new Error('pkijs makes another EF.SOD of this card: nothing to compare');
  const verify = (): void => {
    verifySignature(first.algorithm, first.signedAttributes, signer.certificate.publicKey, signature);
  };
  const rounds = Array.from({ length: ROUNDS }, () => {
    const verified = perProcessorSecond(CALLS, verify);
    const all = perProcessorSecond(CALLS, () => issueSod(prepare(), raw));
    return {
      prepared: perProcessorSecond(CALLS, prepare),
      whole: 1 / (1 / all - 1 / verified),
      pkijs: perProcessorSecond(CALLS / 4, pkijs),
    };
  });
  return {
    bytes: efSod.length,
    dataGroups: card.dataGroups.size,
    dataGroupBytes: [...card.dataGroups.values()].reduce((sum, file) => sum + file.length, 0),
    prepared: median(rounds.map(({ prepared }) => prepared)),
    whole: median(rounds.map(({ whole }) => whole)),
    pkijs: median(rounds.map((round) => round.pkijs)),
  };
}
