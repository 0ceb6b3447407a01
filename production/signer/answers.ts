import { concat, equalBytes, fromHex, Secret, uintBE, utf8 } from '#encoder/bytes';
import { diversificationInputs, KEY_VERSIONS, type KeyOwner } from '#encoder/globalplatform';
import { signDetached } from '#pki/cms';
import { pointOfKey } from '#pki/ec';
import { signJws } from '#pki/jws';
import { openAny } from '#pki/sealed-box';
import { documentSigner, issueSod, prepareSod } from '#pki/sod';
import { parseCertificate } from '#pki/x509';
import { advanceInTransaction, lockClaimed } from '#production/cards';
import { canonicalJson, withTransaction, type Trx } from '#production/store';
import type { CardState } from '#queues/ports';
import { intend, settle, signedBefore } from './intents.ts';
import { codeOf, sha256, signed, type SignerDeps } from './signing.ts';
import { certifyTerminal, signAsTerminal, terminalChain } from './terminal-certificates.ts';
import type { Answers } from './server.ts';
import { SignerError } from './signer-error.ts';
import type { SignerToken } from './token.ts';
import { fromBase64, toBase64 } from './wire.ts';

/** The key in the token from which each owner's keys of a chip are derived. */
const MASTERS = {
  maker: 'transportMaster',
  plant: 'transportMaster', // becomes 'plantMaster' with the ceremony that makes one; the label of its inputs is another already
} as const satisfies Record<KeyOwner, Parameters<SignerToken['cmac']>[0]>;

/** Media type of a birth certificate, without `application/` (RFC 7515 §4.1.9). */
export const BIRTH_CERTIFICATE_TYPE = 'cardmint-birth-certificate+json';

/**
 * What the signer does for each request. Every signature is prepared (built and linted), intended on disk, made in the
 * token, verified with the certificate's key, settled on disk, and only then handed out.
 */
export function createAnswers(deps: SignerDeps): Answers {
  const { token } = deps;
  return {
    'public-material': () =>
      Promise.resolve({
        csca: toBase64(token.material.csca),
        cvca: toBase64(token.material.cvca),
        documentSigners: token.material.documentSigners.map(toBase64),
        crl: toBase64(token.material.crl),
        plantSigner: toBase64(token.material.plantSigner),
        birthCertificateSigner: toBase64(token.material.birthCertificateSigner),
        recordKey: toBase64(token.material.recordKey),
      }),
    health: async () => {
      await token.proveAlive();
      return { token: 'ok' };
    },
    'citizen-reference': async ({ personalNumber }) => {
      const mac = await token.cmac('citizenReference', utf8(personalNumber));
      return { reference: Buffer.from(mac).toString('hex') };
    },
    'record-key': async ({ sealedKey, context }) => {
      const recipient = {
        point: pointOfKey(token.material.recordKey),
        ecdh: (peerPoint: Uint8Array) => token.agree(peerPoint),
      };
      const dataKey = await openAny(fromBase64(sealedKey), recipient, utf8(context));
      return handOut({ dataKey });
    },
    'transport-keys': async ({ cardId, fence, chipId }) => {
      await withTransaction(deps.db, (trx) => proveBound(trx, { cardId, fence, chipId }));
      const keysOf = async (owner: KeyOwner): Promise<Readonly<Record<string, string | number>>> => {
        const inputs = diversificationInputs(fromHex(chipId), owner);
        const derive = async (input: Uint8Array): Promise<Secret> => Secret.takeOver(await token.cmac(MASTERS[owner], input));
        const keys = { enc: await derive(inputs.enc), mac: await derive(inputs.mac), dek: await derive(inputs.dek) };
        return { ...handOut(keys), version: KEY_VERSIONS[owner] };
      };
      return { maker: await keysOf('maker'), plant: await keysOf('plant') };
    },
    'security-object': (request) => securityObject(deps, request),
    'terminal-chain': async () => ({ certificates: (await terminalChain(deps)).map(toBase64) }),
    'terminal-signature': async ({ data }) => ({ signature: toBase64(await signAsTerminal(deps, fromBase64(data))) }),
    'terminal-certificate': async ({ mnemonic, point }) => {
      const key = { curve: token.extendedAccess.inspectionSystem.key.curve, point: fromBase64(point) };
      return { certificates: (await certifyTerminal(deps, { mnemonic, key })).map(toBase64) };
    },
    'manifest-signature': async ({ consignmentId, manifest }) => {
      const content = fromBase64(manifest);
      const certificate = token.material.plantSigner;
      const product = await signed(deps, { kind: 'manifest', subject: consignmentId, content, certificate }, () =>
        signDetached(content, { certificate, sign: (digest) => token.sign('plantSigner', digest) }, deps.clock()),
      );
      return { signature: toBase64(product) };
    },
    'birth-certificate': async ({ cardId, claims }) => {
      const certificate = token.material.birthCertificateSigner;
      const payload = utf8(canonicalJson(claims));
      const product = await signed(deps, { kind: 'birth_certificate', subject: cardId, content: payload, certificate }, async () => {
        const publicKey = parseCertificate(certificate).spki;
        const header = { typ: BIRTH_CERTIFICATE_TYPE, kid: hex(sha256(certificate)) };
        return utf8(await signJws(payload, header, { publicKey, sign: (digest) => token.sign('birthCertificateSigner', digest) }));
      });
      return { jws: Buffer.from(product).toString('utf8') };
    },
  };
}

