import { Type } from 'typebox';
import { fromHex, toHex } from '#encoder/bytes';
import { HsmError } from '#pki/hsm';
import { CeremonyError } from '../ceremony-error.ts';
import { keyOf, textOf } from '../entries.ts';
import { AUTHORITY, LineToken, StepId, strict } from '../parts.ts';
import { findKey } from '../proceedings.ts';
import { refused } from '../standing.ts';
import { stepKind } from '../step.ts';

/** The end of a key of these minutes: destroyed, and the token asked for it afterwards. Its certificate and its past stay in the minutes. */
export const destroyKey = stepKind(
  Type.Object(
    {
      step: Type.Literal('destroy-key'),
      id: StepId,
      token: Type.Union([Type.Literal(AUTHORITY), LineToken]),
      keyId: Type.String({ pattern: '^([0-9A-F]{2}){16,24}$' }),
      /** As in the minutes: what people approve is the end of a record key or of a Document Signer, and not of some digits. */
      role: Type.String({ pattern: '^[a-z][a-z-]{0,39}$' }),
      reason: Type.String({ minLength: 1, maxLength: 200 }),
    },
    strict,
  ),
  {
    says: ({ token, keyId, role, reason }) => ({
      vi: `Token ${token}: hủy vĩnh viễn khóa ${role} ${keyId} (${reason})`,
      en: `token ${token}: destroy the ${role} key ${keyId} for ever (${reason})`,
    }),
    tokens: ({ token }) => [token],
    async run({ id, token, keyId, role, reason }, proceedings) {
      if (proceedings.recorded('key-destroyed', id) !== undefined) return;
      const made = proceedings.minutes.find(({ step, facts }) => step === 'key' && facts['token'] === token && facts['keyId'] === keyId);
      if (made === undefined) throw refused(`the minutes know no key ${keyId} in the token ${token}`);
      const key = keyOf(made.facts);
      if (textOf(made.facts, 'role') !== role) throw refused(`the key ${keyId} is not of the role ${role}`);
      const hsm = await proceedings.token(token);
      if (proceedings.recorded('destruction-intent', id) === undefined) {
        await findKey(hsm, key);
        await proceedings.record({ step: 'destruction-intent', subject: id, facts: { token, role, keyId, reason } });
      }
      const objects = await hsm.destroy(fromHex(keyId));
      const left = (await hsm.list()).filter((object) => toHex(object.keyId) === keyId).length;
      const refusal = await findKey(hsm, key).catch((error: unknown) => error);
      if (left > 0 || !(refusal instanceof HsmError) || refusal.code !== 'HSM_KEY_NOT_FOUND')
        throw new CeremonyError('CEREMONY_TOKEN_UNEXPECTED', { where: `${token} ${keyId}`, detail: `${left} objects after destruction` });
      await proceedings.record({
        step: 'key-destroyed',
        subject: id,
        facts: { token, role, keyId, reason, objects: String(objects), left: String(left), foundAfterwards: refusal.code },
      });
    },
  },
);
