import { X509Certificate } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { fromHex } from '#encoder/bytes';
import { approve } from '#pki/ceremony';
import { readAloud } from '#pki/certificate-request';
import { parseCertificate } from '#pki/x509';
import { plain, table, type CliIo } from '#production/cli';
import {
  ADMISSION,
  admissionContent,
  connectSignerAuthority,
  DESTRUCTION,
  SignerError,
  type SignerAuthorityClient,
} from '#production/signer';
import { approvalsBeside, assertFolder, presentCustodians, readBytes, saveApproval } from './custodian-files.ts';
import { DEFAULT_PLANT_DIR } from './default-config.ts';
import { readRunningPlant, runningPlantFile, signerTokenFile } from './running-plant.ts';
import { wholeNumber } from './whole-number.ts';

interface PlantOption {
  readonly plant?: string;
}

/** The lives of a running plant's Document Signers, as a person follows and decides them. Approvals are files beside what they approve. */
export function registerDocumentSigners(pki: Command, io: CliIo): void {
  const command = (name: string): Command => pki.command(name).option('--plant <folder>', `the running plant (${DEFAULT_PLANT_DIR})`);
  const signer = ({ plant }: PlantOption): SignerAuthorityClient => authorityOf(io, plant);

  command('document-signers')
    .description('every Document Signer: state, budget, cards that hang on it / các khóa ký tài liệu')
    .action(async (options: PlantOption) => {
      const rows = (await signer(options).documentSigners()).map((row) => [
        row.signer.slice(0, 16),
        row.token,
        row.reason === null ? row.state : `${row.state} ${row.reason}`,
        `${row.documents}/${row.documentsMax}`,
        `${row.daysLeft} d`,
        row.cards === null ? '' : `${row.cards} cards`,
      ]);
      io.out(table(rows));
    });
  command('reconcile')
    .description('intents and outcomes against the tokens’ counters / đối soát chữ ký')
    .action(async (options: PlantOption) => {
      const { verdict, keys } = await signer(options).reconcile();
      io.out(table([['verdict', verdict], ...keys.map((key) => [key.signer.slice(0, 16), describe(key)])]));
      if (verdict === 'ROGUE_SIGNATURES' || verdict === 'COUNTER_BEHIND') process.exitCode = 1;
    });
  command('cards')
    .argument('<signer>', 'SHA-256 of the certificate, in hexadecimal')
    .description('the cards that hang on one key, one a line / các thẻ ký bằng một khóa')
    .action(async (hash: string, options: PlantOption) => {
      for await (const page of signer(options).cardsOfSigner(hash.toLowerCase()))
        io.out(page.map(({ number, cardId, result }) => `${number}\t${plain(cardId)}\t${result ?? 'unknown'}\n`).join(''));
    });
  command('request')
    .requiredOption('--token <name>', 'where the keys are made')
    .requiredOption('--country <code>', 'of the subject')
    .requiredOption('--organization <name>', 'of the subject')
    .requiredOption('--name <common name>', 'of the subject; the key’s own digits are added')
    .option('--count <n>', 'how many', wholeNumber(1, 100), 1)
    .option('--out <folder>', 'where the requests land', '.')
    .description('makes keys for Document Signers in a token and writes their PKCS#10 requests / yêu cầu chứng thư')
    .action(async (options: PlantOption & RequestOptions) => {
      const { token, count, country, organization, name, out } = options;
      // A key that was made and whose request is nowhere would be a key in vain.
      assertFolder(resolve(io.cwd, out));
      const subject = { country, organization, commonName: name };
      for (const { keyId, request, readAloud } of await signer(options).requestDocumentSigners({ token, count, subject })) {
        const path = join(resolve(io.cwd, out), `document-signer-${keyId.slice(-8)}.p10`);
        writeFileSync(path, request);
        io.out(`${plain(path)}\n  ${readAloud}\n`);
      }
    });
  command('approve')
    .argument('<what>', `a certificate file to admit, or the hash of a Document Signer to destroy`)
    .option('--issuer <file>', 'a CSCA certificate that is admitted with it')
    .requiredOption('--custodian <file>', 'the person’s own file')
    .option('--passphrase-file <file>', 'instead of asking')
    .description('one person approves an admission or a destruction; the approval is a file / phê duyệt')
    .action(async (what: string, options: ApproveOptions) => {
      const { issuer, custodian, passphraseFile } = options;
      for (const path of [what, issuer]) if (path !== undefined) io.out(shown(path));
      const [person] = await presentCustodians([custodian], passphraseFile === undefined ? [] : [passphraseFile]);
      if (person === undefined) throw new Error('nobody is present');
      const approvable = isHash(what)
        ? { kind: DESTRUCTION, content: fromHex(what) }
        : {
            kind: ADMISSION,
            content: admissionContent({ certificate: readBytes(what), issuers: issuer === undefined ? [] : [readBytes(issuer)] }),
          };
      io.out(
        `${plain(saveApproval(resolve(io.cwd, isHash(what) ? what.toLowerCase() : what), 'approval', approve(person, approvable)))}\n`,
      );
    });
  command('admit')
    .argument('<certificate>', 'DER; the approvals lie beside it')
    .option('--issuer <file>', 'a CSCA certificate that is not trusted here yet')
    .description('a certificate that came back becomes a spare / nhận chứng thư')
    .action(async (certificate: string, options: PlantOption & { readonly issuer?: string }) => {
      const issuers = options.issuer === undefined ? [] : [readBytes(options.issuer)];
      const admission = { certificate: readBytes(certificate), issuers, approvals: approvalsBeside(certificate, 'approval') };
      io.out(`${await signer(options).admitDocumentSigner(admission)}\n`);
    });
  command('import-crl')
    .argument('<file>', 'DER')
    .description('takes a CSCA’s revocation list in / nhận danh sách thu hồi')
    .action(async (file: string, options: PlantOption) => signer(options).importCrl(readBytes(file)));
  command('import-csca')
    .argument('<link>', 'the link certificate, DER')
    .argument('<csca>', 'the new self-signed certificate, DER')
    .description('takes a new CSCA in, under the one that is trusted / nhận CSCA mới')
    .action(async (link: string, csca: string, options: PlantOption) =>
      signer(options).importCscaLink({ link: readBytes(link), csca: readBytes(csca) }),
    );
  command('destroy')
    .argument('<signer>', 'SHA-256 of the certificate; the approvals lie in this folder')
    .option('--out <file>', 'where the evidence lands')
    .description('the end of a key, by two people; the evidence is a JWS / hủy khóa')
    .action(async (hash: string, options: PlantOption & { readonly out?: string }) => {
      const signerHash = hash.toLowerCase();
      if (options.out !== undefined) assertFolder(dirname(resolve(io.cwd, options.out)));
      const evidence = await signer(options).destroyDocumentSigner({
        signerHash,
        approvals: approvalsBeside(resolve(io.cwd, signerHash), 'approval'),
      });
      if (options.out === undefined) io.out(`${evidence}\n`);
      else writeFileSync(resolve(io.cwd, options.out), evidence);
    });
}

