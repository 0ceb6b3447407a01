import { randomBytes, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes, Secret, toHex } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { pointOfKey } from '#pki/ec';
import type { EcKey, SigningKey } from '#pki/hsm';
import { documentSigner, prepareSod } from '#pki/sod';
import { openedCards, type CardToSign, type OpenedCard } from '#production/bench';
import { admitFromCeremony, connectSigner, reconcile, SIGNING_POINTS, signingOf, type SigningPoint } from '#production/signer';
import type { DatabaseConnection } from '#production/store';
import { booksFaults, type SignatureSeen } from './signer-sweep-books.ts';
import { startVictim, type Victim } from './signer-sweep-victim.ts';
import { rehearsalToken } from './rehearsal-token.ts';
import { throwawayAuthority } from './throwaway-authority.ts';
import { startThrowawayDatabase } from './throwaway-database.ts';
import type { ThrowawayHome } from './throwaway-home.ts';

/** What the process under the hammer is told, one line each. */
export type SweepOrder =
  | {
      readonly order: 'serve';
      readonly socketPath: string;
      /** What the station shows. */
      readonly identity: string;
      readonly connection: DatabaseConnection;
      readonly token: string;
      /** Hex. */
      readonly pin: string;
      readonly csca: string;
    }
  | { readonly order: 'arm'; readonly point: SigningPoint; readonly arrival: number };

/** Where it is killed: at a named point, or at a moment that nobody chose. */
export const SWEEP_POINTS = [...SIGNING_POINTS, 'any-moment'] as const;
type SweepPoint = (typeof SWEEP_POINTS)[number];

export interface SweepReport {
  readonly points: number;
  /** How often it was killed at each point. */
  readonly kills: ReadonlyMap<string, number>;
  readonly cards: number;
  readonly signatures: number;
  readonly doubts: number;
  /** Signatures that no intent accounts for. */
  readonly orphans: number;
  /** Everything else that must not be, in words. */
  readonly violations: readonly string[];
  /** Of the daily reconciliation, with the token's counter. */
  readonly reconciliation: string;
}

const TOKEN = 'a';
const DOCUMENT_SIGNERS = 3;
/** Cards asked for at once: their intents and outcomes are of one group, or of several. */
const AT_ONCE_MAX = 4;
/** Within it a kill at any moment falls somewhere into the signing of a few cards. */
const MOMENT_MS_MAX = 120;

/** The port, with what it signed on record: the alibi that outlives every killed signer. */
class RecordingHsm extends SoftwareHsm {
  readonly seen: SignatureSeen[] = [];

  override async sign(key: SigningKey, digest: Uint8Array): Promise<Uint8Array> {
    const signature = await super.sign(key, digest);
    this.seen.push({ keyId: toHex(key.keyId), digest: toHex(digest) });
    return signature;
  }
}

/**
 * Kills a real signer process at every point of a signature, again and again, and asks it for the same cards until each has its EF.SOD. Then
 * compares: what the token signed, what the books say, what the stations were given.
 * @param program what Node runs as the signer; the built one unless told
 */
