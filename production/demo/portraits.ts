import { renderAsync } from '@resvg/resvg-js';
import sharp from 'sharp';
import { concat } from '#encoder/bytes';
import { type DemoImages, type Random, randomOf } from './people.ts';

/**
 * All images of one invented citizen, drawn from the personal number alone: the same number gives the same bytes, another number
 * another face. The portrait is a plain drawing that nobody can take for a photograph; the fingers are mathematics.
 */
export async function drawImages(personalNumber: string): Promise<DemoImages> {
  const [portrait, leftIndexFinger, rightIndexFinger] = await Promise.all([
    drawPortrait(personalNumber),
    drawFinger(personalNumber, 'left'),
    drawFinger(personalNumber, 'right'),
  ]);
  return { portrait, leftIndexFinger, rightIndexFinger };
}

const PORTRAIT = Object.freeze({ width: 480, height: 640, bytesMax: 18_000 });

/** A drawn portrait: baseline JPEG (JFIF), 480 × 640, at most 18 kB, head placed as ISO/IEC 19794-5 frontal images have it. */
export async function drawPortrait(personalNumber: string): Promise<Uint8Array> {
  const image = await renderAsync(portraitSvg(personalNumber), { font: { loadSystemFonts: false }, logLevel: 'off' });
  const raw = { width: PORTRAIT.width, height: PORTRAIT.height, channels: 4 } as const;
  for (let quality = 84; quality > 30; quality -= 9) {
    const jpeg = await sharp(image.pixels, { raw }).flatten({ background: '#fff' }).jpeg({ quality, progressive: false }).toBuffer();
    if (jpeg.length + JFIF.length <= PORTRAIT.bytesMax) return new Uint8Array(Buffer.concat([jpeg.subarray(0, 2), JFIF, jpeg.subarray(2)]));
  }
  throw new RangeError('a drawn portrait does not fit its limit');
}

/** The JFIF 1.01 marker, 300 dots an inch, no thumbnail. libvips leaves it out of a JPEG without metadata; cards have it (facts §1.4). */
const JFIF = Buffer.from('ffe000104a46494600010101012c012c0000', 'hex');

/** Sex and birth year stand in the number itself (Decree 137/2015 article 13), so that a face suits its holder. */
function holderOf(personalNumber: string): { female: boolean; birthYear: number } {
  const gender = Number(personalNumber[3] ?? '0');
  return { female: gender % 2 === 1, birthYear: 1900 + 100 * Math.floor(gender / 2) + Number(personalNumber.slice(4, 6)) };
}

interface Look {
  readonly female: boolean;
  readonly skin: string;
  readonly shade: string;
  readonly hair: string;
  readonly clothes: string;
  readonly trim: string;
  readonly old: boolean;
  /** Half width of the face. */
  readonly cheek: number;
  readonly chin: number;
  readonly eyeGap: number;
  readonly eyeSize: number;
  readonly brow: number;
  readonly nose: number;
  readonly mouth: number;
  readonly hairStyle: number;
  readonly collar: number;
  readonly glasses: boolean;
  readonly moustache: boolean;
  readonly mole: { readonly x: number; readonly y: number } | null;
}

const SKINS = [
  ['#f3cfae', '#dba980'],
  ['#eec19b', '#d39b70'],
  ['#e3b088', '#c48a5f'],
  ['#d39c72', '#b37a50'],
  ['#f6d9bf', '#e0b391'],
] as const;
const HAIRS = ['#17130f', '#241a14', '#2f221a', '#1a1a22', '#3a2a20'];
const GREY_HAIRS = ['#8d8a88', '#b3b0ad', '#6b6765'];
const CLOTHES = [
  ['#f7f7f4', '#c9d3df'],
  ['#2f4f7f', '#e8eef6'],
  ['#7a2e3b', '#f3dfe2'],
  ['#2d6a5a', '#e2f1ec'],
  ['#5a4a86', '#ebe6f6'],
  ['#c98a2b', '#fff1d8'],
  ['#444a52', '#eceff2'],
  ['#b7506f', '#fbe6ed'],
] as const;

