import { equalBytes, fromHex, Secret, utf8 } from '#encoder/bytes';
import { diversificationInputs, KEY_VERSIONS, type KeyOwner } from '#encoder/globalplatform';
import { signDetached } from '#pki/cms';
import { pointOfKey } from '#pki/ec';
import { signJws } from '#pki/jws';
import { openAny, SealedBoxError } from '#pki/sealed-box';
import { parseCertificate } from '#pki/x509';
import { lockClaimed } from '#production/cards';
import { canonicalJson, withTransaction, type Trx } from '#production/store';
import { authorityAnswers } from './authority-answers.ts';
import { allDocumentSigners } from './document-signers.ts';
import { hex, sha256 } from './hashes.ts';
import { healthOf } from './health.ts';
import { securityObject } from './security-object.ts';
import { signed, signingOf, type SignerDeps, type Signing } from './signing.ts';
import { certifyTerminal, isTerminalOf, signAsTerminal, terminalChain } from './terminal-certificates.ts';
import type { Answers } from './server.ts';
import { SignerError } from './signer-error.ts';
import type { SignerToken } from './token.ts';
import { currentTrust } from './trust.ts';
import { fromBase64, toBase64 } from './wire.ts';

/** Media type of a birth certificate, without `application/` (RFC 7515 §4.1.9). */
export const BIRTH_CERTIFICATE_TYPE = 'cardmint-birth-certificate+json';

/**
 * What the signer does for each request. Every signature is prepared (built and linted), intended on disk, made in a token, verified
 * with the certificate's key, settled on disk, and only then handed out. What every token can do is done by the first that lives; with none
 * alive the answer is TOKEN_UNAVAILABLE, and cards wait: there is no key outside the tokens (invariant P13).
 */
export function createAnswers(deps: SignerDeps, signing: Signing = signingOf(deps)): Answers {
  const { tokens } = signing;
  return {
    ...authorityAnswers(deps, signing),
    'public-material': async () => publicMaterial(deps, signing),
    health: async () => ({ ...(await healthOf(deps, signing)) }),
    'citizen-reference': async ({ personalNumber }) => {
      const mac = await tokens.first((token) => token.cmac('citizenReference', utf8(personalNumber)));
      return { reference: hex(mac) };
    },
    'record-key': async ({ sealedKey, context }) =>
      handOut({ dataKey: await openRecordKey(signing, fromBase64(sealedKey), utf8(context)) }),
    'transport-keys': async ({ cardId, fence, chipId }) => {
      await withTransaction(deps.db, (trx) => proveBound(trx, { cardId, fence, chipId }));
      return tokens.first(async (token) => ({
        maker: await keySet(token, chipId, 'maker'),
        plant: await keySet(token, chipId, 'plant'),
      }));
    },
    'security-object': async ({ cardId, fence, ...files }) => {
      const dataGroups = new Map(Object.entries(files.dataGroups).map(([number, content]) => [Number(number), fromBase64(content)]));
      const request = { cardId, fence, efCom: fromBase64(files.efCom), dataGroups };
      const at = deps.clock();
      const efSod = await securityObject(signing, request, { rehearsal: await signing.signers.any(at), at, cards: deps.cards });
      await signing.reached('before-reply');
      return { efSod: toBase64(efSod) };
    },
    'terminal-chain': async () => {
      const chain = await tokens.first((token) => terminalChain(deps, signing, token));
      return { certificates: [...deps.trust.cvca.links, ...chain].map(toBase64) };
    },
    'terminal-signature': async ({ data, holder }) => {
      const sign = (token: SignerToken): Promise<Uint8Array> => signAsTerminal(deps, signing, token, fromBase64(data));
      return { signature: toBase64(await tokens.first(sign, (token) => isTerminalOf(token, holder))) };
    },
    'terminal-certificate': async ({ mnemonic, point }) => {
      const chain = await tokens.first((token) => {
        const key = { curve: token.extendedAccess.inspectionSystem.key.curve, point: fromBase64(point) };
        return certifyTerminal(deps, signing, token, { mnemonic, key });
      });
      return { certificates: chain.map(toBase64) };
    },
    'manifest-signature': async ({ consignmentId, manifest }) => {
      const content = fromBase64(manifest);
      const product = await tokens.first((token) => {
        const certificate = token.material.plantSigner;
        return signed(signing, {
          kind: 'manifest',
          subject: consignmentId,
          content,
          signer: certificate,
          sign: () => signDetached(content, { certificate, sign: (digest) => token.sign('plantSigner', digest) }, deps.clock()),
        });
      });
      return { signature: toBase64(product) };
    },
    'birth-certificate': async ({ cardId, claims }) => {
      const payload = utf8(canonicalJson(claims));
      const product = await tokens.first((token) => {
        const certificate = token.material.birthCertificateSigner;
        const publicKey = parseCertificate(certificate).spki;
        const header = { typ: BIRTH_CERTIFICATE_TYPE, kid: hex(sha256(certificate)) };
        const sign = (digest: Uint8Array): Promise<Uint8Array> => token.sign('birthCertificateSigner', digest);
        return signed(signing, {
          kind: 'birth_certificate',
          subject: cardId,
          content: payload,
          signer: certificate,
          sign: async () => utf8(await signJws(payload, header, { publicKey, sign })),
        });
      });
      return { jws: Buffer.from(product).toString('utf8') };
    },
  };
}

