import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCodedError, Secret } from '#encoder/bytes';
import type { CitizenRecord } from '#encoder/profiles';
import { canonicalRecordHash, openSealed, recordContentCodec, sealRecord } from './index.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const bytes = fc.uint8Array({ maxLength: 60 });
const citizen: fc.Arbitrary<CitizenRecord> = fc.record({
  personalNumber: fc.stringMatching(/^[0-9]{12}$/),
  fullName: text,
  dateOfBirth: text,
  sex: fc.constantFrom('male', 'female'),
  nationality: text,
  ethnicity: text,
  religion: text,
  placeOfOrigin: text,
  placeOfResidence: text,
  personalMarks: text,
  father: fc.option(text),
  mother: fc.option(text),
  spouses: fc.array(text, { maxLength: 3 }),
  oldIdentityNumber: fc.option(text),
  dateOfIssue: text,
  dateOfExpiry: fc.option(text),
  portrait: bytes,
  leftIndexFinger: bytes,
  rightIndexFinger: bytes,
});
const content = fc.record({ citizen, dossierNumber: text });

describe('the canonical record', () => {
  it('reads back what it wrote, and writes back what it read', () => {
    fc.assert(
      fc.property(content, (one) => {
        const encoded = recordContentCodec.encode(one);
        const decoded = recordContentCodec.decode(encoded);
        expect(decoded).toEqual({ dossierNumber: one.dossierNumber, citizen: { ...one.citizen } });
        expect(recordContentCodec.encode(decoded)).toEqual(encoded);
      }),
      { seed, numRuns: 300 },
    );
  });

  it('has another hash for any other record (C4), and the same for the same in another order of fields', () => {
    fc.assert(
      fc.property(
        citizen,
        fc.constantFrom('fullName', 'personalNumber', 'placeOfResidence', 'personalMarks'),
        fc.constantFrom('portrait', 'leftIndexFinger'),
        (one, field, image) => {
          const hash = Buffer.from(canonicalRecordHash(one)).toString('hex');
          const other = (change: Partial<CitizenRecord>) => Buffer.from(canonicalRecordHash({ ...one, ...change })).toString('hex');
          expect(other({ [field]: `${one[field]}.` })).not.toBe(hash);
          expect(other({ [image]: Uint8Array.of(...one[image], 0) })).not.toBe(hash);
          const reordered = Object.fromEntries(Object.entries(one).reverse()) as unknown as CitizenRecord;
          expect(Buffer.from(canonicalRecordHash(reordered)).toString('hex')).toBe(hash);
        },
      ),
      { seed, numRuns: 200 },
    );
  });

  it('refuses mutated bytes with a code, or reads another record; it never hangs', () => {
    fc.assert(
      fc.property(content, fc.nat(), fc.nat(255), fc.nat(), (one, at, byte, cut) => {
        const encoded = recordContentCodec.encode(one);
        const mutated = encoded.slice(0, encoded.length - (cut % 3));
        mutated[at % mutated.length] = byte;
        try {
          recordContentCodec.decode(mutated);
        } catch (error) {
          expect(isCodedError(error)).toBe(true);
        }
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe('a sealed record (AES-256-GCM)', () => {
  const [one] = fc.sample(content, { seed: 1, numRuns: 1 });
  const seal = async () => {
    let key = new Uint8Array();
    let counter = 0;
    const sealed = await sealRecord(
      {
        recordKeys: [new Uint8Array()],
        random: (length) => new Uint8Array(length).fill(++counter),
        sealBox: (_recipients, plaintext) => {
          key = Uint8Array.from(plaintext);
          return new Uint8Array();
        },
      },
      'ord-1',
      one ??
        (() => {
          throw new Error('no sample');
        })(),
    );
    return { sealed, key: new Secret(key) };
  };

  it('opens with its key for its order, and for no other order, key or byte', async () => {
    const { sealed, key } = await seal();
    expect(openSealed(sealed, key, 'ord-1')).toEqual(one);
    const refused = expect.objectContaining({ code: 'RECORD_UNREADABLE' }) as Error;
    const attempts = [
      () => openSealed(sealed, key, 'ord-2'),
      () => openSealed(sealed, new Secret(new Uint8Array(32)), 'ord-1'),
      () =>
        openSealed({ ...sealed, ciphertext: Uint8Array.from(sealed.ciphertext, (byte, i) => (i === 3 ? byte ^ 1 : byte)) }, key, 'ord-1'),
      () => openSealed({ ...sealed, tag: sealed.tag.slice(0, 12) }, key, 'ord-1'),
      () => openSealed({ ...sealed, iv: new Uint8Array(12) }, key, 'ord-1'),
    ];
    for (const attempt of attempts) expect(attempt).toThrow(refused);
  });

  it('holds nothing of the record in clear, and each has a key and a nonce of its own', async () => {
    const { sealed } = await seal();
    expect(Buffer.from(sealed.ciphertext).includes(one?.citizen.personalNumber ?? 'x')).toBe(false);
    expect(sealed.iv).toEqual(new Uint8Array(12).fill(2));
  });
});
