import { decodeOnly, enter, tlv } from '#encoder/tlv';
import { encodeTemplates, readTemplates, type BiometricTemplate, type TemplateRules } from './biometric-template.ts';

/** What DG3 and DG4 have in common: biometrics that a document may have none of (Doc 9303-10 §4.7.3.2.2 and §4.7.4.2.2). */
export interface AdditionalBiometrics<T> {
  readonly templates: readonly BiometricTemplate<T>[];
  /**
   * 53: content of the issuer's own, recommended where there are no templates, so that not all documents without them
   * have one hash: random bytes.
   */
  readonly issuerContent?: Uint8Array;
}

export function encodeAdditionalBiometrics<T>(
  tag: number,
  { templates, issuerContent }: AdditionalBiometrics<T>,
  rules: TemplateRules<T>,
): Uint8Array {
  if (issuerContent === undefined) return tlv(tag, encodeTemplates(templates, rules));
  if (templates.length > 0) throw new RangeError('content of the issuer stands only where there are no templates');
  return tlv(tag, encodeTemplates(templates, rules), tlv(0x53, issuerContent));
}

export function decodeAdditionalBiometrics<T>(
  bytes: Uint8Array,
  tag: number,
  path: string,
  rules: TemplateRules<T>,
): AdditionalBiometrics<T> {
  const outer = decodeOnly(bytes, tag, path);
  const templates = readTemplates(outer, rules);
  const withContent = templates.length === 0 && outer.remaining > 0;
  const issuerContent = withContent ? { issuerContent: enter(outer, 0x53).rest() } : {};
  outer.end();
  return { templates, ...issuerContent };
}
