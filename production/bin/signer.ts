/**
 * The signer: the only process that has tokens, each in a process of its own below it. It takes the keys from the minutes of the plant's
 * ceremonies, proves at every start that each living token still has its own, and answers its small API.
 */
import { profileById, type CardProfile } from '#encoder/profiles';
import { assertLineKeys } from '#pki/ceremony';
import type { HostedEvent } from '#pki/hsm';
import type { Logger } from '#production/logging';
import { secretFile, type PlantToken } from '#production/plant';
import {
  admitFromCeremony,
  createAnswers,
  quarantineRevoked,
  reconcileDaily,
  serveSigner,
  signingOf,
  type NewDocumentSigner,
  type SignerClientIdentity,
  type SignerDeps,
  type SignerToken,
} from '#production/signer';
import { hostToken, refuseMock } from './host-token.ts';
import { ceremonyOf, documentSignersOf, lineToken, trustOf } from './line-token.ts';
import { runProcess } from './process.ts';
import { assertSignedAsProfiled } from './plant-profile.ts';
import { openToken, rememberRefusal } from './refused-pin.ts';
import { openPlantDatabase, signerTokenFile, type RunningPlant } from './running-plant.ts';

const CALLERS: readonly SignerClientIdentity[] = ['api', 'line', 'inspector', 'worker', 'authority'];
const CONNECTIONS = 6;

await runProcess('signer', async (plant, log) => {
  const ceremony = await ceremonyOf(plant.plantDir);
  const signers = documentSignersOf(ceremony);
  const profile = profileById(plant.profile);
  assertSignedAsProfiled(profile, signers);
  const named = plant.tokens.filter(({ name }) => ceremony.lineTokens[name] !== undefined);
  const hosted = named.map((token) => {
    const refused = rememberRefusal({ plantDir: plant.plantDir, ...token });
    const onEvent = (event: HostedEvent): void => {
      told(log, token, event);
      if (event.state === 'pin-refused') refused();
    };
    return { token, hsm: hostToken(token, { onEvent }) };
  });
  const tokens = hosted.flatMap(({ token: { name }, hsm }) => {
    const keys = ceremony.lineTokens[name];
    return keys === undefined ? [] : [lineToken(hsm, name, keys)];
  });
  const closeTokens = async (): Promise<void> => void (await Promise.all(hosted.map(({ hsm }) => hsm.close())));
  try {
    await openThoseThatLive(
      hosted.map(({ token, hsm }) => async () => {
        await openToken(hsm, { plantDir: plant.plantDir, ...token });
        refuseMock(hsm, token.name);
        const keys = ceremony.lineTokens[token.name];
        if (keys !== undefined) await assertLineKeys(token.name, keys, hsm);
      }),
      (error) => log.error({ event: 'token_not_opened', err: error }, 'a token is not there; the signer works with the others'),
    );
    const db = await openPlantDatabase(plant, 'signer', CONNECTIONS);
    await admitFromCeremony(db, await withCounters(signers, tokens));
    await quarantineRevoked(db, trustOf(ceremony));
    const onToken = (service: string, code: string): void =>
      log.warn({ event: 'token_standing', service, code }, 'a token is out, or back');
    const deps: SignerDeps = { db, tokens, trust: trustOf(ceremony), cards: cardsMade(profile), clock: () => new Date(), onToken };
    const signing = signingOf(deps);
    // A token that did not open is known to be out before the first card asks for it.
    await signing.tokens.probe();
    const reconciling = reconcileDaily(deps, signing, log);
    const server = await serveSigner(plant.signerSocket, { answers: createAnswers(deps, signing), identities: identities(plant), log });
    return {
      async stop() {
        await server.close();
        reconciling.stop();
        await db.destroy();
        await closeTokens();
      },
    };
  } catch (error) {
    await closeTokens();
    throw error;
  }
});

/** What each key's counter says when it is admitted: what the token signs from then on is the signer's. Undefined where it has none. */
async function withCounters(signers: readonly NewDocumentSigner[], tokens: readonly SignerToken[]): Promise<readonly NewDocumentSigner[]> {
  const counterOf = async ({ token, ...key }: NewDocumentSigner): Promise<number | undefined> =>
    tokens
      .find(({ name }) => name === token)
      ?.signaturesOf(key)
      .catch(() => undefined);
  return Promise.all(signers.map(async (signer) => ({ ...signer, counter: await counterOf(signer) })));
}

function cardsMade({ mrz, validity, algorithms }: CardProfile): NonNullable<SignerDeps['cards']> {
  return { documentTypes: [mrz.documentCode], technicalLifeYears: validity.technicalLifeYears, algorithms: algorithms.sod };
}

/** One token that lives is enough to work; with none, the first failure is the answer. */
async function openThoseThatLive(opens: readonly (() => Promise<void>)[], onFailure: (error: unknown) => void): Promise<void> {
  const failures = (await Promise.allSettled(opens.map((open) => open()))).flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (failures.length === opens.length) throw failures[0];
  failures.forEach(onFailure);
}

function told(log: Logger, token: PlantToken, { state, cause }: HostedEvent): void {
  const fields = { event: 'token_state', service: `token-${token.name}`, code: typeof state === 'string' ? state : 'breaker-open' };
  if (cause === undefined) log.info(fields, 'a token changed its state');
  else log.error({ ...fields, err: cause }, 'a token failed');
}

/** One token a caller, made once and kept; its file can be read by the plant's own user only. */
function identities(plant: RunningPlant): Readonly<Record<SignerClientIdentity, string>> {
  const entries = CALLERS.map((caller) => {
    const token = secretFile(signerTokenFile(plant, caller));
    return [caller, Buffer.from(token.reveal()).toString('utf8').trim()] as const;
  });
  return Object.fromEntries(entries) as Record<SignerClientIdentity, string>;
}
