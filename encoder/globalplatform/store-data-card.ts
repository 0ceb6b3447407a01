import { type ParsedCommandApdu, StatusWord } from '#encoder/apdu';
import { concat, DecodeError } from '#encoder/bytes';
import { decodeDataGroupings, type DataGrouping } from './data-grouping.ts';
import { STORE_DATA_P1 } from './personalisation-commands.ts';

/** After the last block there are groupings, until then and after a refusal none. */
export interface StoreDataOutcome {
  readonly sw: number;
  readonly groupings?: readonly DataGrouping[];
}

/**
 * The card's end of one STORE DATA sequence (GPC v2.3.1 §11.11): blocks in the order of P2 from 0, each under its own P1. Block 0 begins anew;
 * a refusal forgets what came before. It answers with status words and never throws on what a terminal sends.
 */
export class StoreDataSequence {
  readonly #bytesMax: number;
  readonly #structure: number;
  #next = 0;
  #bytes = 0;
  /** Blocks in a row that P1 says the same of: a grouping never runs from encrypted into other blocks. */
  #runs: { readonly encrypted: boolean; readonly blocks: Uint8Array[] }[] = [];

  /** `bytesMax` is the chip's buffer; `structure` as in `StoreDataOptions`. */
  constructor(bytesMax: number, structure: 'dgi' | 'none' = 'dgi') {
    this.#bytesMax = bytesMax;
    this.#structure = structure === 'dgi' ? STORE_DATA_P1.DGI : 0;
  }

  take({ p1, p2, data }: ParsedCommandApdu): StoreDataOutcome {
    if (p2 === 0) this.#forget();
    const encryption = p1 & STORE_DATA_P1.ENCRYPTED;
    const known = encryption === 0 || encryption === STORE_DATA_P1.ENCRYPTED;
    if ((p1 & STORE_DATA_P1.STRUCTURE) !== this.#structure || !known || p2 !== this.#next) return this.#refuse(StatusWord.INCORRECT_P1_P2);
    this.#bytes += data.length;
    if (this.#bytes > this.#bytesMax) return this.#refuse(StatusWord.NOT_ENOUGH_MEMORY);
    this.#next += 1;
    const encrypted = encryption !== 0;
    const run = this.#runs.at(-1);
    if (run?.encrypted === encrypted) run.blocks.push(data);
    else this.#runs.push({ encrypted, blocks: [data] });
    return (p1 & STORE_DATA_P1.LAST) === 0 ? { sw: StatusWord.SUCCESS } : this.#finish();
  }

  #finish(): StoreDataOutcome {
    try {
      const groupings = this.#runs.flatMap(({ encrypted, blocks }) =>
        decodeDataGroupings(concat(...blocks)).map((grouping) => (encrypted ? { ...grouping, encrypted } : grouping)),
      );
      this.#forget();
      return { sw: StatusWord.SUCCESS, groupings };
    } catch (error) {
      if (error instanceof DecodeError) return this.#refuse(StatusWord.WRONG_DATA);
      throw error;
    }
  }

  #refuse(sw: number): StoreDataOutcome {
    this.#forget();
    return { sw };
  }

  #forget(): void {
    this.#next = 0;
    this.#bytes = 0;
    this.#runs = [];
  }
}