function lookOf(personalNumber: string): Look {
  const random = randomOf(`portrait ${personalNumber}`);
  const { female, birthYear } = holderOf(personalNumber);
  const [skin, shade] = random.pick(SKINS);
  const [clothes, trim] = random.pick(CLOTHES);
  const old = birthYear < 1972;
  return {
    female,
    skin,
    shade,
    hair: random.pick(old ? GREY_HAIRS : HAIRS),
    clothes,
    trim,
    old,
    cheek: random.between(98, 122) - (female ? 5 : 0),
    chin: random.between(0, 1),
    eyeGap: random.between(44, 54),
    eyeSize: random.between(13, 18),
    brow: random.between(-6, 6),
    nose: random.between(11, 19),
    mouth: random.between(27, 42),
    hairStyle: random.below(4),
    collar: random.below(3),
    glasses: random.below(100) < (old ? 45 : 22),
    moustache: !female && random.below(100) < 18,
    mole: random.below(100) < 35 ? { x: random.between(-70, 70), y: random.between(20, 80) } : null,
  };
}

/** The drawing's origin is between the eyes, on the middle line of the picture; crown to chin is three fifths of its height. */
function portraitSvg(personalNumber: string): string {
  const look = lookOf(personalNumber);
  const back = look.female ? longHair(look) : '';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PORTRAIT.width}" height="${PORTRAIT.height}" viewBox="0 0 480 640">` +
    '<defs><linearGradient id="wall" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#eef5fa"/><stop offset="1" stop-color="#cfe0ec"/></linearGradient>' +
    `<radialGradient id="face" cx="0.45" cy="0.4" r="0.7"><stop offset="0.45" stop-color="${look.skin}"/><stop offset="1" stop-color="${look.shade}"/></radialGradient></defs>` +
    '<rect width="480" height="640" fill="url(#wall)"/>' +
    `<g transform="translate(240 305) scale(1.28)">${back}${body(look)}${head(look)}${features(look)}${fringe(look)}${glasses(look)}</g></svg>`
  );
}

function body({ skin, shade, clothes, trim, collar }: Look): string {
  const neck = `<path d="M-46 95V190Q0 232 46 190V95z" fill="${shade}"/>`;
  const shoulders = `<path d="M-250 360V300Q-215 232 -120 212L-52 186Q0 238 52 186L120 212Q215 232 250 300V360z" fill="${clothes}"/>`;
  const throat = `<path d="M-50 182Q0 246 50 182L46 160H-46z" fill="${skin}" opacity="0.55"/>`;
  const cuts = [
    `<path d="M-56 182L0 268L56 182L84 206L28 300L0 268L-28 300L-84 206z" fill="${trim}"/>`,
    `<path d="M-58 168Q0 232 58 168L62 196Q0 262 -62 196z" fill="${trim}"/>`,
    `<path d="M-58 184Q0 262 58 184" fill="none" stroke="${trim}" stroke-width="10"/><circle cx="0" cy="290" r="6" fill="${trim}"/>`,
  ];
  return neck + shoulders + throat + (cuts[collar] ?? '');
}

function head({ cheek: c, chin, shade }: Look): string {
  const jaw = 132 + 16 * chin;
  const width = 0.62 + 0.16 * (1 - chin);
  const ear = `<ellipse cy="12" rx="17" ry="31" fill="${shade}"/>`;
  return (
    `<g transform="translate(${-c - 2} 0)">${ear}</g><g transform="translate(${c + 2} 0)">${ear}</g>` +
    `<path d="M${-c} -20C${-c} -150 ${c} -150 ${c} -20C${c} 60 ${c * width} ${jaw} 0 ${jaw}C${-c * width} ${jaw} ${-c} 60 ${-c} -20z" fill="url(#face)"/>`
  );
}

