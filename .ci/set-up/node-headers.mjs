import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that the running node was installed into: `/usr` for `/usr/bin/node`. Its headers are in `include/node`. */
export function nodePrefix() {
  return dirname(dirname(realpathSync(process.execPath)));
}

/** True when the headers beside the running node are there and of the same version: an addon built on others may not load. */
export function hasHeaders() {
  const file = join(nodePrefix(), 'include', 'node', 'node_version.h');
  if (!existsSync(file)) return false;
  const text = readFileSync(file, 'utf8');
  const version = ['MAJOR', 'MINOR', 'PATCH'].map((part) => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1]);
  return version.join('.') === process.versions.node;
}
