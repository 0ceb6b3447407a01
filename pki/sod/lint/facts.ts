import { ByteReader, equalBytes } from '#encoder/bytes';
import { readTlv } from '#encoder/tlv';
import { isNamedBy, namedAlgorithm, readSignedData, type NamedAlgorithm, type SignedDataForm, type SignerInfoForm } from '#pki/cms';
import { parseCertificate, subjectKeyIdentifierOf, type Certificate } from '#pki/x509';
import type { SodAlgorithms } from '../algorithms.ts';
import { readLdsForm, type LdsForm } from './lds-form.ts';

/** What a linter is told beside the bytes. */
export interface SodContext {
  /** The files that were signed. */
  readonly dataGroups?: ReadonlyMap<number, Uint8Array>;
  /** What the card profile asks for. */
  readonly algorithms?: SodAlgorithms;
  /** Until when the card must verify (`lastDayOf`). */
  readonly lastDay?: Date;
}

/** What the rules look at. Members that could not be read are undefined: the rule that says so is broken, those about them are not asked. */
export interface SodFacts {
  readonly file: Uint8Array;
  /** Its first data object; the file, where it begins with none. */
  readonly object: Uint8Array;
  readonly context: SodContext;
  readonly data: SignedDataForm | undefined;
  /** The first of `data.signerInfos`. */
  readonly signer: SignerInfoForm | undefined;
  readonly algorithm: NamedAlgorithm | undefined;
  readonly lds: LdsForm | undefined;
  /** Those of the embedded certificates that can be read. */
  readonly certificates: readonly Certificate[];
  /** The one that the signer names; undefined unless it is exactly one. */
  readonly certificate: Certificate | undefined;
}

/** Tag of the template (Doc 9303-10 table 38). */
export const EF_SOD = 0x77;

/** @param known a certificate that was parsed before, so that it is not parsed again for every card that it signs */
export function readFacts(file: Uint8Array, context: SodContext = {}, known?: Certificate): SodFacts {
  const first = readOr(() => readTlv(new ByteReader(file, 'EF.SOD')));
  const data = readOr(() => (first?.tag === EF_SOD ? readSignedData(first.value, 'EF.SOD') : undefined));
  const [signer] = data?.signerInfos ?? [];
  const certificates = (data?.certificates ?? []).flatMap((der) => readCertificate(der, known) ?? []);
  const named =
    signer === undefined
      ? []
      : certificates.filter((certificate) => isNamedBy(signer.sid, certificate) || isKeyNamedBy(signer, certificate));
  return {
    file,
    object: first === undefined ? file : file.subarray(0, (first.offset ?? 0) + first.value.length),
    context,
    data,
    signer,
    algorithm: signer === undefined ? undefined : namedAlgorithm(signer),
    lds: readOr(() => (data?.content === undefined ? undefined : readLdsForm(data.content))),
    certificates,
    certificate: named.length === 1 ? named[0] : undefined,
  };
}

/** A certificate without the extension is known by the key that it has (RFC 5280 §4.2.1.2 method 1). */
function isKeyNamedBy({ sid }: SignerInfoForm, { subjectKeyIdentifier, spki }: Certificate): boolean {
  if ('issuer' in sid || subjectKeyIdentifier !== undefined) return false;
  const identifier = readOr(() => subjectKeyIdentifierOf(spki));
  return identifier !== undefined && equalBytes(sid.subjectKeyIdentifier, identifier);
}

function readCertificate(der: Uint8Array, known: Certificate | undefined): Certificate | undefined {
  return known !== undefined && equalBytes(known.certificate, der) ? known : readOr(() => parseCertificate(der));
}

function readOr<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