function features(look: Look): string {
  const { eyeGap, eyeSize, brow, nose, mouth, hair, shade, mole } = look;
  const eye = (side: 1 | -1): string =>
    `<g transform="translate(${side * eyeGap} 0)"><ellipse rx="${eyeSize + 7}" ry="${eyeSize * 0.62}" fill="#fffdf8"/>` +
    `<circle r="${eyeSize * 0.58}" fill="#2c1b10"/><circle cx="3" cy="-3" r="2.6" fill="#fff"/>` +
    `<path d="M${-eyeSize - 8} 1Q0 ${-eyeSize * 1.15} ${eyeSize + 8} 1" fill="none" stroke="#20150e" stroke-width="${look.female ? 5 : 3.6}" stroke-linecap="round"/>` +
    `<path d="M${-27 * side} ${-25 - brow}Q0 ${-38} ${27 * side} ${-25 + brow}" fill="none" stroke="${hair}" stroke-width="${look.female ? 6 : 9}" stroke-linecap="round"/></g>`;
  const lips = look.female ? '#c4574f' : '#b1695a';
  const lines = look.old
    ? `<g fill="none" stroke="${shade}" stroke-width="3"><path d="M-52 60Q-58 84 -46 100M52 60Q58 84 46 100M-40 -72Q0 -80 40 -72M-34 -88Q0 -96 34 -88"/></g>`
    : '';
  const moustache = look.moustache ? `<path d="M-34 74Q0 56 34 74Q0 70 -34 74z" fill="${hair}"/>` : '';
  const spot = mole === null ? '' : `<circle cx="${mole.x}" cy="${mole.y}" r="3.4" fill="#5b3a26"/>`;
  return (
    eye(-1) +
    eye(1) +
    `<path d="M-4 12Q${-nose - 2} 46 ${-nose} 50Q0 62 ${nose} 50" fill="none" stroke="${shade}" stroke-width="4.5" stroke-linecap="round"/>` +
    `<path d="M${-mouth} 84Q${-mouth / 2} 76 0 81Q${mouth / 2} 76 ${mouth} 84Q0 ${96 + mouth / 5} ${-mouth} 84z" fill="${lips}"/>` +
    `<path d="M${-mouth} 84Q0 90 ${mouth} 84" fill="none" stroke="#7c3a33" stroke-width="2"/>${lines}${moustache}${spot}`
  );
}

function longHair({ cheek: c, hair, hairStyle }: Look): string {
  const shapes = [
    `M${-c - 34} 250Q${-c - 60} -40 ${-c - 18} -90Q0 -200 ${c + 18} -90Q${c + 60} -40 ${c + 34} 250Q0 210 ${-c - 34} 250z`,
    `M${-c - 26} 120Q${-c - 46} -60 ${-c} -100Q0 -196 ${c} -100Q${c + 46} -60 ${c + 26} 120Q0 150 ${-c - 26} 120z`,
    `M-60 -120Q-70 -206 0 -210Q70 -206 60 -120zM${-c - 14} 30Q${-c - 30} -160 0 -164Q${c + 30} -160 ${c + 14} 30z`,
    `M${-c - 22} 60Q${-c - 40} -70 ${-c} -104Q0 -190 ${c} -104Q${c + 40} -70 ${c + 22} 60L${c + 40} 230Q${c + 4} 250 ${c - 14} 120H${-c}z`,
  ];
  return `<path d="${shapes[hairStyle] ?? ''}" fill="${hair}"/>`;
}

function fringe({ female, cheek: c, hair, hairStyle }: Look): string {
  const women = [
    `M${-c - 8} 8Q${-c} -96 -8 -102Q${c * 0.2} -70 ${c + 8} 8Q${c + 34} -150 0 -158Q${-c - 34} -150 ${-c - 8} 8z`,
    `M${-c - 8} 6V-52H${c + 8}V6Q${c + 34} -154 0 -160Q${-c - 34} -154 ${-c - 8} 6z`,
    `M${-c - 6} -10Q${-c + 6} -100 0 -112Q${c - 6} -100 ${c + 6} -10Q${c + 26} -156 0 -160Q${-c - 26} -156 ${-c - 6} -10z`,
    `M${-c - 8} 10Q${-c - 4} -70 ${c * 0.45} -106Q${c} -60 ${c + 8} 10Q${c + 34} -152 0 -160Q${-c - 34} -152 ${-c - 8} 10z`,
  ];
  const men = [
    `M${-c - 5} -8Q${-c + 4} -84 ${-c * 0.5} -90Q0 -74 ${c * 0.6} -92Q${c - 4} -80 ${c + 5} -8Q${c + 24} -158 0 -164Q${-c - 24} -158 ${-c - 5} -8z`,
    `M${-c - 5} -12Q${-c + 6} -76 ${-c * 0.2} -108L${c * 0.9} -70L${c + 5} -12Q${c + 30} -150 ${c * 0.2} -168Q${-c - 20} -170 ${-c - 5} -12z`,
    `M${-c - 3} -16Q${-c + 8} -98 0 -108Q${c - 8} -98 ${c + 3} -16Q${c + 16} -146 0 -150Q${-c - 16} -146 ${-c - 3} -16z`,
    `M${-c - 5} -10L${-c + 12} -72L${-c * 0.4} -88L${-c * 0.1} -70L${c * 0.3} -92L${c * 0.6} -70L${c - 8} -80L${c + 5} -10Q${c + 28} -160 0 -172Q${-c - 28} -160 ${-c - 5} -10z`,
  ];
  return `<path d="${(female ? women : men)[hairStyle] ?? ''}" fill="${hair}"/>`;
}

