import { StatusWord, type ResponseApdu } from '#encoder/apdu';

export function answer(data: Uint8Array): ResponseApdu {
  return { data, sw: StatusWord.SUCCESS };
}

export function status(sw: number): ResponseApdu {
  return { data: new Uint8Array(0), sw };
}

export const DONE: ResponseApdu = status(StatusWord.SUCCESS);
