import { randomBytes } from 'node:crypto';
import { isCodedError } from '#encoder/bytes';
import { driverByName, type CardDriver } from '#encoder/drivers';
import {
  confirmLocked,
  faultKind,
  type FaultKind,
  fileDigests,
  openChip,
  personalise,
  PersonalisationError,
  planPersonalisation,
  prepareChip,
  type PersonalisationPlan,
} from '#encoder/personalisation';
import type { CardConnection } from '#encoder/readers';
import { testKeySets } from '#encoder/testing';
import type { SweepBench } from './bench.ts';
import { passesHalfMade } from './inspect.ts';
import { InterruptedCard, type CardLog, type Interruption } from './interrupted-card.ts';
import { sweepJournal, type SweepJournal } from './journal.ts';
import type { Seats } from './seats.ts';

/** What became of one card: how its last try ended, and everything that was seen on the way. */
export interface CardRun {
  readonly image: string;
  readonly end: 'personalised' | 'was locked' | Fault;
  readonly log: CardLog;
  readonly journal: SweepJournal;
  /** What each try that came so far would write. */
  readonly plans: readonly PersonalisationPlan[];
  /** Tries, the first among them. */
  readonly tries: number;
}

/** What ended a card that is not finished. */
export interface Fault {
  /** Null: an error that nobody foresaw. */
  readonly code: string | null;
  /** `endless`: silence that nobody made, again and again, of a chip that is not mute. */
  readonly kind: FaultKind | 'endless';
  readonly message: string;
}

/** How often a chip may fall silent by itself, as in the plant; then the card is given up. */
const SILENCES_MAX = 2;
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));

/** Makes one card as the plant does, pulled where it is told to be, and laid into another reader each time until it is finished or given up. */
export async function makeCard(
  bench: SweepBench,
  seats: Seats,
  { image, interruptions }: { readonly image: string; readonly interruptions: readonly Interruption[] },
): Promise<CardRun> {
  const log: CardLog = { commands: 0, kinds: [], struck: 0, unintended: [], taken: [] };
  const journal = sweepJournal();
  const plans: PersonalisationPlan[] = [];
  let silences = 0;
  for (let tries = 1; ; tries += 1) {
    const struckBefore = log.struck;
    const end = await layIn(bench, seats, { image, interruptions, log, journal, plans });
    const run = { image, log, journal, plans, tries };
    if (typeof end === 'string' || end.kind === 'chip' || end.kind === 'ours') return { ...run, end };
    if (log.struck === struckBefore) silences += 1;
    else if (await passesHalfMade(bench, image)) log.taken.push(log.commands);
    if (silences > SILENCES_MAX) return { ...run, end: { ...end, kind: end.code === 'CARD_MUTE' ? 'chip' : 'endless' } };
  }
}

interface Try {
  readonly image: string;
  readonly interruptions: readonly Interruption[];
  readonly log: CardLog;
  readonly journal: SweepJournal;
  readonly plans: PersonalisationPlan[];
}

/** One try, in whatever seat is free. */
async function layIn(bench: SweepBench, seats: Seats, { image, interruptions, log, journal, plans }: Try): Promise<CardRun['end']> {
  const { takeRsaKey } = bench;
  const seat = await seats.take();
  const card = new InterruptedCard({ image, takeRsaKey, interruptions, log, intended: journal.underWay });
  try {
    await seat.insert(card);
    const connection = await seat.reader.connect();
    try {
      return await work(bench, connection, { journal, plans });
    } finally {
      await connection.disconnect('unpower').catch(() => undefined);
    }
  } catch (error) {
    const code = isCodedError(error) ? error.code : null;
    return { code, kind: faultKind(error), message: error instanceof Error ? error.message : String(error) };
  } finally {
    await seat.remove();
    await card.close();
    seats.give(seat);
  }
}

/** What the plant's seat does with a chip, from wherever the chip is. */
async function work(
  { family, card, keyPairs }: SweepBench,
  connection: CardConnection,
  { journal, plans }: Pick<Try, 'journal' | 'plans'>,
): Promise<'personalised' | 'was locked'> {
  const driver = driverByName(family.driver, connection, { ...family.options, secrets: card.secrets, keyPairs });
  const { lifeCycle, chipId } = await driver.identify();
  if (lifeCycle === 'locked') return confirm(driver, connection, { card, journal, planned: plans.at(-1) });
  await openChip({ driver, journal, keys: family.capabilities.transport === 'none' ? null : testKeySets() });
  const publicKeys = await prepareChip({ driver, journal, bindingTag: card.bindingTag, keys: card.keys });
  const { bindingTag, secrets, trustPoint } = card;
  const files = card.files({ chipId: chipId ?? '', publicKeys });
  const plan = planPersonalisation({ bindingTag, publicKeys, secrets, trustPoint, files }, driver.capabilities);
  plans.push(plan);
  await personalise({ driver, journal, plan });
  return 'personalised';
}

/** A chip that is found locked is ours when we were about to lock it, it proves the lock, and it holds what was planned. */
async function confirm(
  driver: CardDriver,
  connection: CardConnection,
  {
    card,
    journal,
    planned,
  }: Pick<SweepBench, 'card'> & { readonly journal: SweepJournal; readonly planned: PersonalisationPlan | undefined },
): Promise<'was locked'> {
  if (planned === undefined || !journal.entries.some(({ operation }) => operation === 'lock')) {
    throw new PersonalisationError('ALREADY_LOCKED');
  }
  await driver.proveLock();
  const { secrets, closed } = card;
  const { extendedLength } = driver.capabilities;
  await confirmLocked({ connection, secrets, files: fileDigests(planned), unreadable: closed, extendedLength, random });
  return 'was locked';
}
