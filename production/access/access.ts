import type { Role } from '#production/store';

/** Who is asking, as the bearer token says. */
export interface Identity {
  readonly personId: string;
  readonly roles: readonly Role[];
  /** The one province whose things a `province` person may see. */
  readonly provinceCode: string | null;
}

/** Who may call a route. Every route says so; one that does not stops the boot. */
export type Access = 'public' | readonly Role[];

/** Everybody who works inside the plant; `province` and `registry` are outside it. */
export const PLANT_ROLES = ['operator', 'quality', 'auditor'] as const satisfies readonly Role[];

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly access?: Access;
    /** The body reaches the handler as bytes (`Buffer`), for a file that its own room parses. */
    readonly rawBody?: boolean;
    /** The answer is a file or a stream, so that no response schema guards it. */
    readonly answerIsFile?: boolean;
  }
  interface FastifyRequest {
    /** Null on public routes only. */
    identity: Identity | null;
  }
}

/**
 * The one province whose things this person may see; null means all of them. For a `province` person the rest of the country
 * does not exist (invariant D4), whatever other roles he has.
 */
export function provinceScope(identity: Identity | null): string | null {
  if (identity === null) return '';
  if (identity.provinceCode !== null) return identity.provinceCode;
  // No province has an empty code: whoever is of a province that nobody named sees nothing.
  return identity.roles.includes('province') ? '' : null;
}

/** The person of a route that is not public. */
export function personOf(request: { readonly identity: Identity | null }): Identity {
  if (request.identity === null) throw new Error('a public route asked who is there');
  return request.identity;
}