async function publicMaterial(deps: SignerDeps, { tokens }: Signing): Promise<Readonly<Record<string, unknown>>> {
  const trust = await currentTrust(deps.db, deps.trust);
  const signers = (await allDocumentSigners(deps.db)).filter(({ state }) => state !== 'destroyed');
  return {
    csca: toBase64(trust.csca.current),
    cscas: trust.csca.all.map(toBase64),
    links: trust.csca.links.map(toBase64),
    documentSigners: signers.map(({ certificate }) => toBase64(certificate)),
    crl: toBase64(trust.crl),
    cvca: toBase64(trust.cvca.certificate),
    cvcaLinks: trust.cvca.links.map(toBase64),
    plantSigners: tokens.all.map(({ material }) => toBase64(material.plantSigner)),
    birthCertificateSigners: tokens.all.map(({ material }) => toBase64(material.birthCertificateSigner)),
    recordKeys: tokens.all.map(({ name, material }) => ({ token: name, publicKey: toBase64(material.recordKey) })),
  };
}

/** Opened by the first living token that has a box in it; one that has none is left alone. */
async function openRecordKey({ tokens }: Signing, sealed: Uint8Array, context: Uint8Array): Promise<Secret> {
  let closed: unknown;
  const tried = new Set<string>();
  for (;;) {
    const opened = await tokens
      .first(
        async (token) => {
          const opener = { point: pointOfKey(token.material.recordKey), ecdh: (peerPoint: Uint8Array) => token.agree(peerPoint) };
          tried.add(token.name);
          return openAny(sealed, opener, context);
        },
        (token) => !tried.has(token.name),
      )
      .catch((error: unknown) => {
        // Its box is of another token: an old one for one key alone, or one from before this token was there.
        if (error instanceof SealedBoxError) closed = error;
        else throw tokens.all.every((token) => tokens.standingOf(token) === 'ok') ? (closed ?? error) : error;
        return undefined;
      });
    if (opened !== undefined) return opened;
  }
}

/** Of one chip, from the master of whoever owns them: two keys that the tokens have alike. */
async function keySet(token: SignerToken, chipId: string, owner: KeyOwner): Promise<Readonly<Record<string, string | number>>> {
  const inputs = diversificationInputs(fromHex(chipId), owner);
  const master = owner === 'plant' ? 'plantMaster' : 'transportMaster';
  const derive = async (input: Uint8Array): Promise<Secret> => Secret.takeOver(await token.cmac(master, input));
  const keys = { enc: await derive(inputs.enc), mac: await derive(inputs.mac), dek: await derive(inputs.dek) };
  return { ...handOut(keys), version: KEY_VERSIONS[owner] };
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
