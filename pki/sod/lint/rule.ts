import type { SignedDataForm, SignerInfoForm } from '#pki/cms';
import type { LdsForm } from './lds-form.ts';
import type { SodFacts } from './facts.ts';

interface Common {
  readonly id: string;
  readonly clause: string;
  /**
   * `everyone`: a file that breaks it is refused by whoever reads it. `issuer`: readers must accept both forms, or look at it by another
   * check; only what we sign is asked.
   */
  readonly binds: 'everyone' | 'issuer';
  /** A plain deviation of documents in circulation: it changes nothing about who signed what, and a reader may be told to bear it. */
  readonly tolerable?: true;
  /** What a reader says when it is broken; `SOD_MALFORMED` where nothing else is said. */
  readonly code?: 'SOD_ALGORITHM_UNSUPPORTED' | 'SOD_SIGNER_AMBIGUOUS';
}

/** One rule: its name, where it is written, and whether it holds; asked only where what it is about could be read. */
export type SodRule = Common &
  (
    | { readonly about: 'file'; readonly holds: (facts: SodFacts) => boolean }
    | { readonly about: 'signed-data'; readonly holds: (data: SignedDataForm, facts: SodFacts) => boolean }
    | { readonly about: 'signer-info'; readonly holds: (signer: SignerInfoForm, facts: SodFacts) => boolean }
    | { readonly about: 'security-object'; readonly holds: (lds: LdsForm, facts: SodFacts) => boolean }
  );

export function isBroken(rule: SodRule, facts: SodFacts): boolean {
  switch (rule.about) {
    case 'file':
      return !rule.holds(facts);
    case 'signed-data':
      return facts.data !== undefined && !rule.holds(facts.data, facts);
    case 'signer-info':
      return facts.signer !== undefined && !rule.holds(facts.signer, facts);
    case 'security-object':
      return facts.lds !== undefined && !rule.holds(facts.lds, facts);
  }
}
