import { DER, derInteger, derOid } from '#encoder/tlv';

/**
 * What may be wrong with documents (Doc 9303-12 §10.2, id-Deviation-…), and what may be said closer about it: a field of a certificate, a data
 * group, a field of the MRZ. Below id-icao-DeviationList.
 */
export const DEVIATION_TYPES = {
  'document-signer-signature': { oid: '2.23.136.1.1.7.1.1', parameter: 'none' },
  'document-signer-encoding': { oid: '2.23.136.1.1.7.1.2', parameter: 'certificate-field' },
  'csca-encoding': { oid: '2.23.136.1.1.7.1.3', parameter: 'certificate-field' },
  'active-authentication-key-compromised': { oid: '2.23.136.1.1.7.1.4', parameter: 'none' },
  'data-group-malformed': { oid: '2.23.136.1.1.7.2.1', parameter: 'data-group' },
  'data-group-hash-wrong': { oid: '2.23.136.1.1.7.2.2', parameter: 'data-group' },
  'sod-signature-wrong': { oid: '2.23.136.1.1.7.2.3', parameter: 'none' },
  'com-inconsistent': { oid: '2.23.136.1.1.7.2.4', parameter: 'none' },
  'mrz-wrong-data': { oid: '2.23.136.1.1.7.3.1', parameter: 'mrz-field' },
  'mrz-wrong-check-digit': { oid: '2.23.136.1.1.7.3.2', parameter: 'mrz-field' },
  chip: { oid: '2.23.136.1.1.7.4', parameter: 'none' },
  'national-use': { oid: '2.23.136.1.1.7.5', parameter: 'none' },
} as const satisfies Record<string, { readonly oid: string; readonly parameter: ParameterKind }>;

export type ParameterKind = 'none' | 'certificate-field' | 'data-group' | 'mrz-field';
export type DeviationType = keyof typeof DEVIATION_TYPES;

/** CertificateBodyField, MRZField and Datagroup by name; `extension` is the other choice of CertField. */
export const CERTIFICATE_FIELDS = [
  'generic',
  'version',
  'serialNumber',
  'signature',
  'issuer',
  'validity',
  'subject',
  'subjectPublicKeyInfo',
  'issuerUniqueID',
  'subjectUniqueID',
] as const;
export const MRZ_FIELDS = [
  'generic',
  'documentCode',
  'issuingState',
  'personName',
  'documentNumber',
  'nationality',
  'dateOfBirth',
  'sex',
  'dateOfExpiry',
  'optionalData',
] as const;
/** DG1 to DG16 by number; EF.SOD and EF.COM. */
const DATA_GROUPS: ReadonlySet<number> = new Set([...Array.from({ length: 16 }, (_, at) => at + 1), 20, 21]);

/** A kind of deviation with what it is about. The part that does not go with the type does not compile. */
export type DeviationKind = {
  readonly [T in DeviationType]: (typeof DEVIATION_TYPES)[T]['parameter'] extends 'none'
    ? { readonly type: T }
    : (typeof DEVIATION_TYPES)[T]['parameter'] extends 'certificate-field'
      ? { readonly type: T; readonly field?: (typeof CERTIFICATE_FIELDS)[number] | { readonly extension: string } }
      : (typeof DEVIATION_TYPES)[T]['parameter'] extends 'mrz-field'
        ? { readonly type: T; readonly field?: (typeof MRZ_FIELDS)[number] }
        : { readonly type: T; readonly file?: `DG${number}` | 'EF.SOD' | 'EF.COM' };
}[DeviationType];

/** The DER of the parameters; undefined where the kind says nothing closer. Throws `RangeError` for a data group that does not exist. */
export function encodeParameters(kind: DeviationKind): Uint8Array | undefined {
  if ('file' in kind && kind.file !== undefined) {
    const number = kind.file === 'EF.SOD' ? 20 : kind.file === 'EF.COM' ? 21 : Number(kind.file.slice(2));
    if (!DATA_GROUPS.has(number)) throw new RangeError('DG1 to DG16, EF.SOD or EF.COM');
    return derInteger(number);
  }
  if (!('field' in kind) || kind.field === undefined) return undefined;
  if (typeof kind.field === 'object') return derOid(kind.field.extension);
  const names: readonly string[] = DEVIATION_TYPES[kind.type].parameter === 'mrz-field' ? MRZ_FIELDS : CERTIFICATE_FIELDS;
  return derInteger(names.indexOf(kind.field));
}

/** What the parameters of a type may be, as DER: the tags, and the values of the INTEGER. */
export const PARAMETERS: Readonly<Record<ParameterKind, { readonly tags: readonly number[]; readonly values: ReadonlySet<number> }>> = {
  none: { tags: [], values: new Set() },
  'certificate-field': { tags: [DER.INTEGER, DER.OBJECT_IDENTIFIER], values: new Set(CERTIFICATE_FIELDS.keys()) },
  'data-group': { tags: [DER.INTEGER], values: DATA_GROUPS },
  'mrz-field': { tags: [DER.INTEGER], values: new Set(MRZ_FIELDS.keys()) },
};

const BY_OID: ReadonlyMap<string, DeviationType> = new Map(
  (Object.keys(DEVIATION_TYPES) as readonly DeviationType[]).map((type) => [DEVIATION_TYPES[type].oid, type]),
);

export function deviationTypeOf(oid: string): DeviationType | undefined {
  return BY_OID.get(oid);
}
