import { Type } from 'typebox';
import { equalConstantTime, fromHex, Secret, toHex, utf8, xor } from '#encoder/bytes';
import { wrapForToken, type AesKey, type RsaKey } from '#pki/hsm';
import { approvalText, assertApproved, type Approvable } from '../approval.ts';
import { CeremonyError } from '../ceremony-error.ts';
import { rsaKeyOfFacts } from '../entries.ts';
import type { MinutesMode } from '../minutes.ts';
import { quorumOf } from '../quorum.ts';
import { LineToken, StepId, strict } from '../parts.ts';
import type { Proceedings } from '../proceedings.ts';
import { lastKey, refused } from '../standing.ts';
import { stepKind } from '../step.ts';

/** What each of the two people signs: they read the value on the chip maker's paper. In a rehearsal it is worth nothing anywhere else. */
export function kcvApprovable(name: string, kcv: string, mode: MinutesMode = 'production'): Approvable {
  return { kind: mode === 'rehearsal' ? 'kcv-rehearsal' : 'kcv', content: utf8(`${name} ${kcv.toUpperCase()}`) };
}

/** Made here, of the random of every token, and in no other place than the tokens afterwards. */
const OWN_KEYS = ['citizen-reference', 'plant-master'] as const;

/**
 * The three AES keys that are the same in every line token: two of our own, and the chip maker's transport master, which comes wrapped for
 * each token. All are keys for CMAC that no token gives out again.
 */
export const importSharedKeys = stepKind(
  Type.Object(
    {
      step: Type.Literal('import-shared-keys'),
      id: StepId,
      tokens: Type.Array(LineToken, { minItems: 1, maxItems: 8, uniqueItems: true }),
      /** As on the maker's paper: AES over a zero block, first three bytes (PKCS#11 v2.40 §4.10.2). */
      transportMaster: Type.Object({ kcv: Type.String({ pattern: '^[0-9A-F]{6}$' }) }, strict),
    },
    strict,
  ),
  {
    says: ({ tokens, transportMaster }) => ({
      vi: `Token ${tokens.join(', ')}: tạo khóa tham chiếu công dân và khóa chủ của nhà máy; nhập khóa vận chuyển của nhà sản xuất chip, KCV ${transportMaster.kcv}, do hai người xác nhận`,
      en: `tokens ${tokens.join(', ')}: make the citizen reference key and the plant’s master key; import the chip maker’s transport master, KCV ${transportMaster.kcv}, confirmed by two people`,
    }),
    tokens: ({ tokens }) => tokens,
    async run({ id, tokens, transportMaster }, proceedings) {
      const under = new Map(tokens.map((token) => [token, unwrappingKey(proceedings, token)] as const));
      for (const role of OWN_KEYS) {
        refuseSecond(proceedings, `${id}/${role}`, role, tokens);
        await proceedings.sharedKey(
          { subject: `${id}/${role}`, role, tokens },
          (label) => bringOwn(proceedings, under, label),
          (keys) => ({ kcv: commonCheckValue(role, keys) }),
        );
      }
      const role = 'transport-master';
      refuseSecond(proceedings, `${id}/${role}`, role, tokens);
      await proceedings.sharedKey(
        { subject: `${id}/${role}`, role, tokens },
        (label) => bringWrapped(proceedings, under, { role, label }),
        (keys) => confirmed(proceedings, role, commonCheckValue(role, keys), transportMaster.kcv),
      );
    },
  },
);

/** The same key in every token, or none. */
function commonCheckValue(role: string, keys: ReadonlyMap<string, AesKey>): string {
  const [first] = keys.values();
  if (first === undefined) throw refused('a shared key is in one token at least');
  for (const [token, key] of keys) {
    // The identifier of an unwrapped key is computed with the key: 16 bytes that two different keys do not share.
    const same = equalConstantTime(key.checkValue, first.checkValue) && equalConstantTime(key.keyId, first.keyId);
    if (!same) throw new CeremonyError('CEREMONY_KCV_MISMATCH', { where: `${role} ${token}` });
  }
  return toHex(first.checkValue);
}

/** Three times the same value: the file's, the tokens', and the one that enough people read on the maker's paper. */
function confirmed(proceedings: Proceedings, role: string, kcv: string, expected: string): Readonly<Record<string, string>> {
  const { kcvApprovals, mode, standInKcv } = proceedings.deps;
  const wanted = mode === 'rehearsal' ? (standInKcv ?? expected) : expected;
  if (!equalConstantTime(fromHex(kcv), fromHex(wanted))) throw new CeremonyError('CEREMONY_KCV_MISMATCH', { where: role });
  assertApproved(kcvApprovable(role, kcv, mode), kcvApprovals, quorumOf(proceedings.ceremony));
  const signatures = kcvApprovals.map(approvalText).map(({ person, signature }) => [`confirmed.${person}`, signature] as const);
  return { kcv, ...Object.fromEntries(signatures) };
}

async function bringOwn(proceedings: Proceedings, under: ReadonlyMap<string, RsaKey>, label: string): Promise<ReadonlyMap<string, AesKey>> {
  // No single token decides what the key is.
  let mixed: Uint8Array = new Uint8Array(32);
  for (const token of under.keys()) mixed = xor(mixed, await (await proceedings.token(token)).random(32));
  const value = Secret.takeOver(mixed);
  try {
    const keys = new Map<string, AesKey>();
    for (const [token, key] of under) {
      const hsm = await proceedings.token(token);
      keys.set(token, await hsm.unwrapAesKey({ label }, key, wrapForToken(key.publicKey, value)));
    }
    return keys;
  } finally {
    value.destroy();
  }
}

async function bringWrapped(
  proceedings: Proceedings,
  under: ReadonlyMap<string, RsaKey>,
  { role, label }: { readonly role: string; readonly label: string },
): Promise<ReadonlyMap<string, AesKey>> {
  const brought = new Map<string, Uint8Array>();
  for (const [token, { publicKey }] of under) {
    const wrapped = await proceedings.deps.wrappedKeys({ name: role, token, publicKey });
    if (wrapped !== undefined) brought.set(token, wrapped);
  }
  const missing = [...under.keys()].filter((token) => !brought.has(token));
  if (missing.length > 0) throw new CeremonyError('CEREMONY_WRAPPED_KEY_AWAITED', { where: `${role} ${missing.join(' ')}` });
  const keys = new Map<string, AesKey>();
  for (const [token, key] of under) {
    const hsm = await proceedings.token(token);
    keys.set(token, await hsm.unwrapAesKey({ label }, key, brought.get(token) ?? new Uint8Array()));
  }
  return keys;
}

function unwrappingKey(proceedings: Proceedings, token: string): RsaKey {
  const facts = lastKey(proceedings.standing, 'unwrapping-key', token);
  if (facts === undefined) throw refused(`the line keys of token ${token} are made first`);
  return rsaKeyOfFacts(facts);
}

function refuseSecond(proceedings: Proceedings, subject: string, role: string, tokens: readonly string[]): void {
  const again = tokens.some(
    (token) => proceedings.recorded('key', `${subject}/${token}`) === undefined && lastKey(proceedings.standing, role, token) !== undefined,
  );
  if (again) throw refused(`the tokens have their ${role} key`);
}
