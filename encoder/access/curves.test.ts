import { describe, expect, test } from 'vitest';
import { decodePoint, EC_DOMAINS, encodePoint, publicPoint, randomScalar, sharedSecretX } from './curves.ts';
import { seeded } from './testing.ts';

describe('two implementations agree on every curve of Doc 9303-11 table 12 that is known here', () => {
  test.each(Object.values(EC_DOMAINS).map((domain) => [domain.name, domain] as const))('%s', (_name, domain) => {
    const random = seeded(domain.parameterId);
    const [own, other] = [randomScalar(domain, random), randomScalar(domain, random)];
    expect(publicPoint(domain, own)).toEqual(encodePoint(domain.Point.BASE.multiply(own)));
    expect(publicPoint(domain, 1n)).toEqual(encodePoint(domain.Point.BASE));
    // A generator that is not the curve's own, as under PACE.
    const mapped = domain.Point.BASE.multiply(other);
    expect(sharedSecretX(domain, own, mapped)).toEqual(encodePoint(mapped.multiply(own)).slice(1, 1 + domain.size));
    const offCurve = encodePoint(mapped);
    const last = offCurve.length - 1;
    offCurve[last] = (offCurve[last] ?? 0) ^ 1;
    expect(() => decodePoint(domain, offCurve, 'test')).toThrow(/ACCESS_POINT_INVALID/);
  });
});
