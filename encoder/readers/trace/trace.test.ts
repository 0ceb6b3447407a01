import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ascii, concat, fromHex, toHex, utf8 } from '#encoder/bytes';
import { referenceDriver } from '#encoder/drivers';
import {
  confirmLocked,
  fileDigests,
  personalise,
  planPersonalisation,
  prepareChip,
  type FileDigest,
  type PersonalisationJournal,
} from '#encoder/personalisation';
import {
  blankImage,
  imageFolder,
  inApplication,
  inMasterFile,
  oneRsaKey,
  TEST_CARD_ACCESS,
  TEST_CHIP_KEYS,
  openAsPlant,
} from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { VirtualCard } from '#encoder/virtual-card';
import { inProcessReader } from '../in-process.ts';
import { EchoCard, readerConformance } from '../reader.conformance.ts';
import { READER_ERROR_CODES } from '../reader-error.ts';
import type { Reader } from '../reader.ts';
import { insecureLabRecord, recordRedacted } from './record.ts';
import { redactTrace } from './redact.ts';
import { replayReader } from './replay-reader.ts';
import { decodeTrace, encodeTrace } from './trace-lines.ts';
import { TraceError } from './trace-error.ts';
import type { LabEvent, LabTrace } from './trace.ts';

const SELECT = fromHex('00A4040C07A0000002471001');
const VERIFY = concat(fromHex('0020000006'), ascii('482916'));
const NAME = utf8('Nguyễn Thị Đào');
const UPDATE = concat(fromHex('00D60000'), Uint8Array.of(NAME.length), NAME);
const MALFORMED = concat(fromHex('00D6000003'), NAME);

/** Scripted: the same bytes in every run. */
function counted(): (length: number) => Uint8Array {
  let calls = 0;
  return (length) => Uint8Array.from({ length }, (_, i) => (i * 7 + (calls += 1)) & 0xff);
}

/** Everything that a reader can do, good and bad, once. */
async function session(reader: Reader, hand: { insert: () => void; remove: () => void }): Promise<string[]> {
  const said: string[] = [];
  const note = async (work: Promise<unknown>): Promise<void> => {
    said.push(
      await work.then(
        (value) => (value instanceof Uint8Array ? toHex(value) : 'done'),
        (error: unknown) => (error as { code: string }).code,
      ),
    );
  };
  await note(reader.connect());
  await note(reader.waitFor(true, 5));
  hand.insert();
  await note(reader.waitFor(true, 5));
  const connection = await reader.connect();
  said.push(toHex(connection.atr));
  for (const command of [SELECT, VERIFY, UPDATE, UPDATE, MALFORMED, Uint8Array.of(1)]) await note(connection.transmit(command));
  hand.remove();
  await note(connection.transmit(SELECT));
  await note(connection.disconnect('unpower'));
  await note(reader.close());
  return said;
}

async function recorded(record: (reader: Reader, write: (lines: string) => void) => Reader): Promise<{ text: string; said: string[] }> {
  let text = '';
  const reader = inProcessReader('Bench A 00 00');
  const observed = record(reader, (lines) => (text += lines));
  const said = await session(observed, { insert: () => reader.insert(new EchoCard()), remove: () => reader.remove() });
  return { text, said };
}
const lab = (): Promise<{ text: string; said: string[] }> => recorded((reader, write) => insecureLabRecord({ reader, write }));

async function labTrace(): Promise<LabTrace> {
  const trace = decodeTrace((await lab()).text);
  if (trace.redacted) throw new Error('a lab trace is not redacted');
  return trace;
}

readerConformance('a card that is recorded', () => {
  const reader = inProcessReader();
  return Promise.resolve({
    reader: recordRedacted({ reader, write: () => {}, random: counted() }),
    insert: (card) => reader.insert(card),
    remove: () => reader.remove(),
    dispose: () => reader.close(),
  });
});

