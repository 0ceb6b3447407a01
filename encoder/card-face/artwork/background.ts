import { FACE, MRZ, type Side } from '../layout.ts';
import { short } from '../svg.ts';

/**
 * The ground of both faces: blue turning to yellow and to blue-green, under guilloche of our own (bands of waves and rosettes, each a
 * closed formula). The front carries a bronze drum, the back a lotus. Lines are a tenth of a millimetre and lighter than any
 * reader's ink threshold, lightest under the MRZ (Doc 9303-3 §4.5: a security feature does not disturb the reading).
 */
export function backgroundSvg(side: Side): string {
  const [width, height] = [FACE.widthPx / FACE.pxPerMm, FACE.heightPx / FACE.pxPerMm];
  const ground =
    `<rect width="${short(width)}" height="${short(height)}" fill="url(#ground)"/>` +
    `<rect width="${short(width)}" height="${short(height)}" fill="url(#groundGlow)"/>`;
  return side === 'front'
    ? ground + waves(WAVES_FRONT) + rosettes(ROSETTES_FRONT) + bronzeDrum({ x: 56, y: 33, radius: 18.5 })
    : ground + waves(WAVES_BACK) + rosettes(ROSETTES_BACK) + lotus({ x: 40, y: 23, size: 11 }) + mrzVeil(width, height);
}

export const BACKGROUND_DEFS =
  '<linearGradient id="ground" x1="0" y1="0" x2="1" y2="1">' +
  '<stop offset="0" stop-color="#cfe6f4"/><stop offset="0.45" stop-color="#fbf6d9"/><stop offset="0.62" stop-color="#f6f5dc"/><stop offset="1" stop-color="#c5e8e0"/></linearGradient>' +
  '<radialGradient id="groundGlow" cx="0.62" cy="0.55" r="0.5">' +
  '<stop offset="0" stop-color="#fff4c4" stop-opacity="0.75"/><stop offset="1" stop-color="#fff4c4" stop-opacity="0"/></radialGradient>' +
  '<linearGradient id="thread" gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="85.6" y2="40">' +
  '<stop offset="0" stop-color="#4f93c8"/><stop offset="0.5" stop-color="#d9a93c"/><stop offset="1" stop-color="#3aa08f"/></linearGradient>' +
  '<linearGradient id="threadCross" gradientUnits="userSpaceOnUse" x1="85.6" y1="0" x2="0" y2="54">' +
  '<stop offset="0" stop-color="#57a9b8"/><stop offset="0.5" stop-color="#d88a7a"/><stop offset="1" stop-color="#5b83c4"/></linearGradient>' +
  '<linearGradient id="veil" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#fff" stop-opacity="0"/>' +
  '<stop offset="0.16" stop-color="#fff" stop-opacity="0.6"/><stop offset="1" stop-color="#fff" stop-opacity="0.6"/></linearGradient>';

interface WaveBand {
  readonly y: number;
  readonly spread: number;
  readonly count: number;
  readonly amplitude: number;
  readonly length: number;
  readonly drift: number;
  readonly stroke: 'thread' | 'threadCross';
  readonly opacity: number;
}

const WAVES_FRONT: readonly WaveBand[] = [
  { y: 9, spread: 17, count: 26, amplitude: 2.6, length: 34, drift: 0.16, stroke: 'thread', opacity: 0.34 },
  { y: 9, spread: 17, count: 26, amplitude: 2.6, length: 27, drift: -0.14, stroke: 'threadCross', opacity: 0.26 },
  { y: 46, spread: 15, count: 24, amplitude: 3, length: 41, drift: 0.13, stroke: 'threadCross', opacity: 0.3 },
  { y: 46, spread: 15, count: 24, amplitude: 2.4, length: 29, drift: -0.17, stroke: 'thread', opacity: 0.26 },
  { y: 28, spread: 20, count: 22, amplitude: 4.4, length: 52, drift: 0.1, stroke: 'thread', opacity: 0.2 },
];

const WAVES_BACK: readonly WaveBand[] = [
  { y: 8, spread: 16, count: 26, amplitude: 2.8, length: 38, drift: 0.15, stroke: 'threadCross', opacity: 0.3 },
  { y: 9, spread: 17, count: 24, amplitude: 2.2, length: 25, drift: -0.15, stroke: 'thread', opacity: 0.28 },
  { y: 25, spread: 14, count: 20, amplitude: 3.6, length: 47, drift: 0.12, stroke: 'thread', opacity: 0.24 },
  { y: 42, spread: 24, count: 28, amplitude: 3.1, length: 43, drift: 0.11, stroke: 'threadCross', opacity: 0.28 },
  { y: 42, spread: 24, count: 28, amplitude: 2.5, length: 31, drift: -0.13, stroke: 'thread', opacity: 0.26 },
];

/** Each line drifts in phase against the last, which makes the moiré-like net of a guilloche machine. */
function waves(bands: readonly WaveBand[]): string {
  return bands
    .map((band) => {
      let path = '';
      for (let line = 0; line < band.count; line += 1) {
        const base = band.y - band.spread / 2 + (band.spread * line) / (band.count - 1);
        const phase = line * band.drift * Math.PI;
        for (let x = -1; x <= 87; x += 1.1) {
          const swell = 0.55 + 0.45 * Math.sin(x / 19 + line * 0.11);
          const y = base + band.amplitude * swell * Math.sin((2 * Math.PI * x) / band.length + phase);
          path += `${x === -1 ? 'M' : 'L'}${short(x)} ${short(y)}`;
        }
      }
      return thread(path, band);
    })
    .join('');
}

