import type { CardLedger, Claim } from '#queues/ports';

export interface LeaseHolding {
  /** A third of the lease, so that one renewal may fail. */
  readonly everyMs: number;
  /** After so long nobody renews any more: a station that hangs with a living clock must not keep its card for ever. */
  readonly forMs: number;
}

/**
 * The same ledger, with every lease prolonged from its claim to its release: one slow command (a chip that makes its RSA key on a busy
 * machine, a face that is being rendered) does not lose the card to the sweeper. A lease that was lost is not asked for again.
 */
export function holdLeases(ledger: CardLedger, holding: LeaseHolding): CardLedger {
  const held = new Map<string, { readonly fence: number; readonly timer: NodeJS.Timeout }>();
  const letGo = (claim: Pick<Claim, 'cardId' | 'fence'>): void => {
    const lease = held.get(claim.cardId);
    if (lease === undefined || lease.fence !== claim.fence) return;
    clearInterval(lease.timer);
    held.delete(claim.cardId);
  };
  const hold = (claim: Claim): void => {
    clearInterval(held.get(claim.cardId)?.timer);
    const until = performance.now() + holding.forMs;
    const timer = setInterval(() => {
      if (performance.now() > until) letGo(claim);
      // Whoever works on the card meets the lost fence at his next entry; an outage is the next renewal's to outlast.
      else void ledger.renew(claim).catch((error: unknown) => (isLost(error) ? letGo(claim) : undefined));
    }, holding.everyMs);
    timer.unref();
    held.set(claim.cardId, { fence: claim.fence, timer });
  };
  return Object.freeze<CardLedger>({
    ...ledger,
    async claim(request) {
      const claimed = await ledger.claim(request);
      if (typeof claimed !== 'string') hold(claimed.claim);
      return claimed;
    },
    async release(claim) {
      letGo(claim);
      await ledger.release(claim);
    },
  });
}

function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'FENCE_LOST';
}
