import { sodOneObject } from './rules/sod-one-object.ts';
import { sodInDer } from './rules/sod-in-der.ts';
import { sodSignedData } from './rules/sod-signed-data.ts';
import { sodVersion3 } from './rules/sod-version-3.ts';
import { sodDigestAlgorithmsOfTheSigner } from './rules/sod-digest-algorithms-of-the-signer.ts';
import { sodDigestAlgorithmListed } from './rules/sod-digest-algorithm-listed.ts';
import { sodContentType } from './rules/sod-content-type.ts';
import { sodContentTypeOfIcao } from './rules/sod-content-type-of-icao.ts';
import { sodCertificatesInDerOrder } from './rules/sod-certificates-in-der-order.ts';
import { sodSignerCertificate } from './rules/sod-signer-certificate.ts';
import { sodCertificatesReadable } from './rules/sod-certificates-readable.ts';
import { sodWithoutRevocationLists } from './rules/sod-without-revocation-lists.ts';
import { sodOneSigner } from './rules/sod-one-signer.ts';
import { sodSignerInfoVersion } from './rules/sod-signer-info-version.ts';
import { sodSignerKeyIdentifierCertified } from './rules/sod-signer-key-identifier-certified.ts';
import { sodSignedAttributesPresent } from './rules/sod-signed-attributes-present.ts';
import { sodSignedAttributesInDerOrder } from './rules/sod-signed-attributes-in-der-order.ts';
import { sodContentTypeAttribute } from './rules/sod-content-type-attribute.ts';
import { sodMessageDigest } from './rules/sod-message-digest.ts';
import { sodSigningTime } from './rules/sod-signing-time.ts';
import { sodWithoutUnsignedAttributes } from './rules/sod-without-unsigned-attributes.ts';
import { sodDigestPermitted } from './rules/sod-digest-permitted.ts';
import { sodSignatureAlgorithmPermitted } from './rules/sod-signature-algorithm-permitted.ts';
import { sodSignatureAlgorithmNamesItsHash } from './rules/sod-signature-algorithm-names-its-hash.ts';
import { sodSignatureAlgorithmParameters } from './rules/sod-signature-algorithm-parameters.ts';
import { sodHashesAgree } from './rules/sod-hashes-agree.ts';
import { sodSignatureAlgorithmOfTheKey } from './rules/sod-signature-algorithm-of-the-key.ts';
import { sodDigestParameters } from './rules/sod-digest-parameters.ts';
import { sodAlgorithmsOfTheProfile } from './rules/sod-algorithms-of-the-profile.ts';
import { ldsSecurityObjectForm } from './rules/lds-security-object.ts';
import { ldsVersion } from './rules/lds-version.ts';
import { ldsDigestPermitted } from './rules/lds-digest-permitted.ts';
import { ldsDigestParameters } from './rules/lds-digest-parameters.ts';
import { ldsTwoToSixteenDataGroups } from './rules/lds-two-to-sixteen-data-groups.ts';
import { ldsDataGroupOnce } from './rules/lds-data-group-once.ts';
import { ldsDataGroupsAscending } from './rules/lds-data-groups-ascending.ts';
import { ldsHashLength } from './rules/lds-hash-length.ts';
import { ldsHashOfTheDataGroup } from './rules/lds-hash-of-the-data-group.ts';
import { ldsEveryDataGroup } from './rules/lds-every-data-group.ts';
import { ldsAlgorithmsOfTheProfile } from './rules/lds-algorithms-of-the-profile.ts';
import { sodSignerOutlivesTheCard } from './rules/sod-signer-outlives-the-card.ts';
import { sodDocumentTypeCertified } from './rules/sod-document-type-certified.ts';
import type { SodRule } from './rule.ts';

/** Every rule of EF.SOD, from the outside in. Those of the Document Signer's certificate are `#pki/x509`'s. */
export const SOD_RULES = [
  sodOneObject,
  sodInDer,
  sodSignedData,
  sodVersion3,
  sodDigestAlgorithmsOfTheSigner,
  sodDigestAlgorithmListed,
  sodContentType,
  sodContentTypeOfIcao,
  sodCertificatesInDerOrder,
  sodSignerCertificate,
  sodCertificatesReadable,
  sodWithoutRevocationLists,
  sodOneSigner,
  sodSignerInfoVersion,
  sodSignerKeyIdentifierCertified,
  sodSignedAttributesPresent,
  sodSignedAttributesInDerOrder,
  sodContentTypeAttribute,
  sodMessageDigest,
  sodSigningTime,
  sodWithoutUnsignedAttributes,
  sodDigestPermitted,
  sodSignatureAlgorithmPermitted,
  sodSignatureAlgorithmNamesItsHash,
  sodSignatureAlgorithmParameters,
  sodHashesAgree,
  sodSignatureAlgorithmOfTheKey,
  sodDigestParameters,
  sodAlgorithmsOfTheProfile,
  sodDocumentTypeCertified,
  sodSignerOutlivesTheCard,
  ldsSecurityObjectForm,
  ldsVersion,
  ldsDigestPermitted,
  ldsDigestParameters,
  ldsTwoToSixteenDataGroups,
  ldsDataGroupOnce,
  ldsDataGroupsAscending,
  ldsHashLength,
  ldsHashOfTheDataGroup,
  ldsEveryDataGroup,
  ldsAlgorithmsOfTheProfile,
] as const satisfies readonly SodRule[];

export type SodRuleId = (typeof SOD_RULES)[number]['id'];

/** The closed list of plain deviations: rules that a reader of other States' documents may be told to do without. */
export type SodDeviation = Extract<(typeof SOD_RULES)[number], { readonly tolerable: true }>['id'];

/**
 * What a reader of other States' documents bears by default: all of them but the content type of an early draft, which a reader must ask for by
 * name. None is borne on our own cards.
 */
export const FOREIGN_DEVIATIONS: readonly SodDeviation[] = SOD_RULES.flatMap((rule) =>
  'tolerable' in rule && rule.id !== 'sod-content-type-of-icao' ? [rule.id] : [],
);
