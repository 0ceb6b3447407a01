/**
 * Compact JWS (RFC 7515), one algorithm, ES256 (RFC 7518 §3.4): birth certificates. Nothing is negotiated: the verifier says which key and
 * which type, and a header that says anything else is refused.
 */
export { JwsError, signJws, verifyJws, type JwsErrorCode, type JwsSigner } from './jws.ts';
