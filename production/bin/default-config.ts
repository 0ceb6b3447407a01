import { resolve } from 'node:path';
import { loadConfig, parseConfig, type Config } from '#production/config';
import { DEMO_OFFICES } from '#production/demo';

export const DEFAULT_PLANT_DIR = 'var/plant';

/**
 * The plant of a checkout that nobody has configured: everything embedded under `var/plant`, specimen cards, two operators. It
 * is the demo's plant as well, so that what the demo left can be looked at with every command.
 */
export function defaultConfig(plantDir: string, changes: { readonly recovery: 'auto' | 'authorised'; readonly apiPort?: number }): Config {
  const plant = {
    plantDir: resolve(plantDir),
    plantName: 'Cardmint – nhà máy mẫu (specimen plant)',
    profile: 'cccd-2021-specimen',
    recovery: changes.recovery,
    people: [
      { id: 'operator-an', name: 'Nguyễn Thị An', roles: ['operator'] },
      { id: 'operator-binh', name: 'Trần Văn Bình', roles: ['operator'] },
      { id: 'quality-chi', name: 'Lê Minh Chi', roles: ['quality'] },
      { id: 'registry', name: 'Issuing registry', roles: ['registry'] },
      { id: 'auditor', name: 'Auditor', roles: ['auditor'] },
      ...['01', '48', '79'].map((province) => ({ id: `province-${province}`, name: `PC06 ${province}`, roles: ['province'], province })),
    ],
    offices: DEMO_OFFICES.map(({ code, name }) => ({ code, name })),
  };
  const config = parseConfig(plant, process.cwd());
  return changes.apiPort === undefined ? config : { ...config, api: { port: changes.apiPort } };
}

/** The configuration that is named (`--config` or CARDMINT_CONFIG), or the default plant. */
export function chosenConfig(options: { readonly config?: string; readonly recovery: 'auto' | 'authorised' }): Config {
  const named = options.config ?? process.env['CARDMINT_CONFIG'];
  return named === undefined
    ? defaultConfig(DEFAULT_PLANT_DIR, { recovery: options.recovery })
    : loadConfig({ env: process.env, path: named });
}