export async function sweepSigner(
  home: ThrowawayHome,
  card: CardToSign,
  options: { readonly points: number; readonly program?: readonly string[]; readonly said?: (done: number) => void },
): Promise<SweepReport> {
  const { folder, atEnd } = home;
  const database = await startThrowawayDatabase(folder);
  atEnd(() => database.stop());
  const { db } = database;
  const pin = randomBytes(16);
  const hsm = new RecordingHsm({ pin: new Secret(pin) });
  await hsm.open(new Secret(pin));
  const token = rehearsalToken(TOKEN, hsm);
  const authority = await throwawayAuthority(new Date());
  const certificates: Uint8Array[] = [];
  for (let number = 1; number <= DOCUMENT_SIGNERS; number += 1) {
    const { keyId, spki } = await token.makeDocumentSignerKey({ label: `ds-${number}` });
    const certificate = await authority.certify(pointOfKey(spki), number);
    certificates.push(certificate);
    const counter = await hsm.signaturesOf({ keyId } satisfies Pick<EcKey, 'keyId'>);
    await admitFromCeremony(db, [{ token: TOKEN, keyId, certificate, counter }]);
  }

  const [certificate = new Uint8Array()] = certificates;
  const signer = documentSigner(certificate);
  const identity = randomBytes(32).toString('hex');
  const tokenFile = join(folder, 'station.token');
  writeFileSync(tokenFile, identity, { mode: 0o600 });
  const socketPath = join(folder, 'run', 'sweep.sock');
  const client = connectSigner({ socketPath, tokenFile });
  const start = (): Promise<Victim> =>
    startVictim(hsm, options.program, {
      order: 'serve',
      socketPath,
      identity,
      connection: database.connection,
      token: TOKEN,
      pin: pin.toString('hex'),
      csca: toHex(authority.csca),
    });

  const given = new Map<string, Uint8Array>();
  const violations: string[] = [];
  const kills = new Map<string, number>();
  const contents = new Map<string, CardToSign>();
  const expected = new Map<string, { readonly digest: string; readonly object: Uint8Array }>();
  const ask = async ({ cardId, fence }: OpenedCard): Promise<void> => {
    const content = contents.get(cardId) ?? card;
    const efSod = await client.securityObject({ cardId, fence, ...content });
    const before = given.get(cardId);
    if (before !== undefined && !equalBytes(before, efSod)) violations.push(`${cardId} was given two different EF.SOD`);
    if (Buffer.from(efSod).indexOf(expected.get(cardId)?.object ?? 'none') < 0)
      violations.push(`${cardId} was given an EF.SOD of something else`);
    given.set(cardId, efSod);
  };
  const askAll = (cards: readonly OpenedCard[]): Promise<readonly PromiseSettledResult<void>[]> => Promise.allSettled(cards.map(ask));

  let victim = await start();
  atEnd(async () => victim.kill());
  let waiting: readonly OpenedCard[] = [];
  let made = 0;
  for (let point = 0; point < options.points; point += 1) {
    const where: SweepPoint = SWEEP_POINTS[point % SWEEP_POINTS.length] ?? 'any-moment';
    const count = randomInt(1, AT_ONCE_MAX + 1);
    const fresh = await openedCards(db, count, made);
    for (const [index, opened] of fresh.entries()) {
      const content = numbered(card, made + index);
      contents.set(opened.cardId, content);
      const { digestToSign, ldsSecurityObject } = prepareSod({ ...content, signer, at: new Date() });
      expected.set(opened.cardId, { digest: toHex(digestToSign), object: ldsSecurityObject });
    }
    made += count;
    // Half of the kills fall into the recovery from the one before.
    if (point % 2 === 0) {
      await finish(waiting, askAll, violations);
      waiting = [];
    }
    const cards = [...waiting, ...fresh];
    if (where === 'any-moment') setTimeout(() => victim.kill(), randomInt(MOMENT_MS_MAX));
    else await victim.tell({ order: 'arm', point: where, arrival: randomInt(1, cards.length + 1) });
    const answers = await askAll(cards);
    // Fewer signatures than cards pass a point when some were signed in the life before: the process lives, and is killed idle.
    victim.kill();
    await victim.ended;
    kills.set(where, (kills.get(where) ?? 0) + 1);
    waiting = cards.filter((_, index) => answers[index]?.status === 'rejected');
    victim = await start();
    options.said?.(point + 1);
  }
  await finish(waiting, askAll, violations);
  // Asked once more, in a life that signed none of them.
  victim.kill();
  await victim.ended;
  victim = await start();
  const all = [...contents.keys()].map((cardId) => ({ cardId, fence: 1 }));
  const signatures = hsm.seen.length;
  await finish(all, askAll, violations);
  if (hsm.seen.length > signatures) violations.push(`${hsm.seen.length - signatures} signatures were made for cards that had theirs`);
  victim.kill();
  await victim.ended;

  await hsm.open(new Secret(pin));
  const books = await booksFaults(db, hsm.seen, {
    certificates,
    digests: new Map([...expected].map(([cardId, { digest }]) => [cardId, digest])),
  });
  const signing = signingOf({ db, tokens: [token], clock: () => new Date() });
  const { verdict } = await reconcile({ db }, signing);
  if (verdict !== 'OK') violations.push(`reconciliation says ${verdict}`);
  return {
    points: options.points,
    kills,
    cards: all.length,
    signatures,
    doubts: books.doubts,
    orphans: books.orphans,
    violations: [...violations, ...books.violations],
    reconciliation: verdict,
  };
}

/** Every one of these must be answered now. */
async function finish(
  cards: readonly OpenedCard[],
  askAll: (cards: readonly OpenedCard[]) => Promise<readonly PromiseSettledResult<void>[]>,
  violations: string[],
): Promise<void> {
  for (const [index, answer] of (await askAll(cards)).entries())
    if (answer.status === 'rejected')
      violations.push(`${cards[index]?.cardId ?? '?'} was refused by a living signer: ${String(answer.reason)}`);
}

/** Another card, other data: the end of the portrait is the number. */
function numbered({ efCom, dataGroups }: CardToSign, number: number): CardToSign {
  const face = Uint8Array.from(dataGroups.get(2) ?? []);
  new DataView(face.buffer).setUint32(face.length - 4, number);
  return { efCom, dataGroups: new Map([...dataGroups, [2, face]]) };
}