function glasses({ glasses: worn, eyeGap, cheek }: Look): string {
  if (!worn) return '';
  const half = eyeGap - 9;
  const lens = (x: number): string =>
    `<rect x="${x - half}" y="-24" width="${2 * half}" height="50" rx="17" fill="#fff" fill-opacity="0.14"/>`;
  return `<g fill="none" stroke="#2b2b33" stroke-width="4.5">${lens(-eyeGap)}${lens(eyeGap)}<path d="M-9 -4Q0 -11 9 -4M${-eyeGap - half} -6L${-cheek} -10M${eyeGap + half} -6L${cheek} -10"/></g>`;
}

const FINGER = Object.freeze({ width: 300, height: 400, dpi: 500, ridgePx: 9 });

/**
 * A finger-like ridge image: 8-bit grey PNG, 300 × 400 at 500 dpi, ridges 9 pixels apart (0.46 mm, as on a hand). The ridges are the
 * level lines of one phase; each minutia is a vortex of that phase, which makes a ridge end or fork there.
 */
export async function drawFinger(personalNumber: string, hand: 'left' | 'right'): Promise<Uint8Array> {
  const grey = ridges(randomOf(`finger ${hand} ${personalNumber}`));
  const png = await sharp(grey, { raw: { width: FINGER.width, height: FINGER.height, channels: 1 } })
    .toColourspace('b-w')
    .withDensity(FINGER.dpi)
    .png({ compressionLevel: 9 })
    .toBuffer();
  return withoutExif(png);
}

/** sharp writes a density twice, as pHYs and as EXIF; what goes onto a chip carries no EXIF. */
function withoutExif(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const kept: Uint8Array[] = [png.subarray(0, PNG_SIGNATURE_BYTES)];
  for (let at = PNG_SIGNATURE_BYTES; at < png.length;) {
    const chunk = png.subarray(at, at + PNG_CHUNK_BYTES + view.getUint32(at));
    if (Buffer.from(chunk.subarray(4, 8)).toString('latin1') !== 'eXIf') kept.push(chunk);
    at += chunk.length;
  }
  return concat(...kept);
}

const PNG_SIGNATURE_BYTES = 8;
/** Length, type and check sum of a chunk. */
const PNG_CHUNK_BYTES = 12;

function ridges(random: Random): Uint8Array {
  const { width, height, ridgePx } = FINGER;
  const core = { x: width / 2 + random.between(-14, 14), y: height * 0.45 + random.between(-18, 18) };
  const stretch = random.between(0.68, 0.86);
  const lean = random.between(-0.35, 0.35);
  // 0: arch-like rings, ±1 and ±2: whorls that turn with so many ridges.
  const turns = random.pick([-2, -1, 0, 1, 2]);
  const waves = Array.from({ length: 4 }, () => ({
    kx: random.between(-0.022, 0.022),
    ky: random.between(-0.022, 0.022),
    phase: random.between(0, 6.28),
    depth: random.between(2, 6),
  }));
  const minutiae = Array.from({ length: 11 }, () => ({
    x: random.between(width * 0.16, width * 0.84),
    y: random.between(height * 0.14, height * 0.86),
    sign: random.pick([-1, 1]),
  }));
  const out = new Uint8Array(width * height).fill(255);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const edge = Math.hypot((x - width / 2) / (width * 0.47), (y - height / 2) / (height * 0.48));
      if (edge >= 1) continue;
      const dx = x - core.x + lean * (y - core.y);
      const dy = (y - core.y) * stretch;
      // Under the core the rings open towards the tip's base, smoothly.
      const below = 0.17 * (dy + Math.hypot(dy, 45) - 45);
      let distance = Math.hypot(dx, dy) - below;
      for (const wave of waves) distance += wave.depth * Math.sin(wave.kx * x + wave.ky * y + wave.phase);
      let phase = (2 * Math.PI * distance) / ridgePx + turns * Math.atan2(dy, dx);
      for (const minutia of minutiae) phase += minutia.sign * Math.atan2(y - minutia.y, x - minutia.x);
      const ink = (0.5 + 0.5 * Math.cos(phase)) ** 0.8 * Math.min(1, (1 - edge) * 6);
      // Eight levels draw a ridge well enough, and both fingers then fit the largest file that chips in the field take.
      out[y * width + x] = 255 - 32 * Math.round(ink * 7);
    }
  }
  return out;
}
