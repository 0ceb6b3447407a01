import pkcs11js from 'pkcs11js';
import type { EcCurve } from '#pki/ec';
import type { EcKeyRequest, RsaKeyRequest } from './hsm.ts';

export interface PairTemplates {
  readonly publicKey: pkcs11js.Template;
  readonly privateKey: pkcs11js.Template;
}

/** The identifier is one of the moment: the one that stays comes from the public half, which is not known yet. */
type Named<Request> = Pick<Request, Extract<keyof Request, 'label' | 'purpose'>> & { readonly temporaryId: Uint8Array };

export function ecPairTemplates(curve: EcCurve, request: Named<EcKeyRequest>): PairTemplates {
  const signs = request.purpose === 'sign';
  return {
    publicKey: [...publicKey(request, signs), { type: pkcs11js.CKA_EC_PARAMS, value: Buffer.from(curve.oidDer) }],
    privateKey: privateKey(request, { signs, derives: !signs, unwraps: false }),
  };
}

const F4 = Buffer.from([0x01, 0x00, 0x01]);

export function rsaPairTemplates(bits: number, request: Named<RsaKeyRequest>): PairTemplates {
  const signs = request.purpose === 'sign';
  return {
    publicKey: [
      ...publicKey(request, signs),
      { type: pkcs11js.CKA_ENCRYPT, value: false },
      { type: pkcs11js.CKA_WRAP, value: !signs },
      { type: pkcs11js.CKA_MODULUS_BITS, value: bits },
      { type: pkcs11js.CKA_PUBLIC_EXPONENT, value: F4 },
    ],
    privateKey: privateKey(request, { signs, derives: false, unwraps: !signs }),
  };
}

/** A key that computes CMACs and does nothing else. */
export function macKeyTemplate(label: string, keyId: Uint8Array): pkcs11js.Template {
  return [
    { type: pkcs11js.CKA_TOKEN, value: true },
    { type: pkcs11js.CKA_PRIVATE, value: true },
    { type: pkcs11js.CKA_SENSITIVE, value: true },
    { type: pkcs11js.CKA_EXTRACTABLE, value: false },
    { type: pkcs11js.CKA_SIGN, value: true },
    { type: pkcs11js.CKA_VERIFY, value: false },
    { type: pkcs11js.CKA_ENCRYPT, value: false },
    { type: pkcs11js.CKA_DECRYPT, value: false },
    { type: pkcs11js.CKA_WRAP, value: false },
    { type: pkcs11js.CKA_UNWRAP, value: false },
    { type: pkcs11js.CKA_LABEL, value: label },
    { type: pkcs11js.CKA_ID, value: Buffer.from(keyId) },
  ];
}

/** A secret of this session only, which nobody reads: to learn what a wrapped key is before it is kept. */
export function passingSecretTemplate(keyType: number): pkcs11js.Template {
  return [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    { type: pkcs11js.CKA_KEY_TYPE, value: keyType },
    { type: pkcs11js.CKA_TOKEN, value: false },
    { type: pkcs11js.CKA_PRIVATE, value: true },
    { type: pkcs11js.CKA_SENSITIVE, value: true },
    { type: pkcs11js.CKA_EXTRACTABLE, value: false },
    { type: pkcs11js.CKA_SIGN, value: true },
    { type: pkcs11js.CKA_ENCRYPT, value: keyType === pkcs11js.CKK_AES },
  ];
}

function publicKey(request: { readonly label: string; readonly temporaryId: Uint8Array }, signs: boolean): pkcs11js.Template {
  return [...shared(request), { type: pkcs11js.CKA_VERIFY, value: signs }, { type: pkcs11js.CKA_PRIVATE, value: false }];
}

function privateKey(
  request: { readonly label: string; readonly temporaryId: Uint8Array },
  { signs, derives, unwraps }: { readonly signs: boolean; readonly derives: boolean; readonly unwraps: boolean },
): pkcs11js.Template {
  return [
    ...shared(request),
    { type: pkcs11js.CKA_PRIVATE, value: true },
    { type: pkcs11js.CKA_SENSITIVE, value: true },
    { type: pkcs11js.CKA_EXTRACTABLE, value: false },
    { type: pkcs11js.CKA_SIGN, value: signs },
    { type: pkcs11js.CKA_DERIVE, value: derives },
    { type: pkcs11js.CKA_UNWRAP, value: unwraps },
    { type: pkcs11js.CKA_DECRYPT, value: false },
  ];
}

function shared(request: { readonly label: string; readonly temporaryId: Uint8Array }): pkcs11js.Template {
  return [
    { type: pkcs11js.CKA_TOKEN, value: true },
    { type: pkcs11js.CKA_LABEL, value: request.label },
    { type: pkcs11js.CKA_ID, value: Buffer.from(request.temporaryId) },
  ];
}
