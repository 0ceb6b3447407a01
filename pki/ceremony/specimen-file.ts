import { toHex } from '#encoder/bytes';
import type { Custodian } from './approval.ts';
import type { CeremonyHead } from './file.ts';

/** The demo's names: they cannot be taken for a State's. C=VN because the cards say so. */
const SPECIMEN = { country: 'VN', organization: 'Cardmint Specimen', organizationalUnit: 'SPECIMEN - not a State authority' } as const;

const LIST_SIGNER = { curve: 'brainpoolP384r1', usageDays: 365, validDays: 730 } as const;

/** What every specimen ceremony says of itself; a later one takes it over with an identifier, a purpose and steps of its own. */
export function specimenHead(
  custodians: readonly Custodian[],
  {
    id,
    purpose,
    needed,
    tokens,
  }: { readonly id: string; readonly purpose: string; readonly needed: number; readonly tokens: readonly string[] },
): Omit<CeremonyHead, 'steps'> {
  return {
    format: 'cardmint-ceremony/1',
    id,
    purpose,
    quorum: { needed, people: custodians.map(({ id: person, name, publicKey }) => ({ id: person, name, publicKey: toHex(publicKey) })) },
    tokens: ['authority', ...tokens],
    issuing: {
      mrzCountry: 'VNM',
      crlUrls: ['https://specimen.cardmint.invalid/crl/VNM.crl'],
      documentTypes: ['ID'],
      technicalLifeYears: 25,
    },
  };
}

/**
 * The demo's first ceremony as a file. The CSCA signs for five years (Doc 9303-12 Table 1: three to five), each Document Signer for 90
 * days; each line token gets `documentSigners` of them: those that sign, and a spare.
 */
export function specimenCeremony(options: {
  readonly custodians: readonly Custodian[];
  readonly needed: number;
  /** Line tokens. */
  readonly tokens: readonly string[];
  readonly documentSigners?: number;
  /** Of the chip maker's transport master, as on the maker's paper: AES over a zero block. */
  readonly transportMasterKcv: string;
}): string {
  const { custodians, needed, tokens, documentSigners = 3, transportMasterKcv } = options;
  const named = (commonName: string) => ({ ...SPECIMEN, commonName });
  const purpose = 'Keys of the specimen plant: no State stands behind them. Khóa mẫu: không phải của Nhà nước.';
  const steps = [
    {
      step: 'make-csca',
      id: 'csca',
      name: named('CSCA Cardmint SPECIMEN Vietnam'),
      key: { curve: 'brainpoolP512r1' },
      usageYears: 5,
      documentSignerDays: 90,
    },
    { step: 'make-cvca', id: 'cvca', country: 'VN', mnemonic: 'SPECIMEN', curve: 'brainpoolP256r1', years: 3 },
    ...tokens.map((token) => ({
      step: 'make-line-keys',
      id: `line-${token}`,
      token,
      plantSigner: named(`Cardmint SPECIMEN plant manifest signer ${token.toUpperCase()}`),
      birthCertificateSigner: named(`Cardmint SPECIMEN birth certificate signer ${token.toUpperCase()}`),
      signerYears: 2,
      documentVerifier: { country: 'VN', mnemonic: `SPECDV${token.toUpperCase()}`.slice(0, 9), days: 90 },
      unwrappingKeyBits: 3072,
    })),
    { step: 'import-shared-keys', id: 'shared', tokens, transportMaster: { kcv: transportMasterKcv } },
    ...tokens.map((token) => ({
      step: 'make-document-signers',
      id: `signers-${token}`,
      token,
      name: named(`DS Cardmint SPECIMEN ${token.toUpperCase()}`),
      firstNumber: 1,
      count: documentSigners,
      key: { curve: 'brainpoolP384r1' },
      usageDays: 90,
    })),
    { step: 'issue-crl', id: 'crl', days: 90, revoked: [] },
    // The next CSCA is made long before it is needed, so that its certificate is with everybody in time.
    {
      step: 'roll-over-csca',
      id: 'csca-2',
      name: named('CSCA Cardmint SPECIMEN Vietnam 2'),
      key: { curve: 'brainpoolP512r1' },
      usageYears: 5,
      documentSignerDays: 90,
      restHours: 48,
    },
    { step: 'make-master-list-signer', id: 'master-list-signer', name: named('Master List Signer Cardmint SPECIMEN'), ...LIST_SIGNER },
    { step: 'issue-master-list', id: 'master-list', foreign: [] },
    {
      step: 'make-deviation-list-signer',
      id: 'deviation-list-signer',
      name: named('Deviation List Signer Cardmint SPECIMEN'),
      ...LIST_SIGNER,
    },
  ];
  const file = { ...specimenHead(custodians, { id: 'specimen', purpose, needed, tokens }), steps };
  return `${JSON.stringify(file, null, 2)}\n`;
}
