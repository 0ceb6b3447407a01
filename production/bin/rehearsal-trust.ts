import type { Trust } from '#production/signer';

/** A rehearsal publishes nothing: of the authorities it has the CSCA, and nobody approves anything. */
export function rehearsalTrust(csca: Uint8Array): Trust {
  const none = new Uint8Array();
  return {
    csca: { current: csca, all: [csca], links: [] },
    crl: none,
    cvca: { certificate: none, links: [] },
    quorum: { custodians: [], needed: 2 },
  };
}