interface RequestOptions {
  readonly token: string;
  readonly count: number;
  readonly country: string;
  readonly organization: string;
  readonly name: string;
  readonly out: string;
}

interface ApproveOptions {
  readonly issuer?: string;
  readonly custodian: string;
  readonly passphraseFile?: string;
}

function authorityOf(io: CliIo, folder: string | undefined): SignerAuthorityClient {
  const home = resolve(io.cwd, folder ?? io.env['CARDMINT_PLANT'] ?? DEFAULT_PLANT_DIR);
  if (!existsSync(runningPlantFile(home))) throw new SignerError('SIGNER_UNREACHABLE', { where: home });
  const plant = readRunningPlant(home);
  return connectSignerAuthority({ socketPath: plant.signerSocket, tokenFile: signerTokenFile(plant, 'authority') });
}

/** What a person approves, before they are asked for their passphrase: a certificate's name, its usage period, and the hash to compare aloud. */
function shown(what: string): string {
  if (isHash(what)) return `hủy vĩnh viễn khóa / destroy the key for ever of ${what.toLowerCase()}\n`;
  const der = readBytes(what);
  const { validity, privateKeyUsagePeriod: usage } = parseCertificate(der);
  const [from, to] = [usage?.notBefore ?? validity.notBefore, usage?.notAfter ?? validity.notAfter];
  return `nhận chứng thư / admit ${plain(new X509Certificate(der).subject.replaceAll('\n', ', '))}, ${from.toISOString()} → ${to.toISOString()}\n  SHA-256  ${readAloud(der)}\n`;
}

function isHash(text: string): boolean {
  return /^[0-9A-Fa-f]{64}$/.test(text);
}

function describe(key: Awaited<ReturnType<SignerAuthorityClient['reconcile']>>['keys'][number]): string {
  const { verdict, token, attempts, signed, failed, doubt, unresolved, counter, rogue } = key;
  const books = `token ${token}: attempts ${attempts}, signed ${signed}, failed ${failed}, doubt ${doubt}, unresolved ${unresolved}`;
  return `${verdict}  ${books}${counter === null ? '' : `, counter ${counter}`}${rogue > 0 ? `, rogue ${rogue}` : ''}`;
}
