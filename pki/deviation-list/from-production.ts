import { createHash } from 'node:crypto';
import { derOid, derSequence } from '#encoder/tlv';
import { OID, parseCertificate } from '#pki/x509';
import type { DeviationListContent, DocumentSignerIdentifier } from './content.ts';
import { DeviationListError } from './deviation-list-error.ts';
import { DEVIATION_TYPES, encodeParameters, type DeviationKind } from './deviation-types.ts';

/** What the plant knows of documents that deviate: nobody types numbers. */
export interface ProductionDeviation {
  /** Certificates of the Document Signers that signed them: one deviation each. */
  readonly documentSigners: readonly Uint8Array[];
  /** As in the MRZ: `ID`. */
  readonly documentType: string;
  /** `all` that the signer signed; a `period`; or the `cards` themselves, whose period follows from them. */
  readonly documents:
    | { readonly of: 'all' }
    | { readonly of: 'period'; readonly first: Date; readonly last: Date }
    | {
        readonly of: 'cards';
        readonly cards: readonly { readonly documentNumber: string; readonly issuedAt: Date; readonly documentSigner: Uint8Array }[];
      };
  readonly kind: DeviationKind;
  /** In the letters of a PrintableString: no diacritics. */
  readonly description: string;
}

export type SignerIdentification = 'issuer-and-serial-number' | 'subject-key-identifier' | 'certificate-digest';

/**
 * The content of a Deviation List: for each Document Signer one deviation that names it, the documents and what is wrong with them. With cards,
 * each signer has its own numbers and the period from the first to the last of them; a signer without cards has no deviation.
 *
 * Errors: DEVIATION_INPUT_INVALID.
 */
export function deviationsOf(
  found: readonly ProductionDeviation[],
  identification: SignerIdentification = 'issuer-and-serial-number',
): DeviationListContent {
  const digest = identification === 'certificate-digest' ? { digestAlgorithm: derSequence(derOid(OID.sha256)) } : {};
  return {
    version: 0,
    ...digest,
    deviations: found.flatMap((deviation) =>
      deviation.documentSigners.flatMap((certificate) => {
        const documents = documentsOf(deviation, certificate);
        if (documents === undefined) return [];
        const { documentType, kind, description } = deviation;
        const parameters = encodeParameters(kind);
        return [
          {
            documents: { documentType, documentSigner: identify(certificate, identification), ...documents },
            descriptions: [
              {
                text: printable(description, 'description'),
                type: DEVIATION_TYPES[kind.type].oid,
                ...(parameters === undefined ? {} : { parameters }),
              },
            ],
          },
        ];
      }),
    ),
  };
}

/** The period and the numbers; undefined where none of the cards is of this signer. */
function documentsOf(
  { documents }: ProductionDeviation,
  certificate: Uint8Array,
): { readonly issued?: { readonly first: Date; readonly last: Date }; readonly documentNumbers?: readonly string[] } | undefined {
  if (documents.of === 'all') return {};
  if (documents.of === 'period') {
    if (documents.last < documents.first) throw invalid('the period ends before it begins');
    return { issued: { first: documents.first, last: documents.last } };
  }
  const own = documents.cards.filter(({ documentSigner }) => Buffer.compare(documentSigner, certificate) === 0);
  const times = own.map(({ issuedAt }) => issuedAt).toSorted((a, b) => a.getTime() - b.getTime());
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const documentNumbers = [...new Set(own.map(({ documentNumber }) => printable(documentNumber, 'document number')))];
  return { issued: { first, last }, documentNumbers };
}

function identify(der: Uint8Array, identification: SignerIdentification): DocumentSignerIdentifier {
  const { issuer, serialNumber, subjectKeyIdentifier } = parseCertificate(der);
  if (identification === 'issuer-and-serial-number') return { issuer, serialNumber };
  if (identification === 'certificate-digest') return { certificateDigest: Uint8Array.from(createHash('sha256').update(der).digest()) };
  if (subjectKeyIdentifier === undefined) throw invalid('a Document Signer without subject key identifier');
  return { subjectKeyIdentifier };
}

function printable(text: string, what: string): string {
  if (!/^[A-Za-z0-9 '()+,\-./:=?]+$/.test(text)) throw invalid(`${what} is no PrintableString`);
  return text;
}

function invalid(detail: string): DeviationListError {
  return new DeviationListError('DEVIATION_INPUT_INVALID', { detail });
}