describe('a lab trace', () => {
  it('is replayed byte-exact: answers, errors, ATR, and nothing is left over', async () => {
    const { text, said } = await lab();
    expect(said.slice(0, 4)).toEqual(['NO_CARD', 'NO_CARD', 'done', '3B80800101']);
    expect(said.slice(-4, -2)).toEqual(['COMMAND_REFUSED', 'CARD_REMOVED']);
    const replay = replayReader(decodeTrace(text));
    expect(replay.name).toBe('Bench A 00 00');
    expect(await session(replay, { insert: () => {}, remove: () => {} })).toEqual(said);
    expect(replay.eventsLeft).toBe(0);
  });

  it('answers nothing but the recorded command: one other byte stops the program, for good, and no data is told', async () => {
    const trace = await labTrace();
    const from = trace.events.findIndex((event) => event.event === 'connect' && 'atr' in event);
    const later = replayReader({ ...trace, events: trace.events.slice(from) });
    const connection = await later.connect();
    await connection.transmit(SELECT);
    const other = VERIFY.with(7, 0x30);
    const error: unknown = await connection.transmit(other).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TraceError);
    expect(error).toMatchObject({
      code: 'TRACE_DIVERGES',
      where: 'event 3',
      detail: 'command 00200000 of 11 bytes, 11 recorded, different from byte 7',
    });
    await expect(connection.transmit(VERIFY)).rejects.toBe(error);
    await expect(later.connect()).rejects.toBe(error);
  });

  it.each<readonly [string, (reader: Reader) => Promise<unknown>]>([
    ['another kind of call', (reader) => reader.waitFor(true, 1)],
    ['a command of another header', async (reader) => (await reader.connect()).transmit(fromHex('00B0000000'))],
    ['a longer command', async (reader) => (await reader.connect()).transmit(concat(SELECT, Uint8Array.of(0)))],
    ['another disposition', async (reader) => (await reader.connect()).disconnect('leave')],
  ])('%s: TRACE_DIVERGES', async (_what, act) => {
    const events: LabEvent[] = [
      { event: 'connect', atr: fromHex('3B80800101'), took: 1 },
      _what === 'another disposition'
        ? { event: 'disconnect', disposition: 'unpower' }
        : { event: 'command', command: SELECT, response: fromHex('9000'), took: 1 },
    ];
    await expect(act(replayReader({ redacted: false, reader: 'r', events }))).rejects.toMatchObject({ code: 'TRACE_DIVERGES' });
  });

  it('ends where the recording ended', async () => {
    const replay = replayReader({ redacted: false, reader: 'r', events: [{ event: 'connect', atr: fromHex('3B'), took: 0 }] });
    const connection = await replay.connect();
    await expect(connection.transmit(SELECT)).rejects.toMatchObject({ code: 'TRACE_OVER' });
    await replay.close();
    await expect(replay.connect()).rejects.toMatchObject({ code: 'TRACE_OVER' });
  });
});

