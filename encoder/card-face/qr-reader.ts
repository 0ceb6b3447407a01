import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { decodeUtf8 } from '#encoder/bytes';
import { CardFaceError } from './card-face-error.ts';
import type { Picture } from './picture.ts';

/** The upper right of the front, in pixels: the QR field and a good 20 pixels on every side that a print may be out of place. */
const WINDOW = Object.freeze({ left: 740, top: 0, width: 271, height: 275 });

/**
 * Reads the one QR code of a front. Its bytes are taken as UTF-8 and nothing else: no guessing of another character set.
 * @throws CardFaceError FACE_QR_UNREADABLE
 */
export async function readQr(front: Picture): Promise<string> {
  await decoderReady();
  const { width, height } = WINDOW;
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const grey = front.grey[(WINDOW.top + y) * front.width + WINDOW.left + x] ?? 255;
      data.fill(grey, 4 * (y * width + x), 4 * (y * width + x) + 3);
    }
  }
  const image: ImageData = { data, width, height, colorSpace: 'srgb' };
  const found = await readBarcodes(image, { formats: ['QRCode'], tryInvert: false, tryRotate: false, maxNumberOfSymbols: 2 });
  const [symbol, ...others] = found;
  if (symbol === undefined || !symbol.isValid || others.length > 0) {
    throw new CardFaceError('FACE_QR_UNREADABLE', { where: 'front', detail: `${found.length} codes found` });
  }
  try {
    return decodeUtf8(symbol.bytes, 'qr');
  } catch (cause) {
    throw new CardFaceError('FACE_QR_UNREADABLE', { where: 'front', detail: 'not UTF-8', cause });
  }
}

let ready: Promise<void> | undefined;

/** The decoder's wasm is taken from its package on this disk: left alone it would fetch it from a server. */
async function decoderReady(): Promise<void> {
  ready ??= (async () => {
    const wasm = await readFile(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
    const wasmBinary = new Uint8Array(wasm).buffer;
    await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
  })();
  await ready;
}
