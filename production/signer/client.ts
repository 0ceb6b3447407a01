import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { Secret } from '#encoder/bytes';
import type { TransportKeys } from '#encoder/drivers';
import type { KeyOwner } from '#encoder/globalplatform';
import { CeremonyError, isCeremonyErrorCode } from '#pki/ceremony';
import type { SignerClient, SignerHealth } from './contract.ts';
import { isSignerErrorCode, SignerError } from './signer-error.ts';
import { fromBase64, toBase64, type RequestName, type RequestOf } from './wire.ts';

/** A token may be slow; beyond this it is down, and the card waits. */
const ANSWER_MS_MAX = 15_000;

/**
 * The signer as another process sees it. `tokenFile` holds that process's identity and is read at each call, so that a
 * signer that made new ones at its start is understood without a restart.
 * Errors: `SignerError` with the signer's own code, or SIGNER_UNREACHABLE; `CeremonyError` for what people's approvals lack.
 */
export function connectSigner(at: SignerAddress): SignerClient {
  const ask = <N extends RequestName>(name: N, body: RequestOf<N>): Promise<Readonly<Record<string, unknown>>> => askSigner(at, name, body);
  return {
    async publicMaterial() {
      const answer = await ask('public-material', {});
      return {
        csca: bytes(answer, 'csca'),
        cscas: manyBytes(answer, 'cscas'),
        links: manyBytes(answer, 'links'),
        documentSigners: manyBytes(answer, 'documentSigners'),
        crl: bytes(answer, 'crl'),
        cvca: bytes(answer, 'cvca'),
        cvcaLinks: manyBytes(answer, 'cvcaLinks'),
        plantSigners: manyBytes(answer, 'plantSigners'),
        birthCertificateSigners: manyBytes(answer, 'birthCertificateSigners'),
        recordKeys: (answer['recordKeys'] as readonly { token: string; publicKey: string }[]).map(({ token, publicKey }) => ({
          token,
          publicKey: fromBase64(publicKey),
        })),
      };
    },
    citizenReference: async (personalNumber) => text(await ask('citizen-reference', { personalNumber }), 'reference'),
    openRecordKey: async (sealedKey, context) => secret(await ask('record-key', { sealedKey: toBase64(sealedKey), context }), 'dataKey'),
    async transportKeys(wanted) {
      const answer = await ask('transport-keys', wanted);
      return { maker: keySet(answer, 'maker'), plant: keySet(answer, 'plant') };
    },
    async securityObject({ cardId, fence, efCom, dataGroups }) {
      const groups = Object.fromEntries([...dataGroups].map(([number, content]) => [String(number), toBase64(content)]));
      return bytes(await ask('security-object', { cardId, fence, efCom: toBase64(efCom), dataGroups: groups }), 'efSod');
    },
    terminalChain: async () => manyBytes(await ask('terminal-chain', {}), 'certificates'),
    signAsTerminal: async ({ data, holder }) => bytes(await ask('terminal-signature', { data: toBase64(data), holder }), 'signature'),
    certifyTerminal: async ({ mnemonic, point }) =>
      manyBytes(await ask('terminal-certificate', { mnemonic, point: toBase64(point) }), 'certificates'),
    signManifest: async ({ consignmentId, manifest }) =>
      bytes(await ask('manifest-signature', { consignmentId, manifest: toBase64(manifest) }), 'signature'),
    signBirthCertificate: async ({ cardId, claims }) => text(await ask('birth-certificate', { cardId, claims: { ...claims } }), 'jws'),
    health: async () => (await ask('health', {})) as unknown as SignerHealth,
  };
}

/** Where the signer is, and who asks. */
export interface SignerAddress {
  readonly socketPath: string;
  readonly tokenFile: string;
}

/** One request. Errors as `connectSigner`. */
export function askSigner<N extends RequestName>(
  at: SignerAddress,
  name: N,
  body: RequestOf<N>,
): Promise<Readonly<Record<string, unknown>>> {
  return call(at, name, body);
}

async function call(at: SignerAddress, name: RequestName, body: unknown): Promise<Readonly<Record<string, unknown>>> {
  const identity = await readFile(at.tokenFile, 'utf8').catch((cause: unknown) => {
    throw new SignerError('SIGNER_UNREACHABLE', { where: name, cause });
  });
  const { status, text: answer } = await post(at.socketPath, name, identity.trim(), JSON.stringify(body));
  const parsed = parse(answer, name);
  if (status === 200) return parsed;
  const code = typeof parsed['code'] === 'string' ? parsed['code'] : '';
  if (isCeremonyErrorCode(code)) {
    const told = (part: unknown): string => (typeof part === 'string' ? part : '');
    throw new CeremonyError(code, { where: told(parsed['where']), detail: told(parsed['detail']) });
  }
  throw new SignerError(isSignerErrorCode(code) ? code : 'SIGNATURE_FAILED', {
    where: name,
    detail: [isSignerErrorCode(code) ? undefined : code, parsed['detail']].filter((part) => typeof part === 'string').join(', '),
  });
}

function post(socketPath: string, name: RequestName, identity: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const unreachable = (cause: unknown): void => reject(new SignerError('SIGNER_UNREACHABLE', { where: name, cause }));
    const outgoing = request(
      {
        socketPath,
        path: `/v1/${name}`,
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${identity}` },
        timeout: ANSWER_MS_MAX,
      },
      (incoming) => {
        const chunks: Uint8Array[] = [];
        incoming.on('data', (chunk: Uint8Array) => chunks.push(chunk));
        incoming.on('error', unreachable);
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', unreachable);
    outgoing.end(body);
  });
}

function parse(answer: string, name: RequestName): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(answer);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Falls through: an answer that is not JSON is no answer.
  }
  throw new SignerError('SIGNER_UNREACHABLE', { where: name, detail: 'the answer is not understood' });
}

function text(answer: Readonly<Record<string, unknown>>, key: string): string {
  const value = answer[key];
  if (typeof value !== 'string') throw new SignerError('SIGNER_UNREACHABLE', { where: key, detail: 'missing in the answer' });
  return value;
}

function bytes(answer: Readonly<Record<string, unknown>>, key: string): Uint8Array {
  return fromBase64(text(answer, key));
}

function keySet(answer: Readonly<Record<string, unknown>>, owner: KeyOwner): TransportKeys {
  const set = answer[owner];
  if (typeof set !== 'object' || set === null)
    throw new SignerError('SIGNER_UNREACHABLE', { where: owner, detail: 'missing in the answer' });
  const { version, ...keys } = set as Readonly<Record<string, unknown>>;
  return { enc: secret(keys, 'enc'), mac: secret(keys, 'mac'), dek: secret(keys, 'dek'), version: Number(version) };
}

function manyBytes(answer: Readonly<Record<string, unknown>>, key: string): readonly Uint8Array[] {
  const values = answer[key];
  if (!Array.isArray(values)) throw new SignerError('SIGNER_UNREACHABLE', { where: key, detail: 'missing in the answer' });
  return values.map((value) => fromBase64(String(value)));
}

function secret(answer: Readonly<Record<string, unknown>>, key: string): Secret {
  return Secret.takeOver(bytes(answer, key));
}