describe('a real session', () => {
  const folder = imageFolder();
  afterAll(() => folder.remove());

  const SECRETS = { mrzInformation: '123456789790010113001019', can: '123456' };
  const TAG = new Uint8Array(32).fill(9);
  const FILES = [
    { ...inMasterFile(0x011c), bytes: TEST_CARD_ACCESS },
    { ...inApplication(0x0101), bytes: tlv(0x61, new Uint8Array(900).fill(2)) },
    { ...inApplication(0x011d), bytes: tlv(0x77, new Uint8Array(300).fill(3)) },
  ];
  const journal: PersonalisationJournal = { intend: () => Promise.resolve(), outcome: () => Promise.resolve() };

  /** A seat's whole work on one chip: written until it leaves the reader, resumed, locked, and read back as its holder would. */
  async function makeCard(
    reader: Reader,
    hand: { lift: (sequence: number) => void; back: () => void },
    random = counted(),
  ): Promise<number[]> {
    const run = async (lift: (sequence: number) => void): Promise<readonly FileDigest[]> => {
      const connection = await reader.connect();
      try {
        const driver = referenceDriver(connection, { random });
        await driver.identify();
        await openAsPlant(driver);
        const publicKeys = await prepareChip({ driver, journal, bindingTag: TAG, keys: TEST_CHIP_KEYS });
        const content = { bindingTag: TAG, publicKeys, secrets: SECRETS, trustPoint: null, files: FILES };
        const plan = planPersonalisation(content, driver.capabilities);
        await personalise({ driver, journal, plan, beforeEach: ({ sequence }) => lift(sequence) });
        return fileDigests(plan);
      } finally {
        await connection.disconnect('unpower');
      }
    };
    await expect(run(hand.lift)).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    hand.back();
    const files = await run(() => {});
    const connection = await reader.connect();
    await confirmLocked({ connection, secrets: SECRETS, files, random });
    await connection.disconnect('unpower');
    return files.map(({ size }) => size);
  }

  it('of a whole card, torn out, resumed, locked and read back: the same program runs against the trace alone', async () => {
    const card = VirtualCard.open(blankImage(folder.path('traced.image')), { takeRsaKey: oneRsaKey() });
    const bench = inProcessReader();
    bench.insert(card);
    let text = '';
    const recorder = insecureLabRecord({ reader: bench, write: (lines) => (text += lines) });
    const made = await makeCard(recorder, { lift: (sequence) => sequence === 4 && bench.remove(), back: () => bench.insert(card) });
    expect(card.lifeCycle).toBe('locked');
    const replay = replayReader(decodeTrace(text));
    const nobody = { lift: () => {}, back: () => {} };
    expect(await makeCard(replay, nobody)).toEqual(made);
    expect(replay.eventsLeft).toBe(0);
    // Another host challenge is another command.
    const other = makeCard(replayReader(decodeTrace(text)), nobody, (length) => new Uint8Array(length));
    await expect(other).rejects.toThrow('TRACE_DIVERGES');
  });
});

