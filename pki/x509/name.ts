import { fromBER, PrintableString, Sequence, Set as Asn1Set, ObjectIdentifier, Utf8String } from 'asn1js';
import { RelativeDistinguishedNames } from 'pkijs';
import { OID } from './oid.ts';

/** The attributes that Cardmint's certificates use. Doc 9303-12 §7.1.1.1: countryName and commonName MUST be present. */
export interface DistinguishedName {
  /** Two letters, upper case (Doc 9303-3). */
  readonly country: string;
  readonly organization?: string;
  readonly organizationalUnit?: string;
  readonly serialNumber?: string;
  readonly commonName: string;
}

/**
 * countryName and serialNumber are PrintableString, everything else UTF8String (Doc 9303-12 Table 5). One attribute a
 * RelativeDistinguishedName: pkijs by itself would put them all into one SET, which no verifier matches.
 */
export function encodeName(name: DistinguishedName): Uint8Array {
  const attributes: readonly (readonly [string, string | undefined, 'printable' | 'utf8'])[] = [
    [OID.countryName, name.country, 'printable'],
    [OID.organizationName, name.organization, 'utf8'],
    [OID.organizationalUnitName, name.organizationalUnit, 'utf8'],
    [OID.serialNumber, name.serialNumber, 'printable'],
    [OID.commonName, name.commonName, 'utf8'],
  ];
  const value = attributes.flatMap(([type, text, form]) => {
    if (text === undefined) return [];
    const string = form === 'printable' ? new PrintableString({ value: text }) : new Utf8String({ value: text });
    return [new Asn1Set({ value: [new Sequence({ value: [new ObjectIdentifier({ value: type }), string] })] })];
  });
  return new Uint8Array(new Sequence({ value }).toBER());
}

export function nameInDer(name: DistinguishedName | Uint8Array): Uint8Array {
  return name instanceof Uint8Array ? name : encodeName(name);
}

/** A name that is already DER, for pkijs: encoded again it is the same bytes. */
export function parsedName(der: Uint8Array): RelativeDistinguishedNames {
  return new RelativeDistinguishedNames({ schema: fromBER(Uint8Array.from(der).buffer).result });
}
