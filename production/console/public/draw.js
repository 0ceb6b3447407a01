/** Elements without markup strings: the page's policy allows no inline style, and nothing from outside is ever parsed as HTML. */
export function el(name, attributes, children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== '') node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function put(node, children) {
  node.replaceChildren(...children);
}

function svg(name, attributes, children = []) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const LINE = { fill: 'none', stroke: 'currentColor', 'stroke-width': '2.2', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' };

/** A reader with a card in it or without, a printer, an eye. */
export function seatPicture(kind, working) {
  const card = svg('g', { class: 'slot' }, [
    svg('rect', { x: '13', y: '5', width: '22', height: '16', rx: '2.5', ...LINE }),
    svg('rect', { x: '17', y: '9.5', width: '6', height: '6', rx: '1', ...LINE, 'stroke-width': '1.6' }),
  ]);
  const shapes = {
    encode: [svg('path', { d: 'M7 24h34v13a4 4 0 0 1-4 4H11a4 4 0 0 1-4-4z', ...LINE }), svg('path', { d: 'M13 31h10', ...LINE })],
    inspect: [
      svg('path', { d: 'M6 32c5-7 11-10 18-10s13 3 18 10c-5 7-11 10-18 10S11 39 6 32z', ...LINE }),
      svg('circle', { cx: '24', cy: '32', r: '4.5', ...LINE }),
    ],
    printer: [
      svg('path', { d: 'M12 24H9a3 3 0 0 0-3 3v9a3 3 0 0 0 3 3h30a3 3 0 0 0 3-3v-9a3 3 0 0 0-3-3h-3', ...LINE }),
      svg('path', { d: 'M13 33h22', ...LINE }),
    ],
  };
  return svg('svg', { viewBox: '0 0 48 48', 'aria-hidden': 'true' }, [...(working ? [card] : []), ...(shapes[kind] ?? shapes.encode)]);
}

/** A share as a ring. */
export function ring(ratio, text) {
  const length = 2 * Math.PI * 16;
  const value = svg('circle', {
    class: 'value',
    cx: '20',
    cy: '20',
    r: '16',
    transform: 'rotate(-90 20 20)',
    'stroke-dasharray': `${ratio * length} ${length}`,
  });
  const label = svg('text', { x: '20', y: '20.4' }, [text]);
  return svg('svg', { viewBox: '0 0 40 40', role: 'img', 'aria-label': text }, [
    svg('circle', { class: 'track', cx: '20', cy: '20', r: '16' }),
    ...(ratio > 0 ? [value] : []),
    label,
  ]);
}
