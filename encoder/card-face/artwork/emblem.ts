import { short } from '../svg.ts';

/**
 * A drawn national emblem after the description in the Constitution (2013) article 13: round, red ground, gold star, framed by ears of
 * rice, with half a cogwheel and a ribbon below. Our own simplified drawing, centred on 0,0 with a radius of 1.
 */
export function emblemSvg(at: { x: number; y: number; diameter: number }): string {
  return (
    `<g transform="translate(${at.x} ${at.y}) scale(${at.diameter / 2})">` +
    '<circle r="1" fill="#b8891d"/><circle r="0.975" fill="#f6d25a"/><circle r="0.93" fill="#c9141b"/>' +
    '<circle r="0.93" fill="url(#emblemGlow)"/>' +
    ears(1) +
    ears(-1) +
    cogwheel() +
    ribbon() +
    `<path d="${star({ x: 0, y: -0.3, radius: 0.34 })}" fill="#ffd84d" stroke="#e0a81e" stroke-width="0.015"/>` +
    '</g>'
  );
}

export const EMBLEM_DEFS =
  '<radialGradient id="emblemGlow" gradientUnits="userSpaceOnUse" cx="0" cy="-0.25" r="1.1">' +
  '<stop offset="0" stop-color="#ff4a3d" stop-opacity="0.75"/><stop offset="1" stop-color="#8e0710" stop-opacity="0.35"/></radialGradient>';

/** A five-pointed star, one point up. */
export function star(at: { x: number; y: number; radius: number }): string {
  const points = Array.from({ length: 10 }, (_, i) => {
    const radius = i % 2 === 0 ? at.radius : at.radius * 0.382;
    const angle = (Math.PI * i) / 5 - Math.PI / 2;
    return `${short(at.x + radius * Math.cos(angle))} ${short(at.y + radius * Math.sin(angle))}`;
  });
  return `M${points.join('L')}z`;
}

/** Two rows of grains along the rim, from the ribbon up to beside the star. `side` 1 is right. */
function ears(side: 1 | -1): string {
  let out = '';
  for (const [radius, tilt] of [
    [0.8, 0.55],
    [0.66, -0.5],
  ] as const) {
    for (let i = 0; i < 15; i += 1) {
      const angle = Math.PI / 2 - 0.42 - i * 0.132;
      const [x, y] = [side * radius * Math.cos(angle), radius * Math.sin(angle)];
      const turn = ((side === 1 ? -angle + tilt : angle - tilt) * 180) / Math.PI;
      out += `<ellipse rx="0.048" ry="0.105" transform="translate(${short(x)} ${short(y)}) rotate(${short(side === 1 ? -turn - 180 + 2 * ((tilt * 180) / Math.PI) : -turn)})"/>`;
    }
  }
  const stem = `M${short(side * 0.27)} 0.68A0.73 0.73 0 0 ${side === 1 ? 0 : 1} ${short(side * 0.5)} -0.53`;
  return `<g fill="#ffd84d" stroke="#c98d14" stroke-width="0.014">${out}</g><path d="${stem}" fill="none" stroke="#e9b52c" stroke-width="0.025"/>`;
}

function cogwheel(): string {
  let teeth = '';
  for (let i = -4; i <= 4; i += 1) {
    teeth += `<rect x="-0.045" y="-0.36" width="0.09" height="0.09" transform="translate(0 0.66) rotate(${i * 20})"/>`;
  }
  return (
    `<g fill="#ffd84d">${teeth}<path d="M-0.3 0.66A0.3 0.3 0 0 1 0.3 0.66L0.19 0.66A0.19 0.19 0 0 0 -0.19 0.66z"/></g>` +
    '<circle cx="0" cy="0.64" r="0.085" fill="#ffd84d"/>'
  );
}

function ribbon(): string {
  return (
    '<path d="M-0.62 0.6L-0.42 0.74Q0 0.9 0.42 0.74L0.62 0.6L0.66 0.72L0.46 0.86Q0 1.0 -0.46 0.86L-0.66 0.72z" fill="#d61a22" stroke="#ffd84d" stroke-width="0.025"/>' +
    '<path d="M-0.3 0.835Q0 0.915 0.3 0.835" fill="none" stroke="#ffd84d" stroke-width="0.035" stroke-dasharray="0.05 0.025"/>'
  );
}