interface SecurityObjectRequest {
  readonly cardId: string;
  readonly fence: number;
  readonly efCom: string;
  readonly dataGroups: Readonly<Record<string, string>>;
}

/** Steps 7 and 8 of a card's life on the signer's side: SOD_INTENT with the intent, SOD_SIGNED with the result. */
async function securityObject(deps: SignerDeps, request: SecurityObjectRequest): Promise<{ readonly efSod: string }> {
  const { db, token } = deps;
  const claim = { cardId: request.cardId, fence: request.fence };
  const efCom = fromBase64(request.efCom);
  const dataGroups = new Map(Object.entries(request.dataGroups).map(([number, content]) => [Number(number), fromBase64(content)]));
  const intent = {
    kind: 'security_object',
    subject: request.cardId,
    contentHash: contentHash(efCom, dataGroups),
    signerHash: sha256(token.documentSigner),
    fence: request.fence,
  } as const;
  const before = await signedBefore(db, intent);
  if (before !== null) {
    // Signed in an earlier life of the station: the state may still lag behind the outcome, never the other way round.
    await withTransaction(db, (trx) => catchUp(trx, claim, before));
    return { efSod: toBase64(before) };
  }
  const prepared = prepareSod({ efCom, dataGroups, signer: documentSigner(token.documentSigner), at: deps.clock() });
  const intentId = await intend(db, intent, async (trx) => {
    const card = await lockClaimed(trx, claim);
    if (card.state === 'CHIP_OPENED')
      await advanceInTransaction(trx, claim, 'SOD_INTENT', { ldsSecurityObject: hex(prepared.ldsSecurityObjectHash) });
    else if (card.state !== 'SOD_INTENT') throw new SignerError('CARD_NOT_CLAIMED', { where: request.cardId, detail: card.state });
  });
  let efSod: Uint8Array;
  try {
    efSod = issueSod(prepared, await token.sign('documentSigner', prepared.digestToSign));
  } catch (error) {
    await settle(db, intentId, { code: codeOf(error) });
    throw error;
  }
  await settle(db, intentId, { product: efSod }, (trx) => catchUp(trx, claim, efSod));
  return { efSod: toBase64(efSod) };
}

async function catchUp(trx: Trx, claim: { readonly cardId: string; readonly fence: number }, efSod: Uint8Array): Promise<void> {
  const card = await lockClaimed(trx, claim);
  const behind: readonly CardState[] = ['CHIP_OPENED', 'SOD_INTENT'];
  if (!behind.includes(card.state)) return;
  if (card.state === 'CHIP_OPENED') await advanceInTransaction(trx, claim, 'SOD_INTENT', {});
  await advanceInTransaction(trx, claim, 'SOD_SIGNED', { sodSha256: hex(sha256(efSod)) });
}

/** Keys of one chip go to the station that holds the card bound to it, and to nobody else. */
async function proveBound(trx: Trx, request: { readonly cardId: string; readonly fence: number; readonly chipId: string }): Promise<void> {
  const card = await lockClaimed(trx, request);
  const chipId = card.chip_id;
  if (chipId === null || !equalBytes(fromHex(chipId), fromHex(request.chipId)))
    throw new SignerError('CHIP_NOT_BOUND', { where: request.cardId });
}

function handOut(secrets: Readonly<Record<string, Secret>>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, secret] of Object.entries(secrets)) {
    out[name] = toBase64(secret.reveal());
    secret.destroy();
  }
  return out;
}

/** One hash over number, length and content of every file: two different sets of files never collide by their borders. */
function contentHash(efCom: Uint8Array, dataGroups: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const parts = [...dataGroups]
    .toSorted(([a], [b]) => a - b)
    .map(([number, file]) => concat(uintBE(number, 1), uintBE(file.length, 4), file));
  return sha256(concat(uintBE(efCom.length, 4), efCom, ...parts));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