interface Rosette {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly petals: number;
  readonly rings: number;
  readonly stroke: 'thread' | 'threadCross';
  readonly opacity: number;
}

const ROSETTES_FRONT: readonly Rosette[] = [
  { x: 14, y: 9.1, radius: 9.4, petals: 12, rings: 9, stroke: 'threadCross', opacity: 0.4 },
  { x: 74.7, y: 26.5, radius: 9, petals: 9, rings: 8, stroke: 'threadCross', opacity: 0.3 },
];

const ROSETTES_BACK: readonly Rosette[] = [
  { x: 15.2, y: 23.8, radius: 11, petals: 16, rings: 9, stroke: 'thread', opacity: 0.36 },
  { x: 69.7, y: 15.4, radius: 15.5, petals: 14, rings: 10, stroke: 'threadCross', opacity: 0.3 },
];

function rosettes(list: readonly Rosette[]): string {
  return list
    .map((rosette) => {
      let path = '';
      for (let ring = 0; ring < rosette.rings; ring += 1) {
        const share = 0.32 + (0.68 * ring) / (rosette.rings - 1);
        for (let step = 0; step <= 220; step += 1) {
          const angle = (2 * Math.PI * step) / 220;
          const swell = 1 + 0.16 * Math.sin(rosette.petals * angle + ring * 0.7);
          const radius = (rosette.radius * share * swell) / 1.16;
          path += `${step === 0 ? 'M' : 'L'}${short(rosette.x + radius * Math.cos(angle))} ${short(rosette.y + radius * Math.sin(angle))}`;
        }
      }
      return thread(path, rosette);
    })
    .join('');
}

/** After the face of a Đông Sơn drum: the star with fourteen rays, rings of dots, and tangent circles. */
function bronzeDrum(at: { x: number; y: number; radius: number }): string {
  let path = '';
  for (let ray = 0; ray < 28; ray += 1) {
    const angle = (Math.PI * ray) / 14 - Math.PI / 2;
    const radius = at.radius * (ray % 2 === 0 ? 0.3 : 0.11);
    path += `${ray === 0 ? 'M' : 'L'}${point(at, radius, angle)}`;
  }
  path += 'z';
  let dots = '';
  for (const [share, count, size] of [
    [0.37, 44, 0.2],
    [0.52, 30, 0.62],
    [0.66, 76, 0.22],
    [0.8, 42, 0.72],
    [0.94, 108, 0.24],
  ] as const) {
    for (let i = 0; i < count; i += 1) {
      const angle = (2 * Math.PI * i) / count;
      dots += `<circle cx="${short(at.x + at.radius * share * Math.cos(angle))}" cy="${short(at.y + at.radius * share * Math.sin(angle))}" r="${size}"/>`;
    }
  }
  const rings = [0.33, 0.41, 0.445, 0.595, 0.625, 0.695, 0.73, 0.87, 0.9, 0.98, 1]
    .map((share) => `<circle cx="${at.x}" cy="${at.y}" r="${short(at.radius * share)}"/>`)
    .join('');
  return `<g fill="none" stroke="#b98a2e" stroke-width="0.13" opacity="0.3">${rings}${dots}<path d="${path}" fill="#d9a93c" fill-opacity="0.5"/></g>`;
}

/** An open lotus: layers of pointed petals over a line of water. */
function lotus(at: { x: number; y: number; size: number }): string {
  let petals = '';
  for (const [turn, length, width] of [
    [0, 1, 0.3],
    [22, 0.98, 0.3],
    [-22, 0.98, 0.3],
    [44, 0.94, 0.29],
    [-44, 0.94, 0.29],
    [66, 0.9, 0.27],
    [-66, 0.9, 0.27],
    [84, 0.86, 0.22],
    [-84, 0.86, 0.22],
  ] as const) {
    for (const share of [1, 0.82, 0.64, 0.46]) {
      const [l, w] = [length * share, width * share];
      petals += `<path d="M0 0C${short(-w * 1.25)} ${short(-l * 0.35)} ${short(-w * 0.8)} ${short(-l * 0.8)} 0 ${short(-l)}C${short(w * 0.8)} ${short(-l * 0.8)} ${short(w * 1.25)} ${short(-l * 0.35)} 0 0z" transform="rotate(${turn})"/>`;
    }
  }
  return (
    `<g transform="translate(${at.x} ${at.y + at.size * 0.55}) scale(${at.size * 1.35})" fill="#f3a7b8" fill-opacity="0.045" ` +
    `stroke="#c0567a" stroke-width="0.008" opacity="0.5">${petals}</g>`
  );
}

/** Lifts the ground under the machine readable zone. */
function mrzVeil(width: number, height: number): string {
  return `<rect y="${MRZ.zoneTopMm + 0.6}" width="${short(width)}" height="${short(height - MRZ.zoneTopMm)}" fill="url(#veil)"/>`;
}

function thread(path: string, style: { stroke: string; opacity: number }): string {
  return `<path d="${path}" fill="none" stroke="url(#${style.stroke})" stroke-width="0.11" opacity="${style.opacity}"/>`;
}

function point(at: { x: number; y: number }, radius: number, angle: number): string {
  return `${short(at.x + radius * Math.cos(angle))} ${short(at.y + radius * Math.sin(angle))}`;
}
