/** One thing that Passive Authentication looked at; codes are those of whoever looked, and never hold a value from the card. */
export interface PassiveCheck {
  readonly check: string;
  readonly dataGroup?: number;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly code?: string;
  readonly detail?: string;
}

export interface PassiveVerdict {
  readonly good: boolean;
  readonly checks: readonly PassiveCheck[];
}

export interface CardSecurityVerdict extends PassiveVerdict {
  /** The signed SecurityInfos, DER, when the verdict is good. */
  readonly securityInfos?: Uint8Array;
}

/**
 * Passive Authentication as inspection asks for it (Doc 9303-11 §5.1). `pki/sod` does it; this port keeps code that talks to
 * chips away from code that knows certificates. `dataGroups` are the files as read, by number. Bad bytes give a verdict, not an error.
 */
export interface PassiveAuthenticator {
  verify(efSod: Uint8Array, dataGroups: ReadonlyMap<number, Uint8Array>): Promise<PassiveVerdict>;
  /** EF.CardSecurity, which has the key of Chip Authentication Mapping; needed for cards that have it (Doc 9303-11 §4.4.3.5.2). */
  verifyCardSecurity?(file: Uint8Array): Promise<CardSecurityVerdict>;
}