describe('a redacted trace', () => {
  const redacted = (random = counted()): Promise<{ text: string }> =>
    recorded((reader, write) => recordRedacted({ reader, write, random }));

  it('holds no secret and no personal value in any encoding, and still tells what happened', async () => {
    const { text } = await redacted();
    for (const value of [NAME, ascii('482916')]) {
      for (const encoding of ['hex', 'base64', 'utf8', 'latin1'] as const) {
        expect(text.toLowerCase()).not.toContain(Buffer.from(value).toString(encoding).toLowerCase());
      }
    }
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toEqual({ apduTrace: 1, redacted: true, reader: 'Bench A 00 00' });
    const commands = lines.filter((line) => line['event'] === 'command');
    expect(commands[0]).toMatchObject({ sent: { header: '00A4040C', data: { clear: 'A0000002471001' }, le: null }, sw: 0x9000 });
    expect(commands[1]).toMatchObject({ sent: { header: '00200000', data: { length: 6 } }, sw: 0x9000 });
    expect(commands[4]).toMatchObject({ sent: { header: '', data: { length: MALFORMED.length } } });
    expect(commands.at(-1)).toMatchObject({ error: 'CARD_REMOVED' });
  });

  it('marks what is equal in one trace; the mark is no hash that could be searched for, and differs from trace to trace', async () => {
    const marks = async (random: (length: number) => Uint8Array): Promise<string[]> => {
      const trace = decodeTrace((await redacted(random)).text);
      if (!trace.redacted) throw new Error('redacted');
      return trace.events.flatMap((event) => (event.event === 'command' && 'mark' in event.sent.data ? [event.sent.data.mark] : []));
    };
    const [pin, first, second] = await marks(counted());
    expect(first).toBe(second);
    expect(pin).not.toBe(first);
    expect(createHash('sha256').update(ascii('482916')).digest('hex')).not.toContain(pin);
    const [otherPin] = await marks((length) => new Uint8Array(length).fill(9));
    expect(otherPin).not.toBe(pin);
  });

  it('is what a lab trace becomes', async () => {
    const trace = redactTrace(await labTrace(), counted());
    const text = encodeTrace(trace).replaceAll(/"took":"[^"]+"/g, '');
    expect(text).toBe((await redacted()).text.replaceAll(/"took":"[^"]+"/g, ''));
    expect(decodeTrace(encodeTrace(trace))).toEqual(trace);
  });

  it('cannot be replayed, and says so', async () => {
    const trace = decodeTrace((await redacted()).text);
    expect(() => replayReader(trace)).toThrow(expect.objectContaining({ code: 'TRACE_REDACTED' }));
  });
});

describe('the file', () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  const took = fc.integer({ min: 0, max: 1e6 }).map((micros) => micros / 1000);
  const error = fc.constantFrom(...READER_ERROR_CODES);
  const event: fc.Arbitrary<LabEvent> = fc.oneof(
    fc.record({ event: fc.constant('connect' as const), atr: bytes, took }),
    fc.record({ event: fc.constant('connect' as const), error, took }),
    fc.record({ event: fc.constant('wait' as const), present: fc.boolean(), took }),
    fc.record({ event: fc.constant('wait' as const), present: fc.boolean(), error, took }),
    fc.record({ event: fc.constant('command' as const), command: bytes, response: bytes, took }),
    fc.record({ event: fc.constant('command' as const), command: bytes, error, took }),
    fc.record({ event: fc.constant('disconnect' as const), disposition: fc.constantFrom('leave' as const, 'unpower' as const) }),
  );
  const trace: fc.Arbitrary<LabTrace> = fc.record({
    redacted: fc.constant(false as const),
    reader: fc.string({ maxLength: 20 }),
    events: fc.array(event, { maxLength: 8 }),
  });

  it('brings back every trace as it was, and every redacted one', () => {
    fc.assert(
      fc.property(trace, (value) => {
        expect(decodeTrace(encodeTrace(value))).toEqual(value);
        const without = redactTrace(value, counted());
        expect(decodeTrace(encodeTrace(without))).toEqual(without);
      }),
    );
  });

  it('changed by one character it is another trace or TRACE_INVALID with its line, and nothing else', () => {
    fc.assert(
      fc.property(trace, fc.nat(), fc.integer({ min: 32, max: 126 }), (value, position, code) => {
        const text = encodeTrace(value);
        const at = position % text.length;
        try {
          decodeTrace(text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1));
        } catch (caught) {
          expect(caught).toMatchObject({
            name: 'TraceError',
            code: 'TRACE_INVALID',
            where: expect.stringMatching(/^line \d+$/) as unknown,
          });
        }
      }),
    );
  });

  it.each([
    ['nothing', '', 'line 1'],
    ['no header', '{}\n', 'line 1'],
    ['another version', '{"apduTrace":2,"redacted":false,"reader":"r"}\n', 'line 1'],
    ['a line cut short', '{"apduTrace":1,"redacted":false,"reader":"r"}\n{"event":"disc', 'line 2'],
    [
      'a member that does not belong',
      '{"apduTrace":1,"redacted":false,"reader":"r"}\n{"event":"disconnect","disposition":"leave","name":"x"}\n',
      'line 2',
    ],
    ['half a byte', '{"apduTrace":1,"redacted":false,"reader":"r"}\n{"event":"connect","atr":"3B8","took":1}\n', 'line 2'],
    [
      'clear bytes in a redacted trace',
      '{"apduTrace":1,"redacted":true,"reader":"r"}\n{"event":"command","command":"00","response":"9000","took":1}\n',
      'line 2',
    ],
    ['a line without end', `{"apduTrace":1,"redacted":false,"reader":"r"}\n${'A'.repeat(300_001)}\n`, 'line 2'],
    ['lines without end', '\n'.repeat(100_002), 'line 100002'],
  ])('%s: TRACE_INVALID', (_what, text, where) => {
    expect(() => decodeTrace(text)).toThrow(expect.objectContaining({ code: 'TRACE_INVALID', where }));
  });
});
