import { join } from 'node:path';
import { ApiClient, type CliIo } from '#production/cli';
import {
  demoProvinceKey,
  demoTerminalKey,
  type DemoDeps,
  type DemoFolders,
  type DemoMaterial,
  type DemoProvinceKey,
  type DemoShow,
} from '#production/demo';
import { callMachine } from '#queues/feeders';
import { pkdUpload } from '#pki/pkd';
import type { PublicMaterial } from '#production/signer';
import { defaultConfig } from './default-config.ts';
import { ceremonyOf } from './line-token.ts';
import { openSigner } from './running-plant.ts';
import { startWholePlant, type StartedPlant } from './start-plant.ts';

const PROVINCES = ['01', '48', '79'];

/** A plant for invented people: it recovers by itself, its inspector lays down in clear what it read, and its provinces have keys. */
export async function startDemoPlant(
  io: CliIo,
  folders: DemoFolders,
  show: DemoShow,
  stopping: AbortSignal,
): Promise<{ readonly started: StartedPlant; readonly deps: DemoDeps }> {
  const config = defaultConfig(folders.plantDir, { recovery: 'auto', apiPort: 0 });
  const provinceKeys = await keysOfProvinces(folders.plantDir, new Date());
  let minutes = 0;
  const started = await startWholePlant(config, {
    insecureDemoEvidence: join(folders.resultDir, 'cards'),
    provinceCertificates: new Map([...provinceKeys].map(([province, key]) => [province, key.certificate])),
    stopping,
    onCeremony: () => show.progress(++minutes, 'lễ tạo khóa · key ceremony'),
  });
  const deps: DemoDeps = {
    api: (person) => ApiClient.open({ plant: folders.plantDir, as: person }, io, person),
    manufacture: (order) => callMachine(started.running.feederSocket, 'manufacture', { ...order }),
    provinceKeys,
    material: async () => {
      const signer = openSigner(started.running, 'authority');
      const { privateKey, point } = demoTerminalKey(join(folders.plantDir, 'demo-terminal'));
      const material = await signer.publicMaterial();
      return {
        ...material,
        ...(await publishedBy(folders.plantDir, material)),
        terminal: { chain: await signer.certifyTerminal({ mnemonic: 'DEMOTERM', point }), privateKey },
      };
    },
    imageOf: (serial) => join(folders.plantDir, 'virtual-cards', 'images', `${serial}.image`),
    resultDir: folders.resultDir,
    show,
    now: () => new Date(),
  };
  return { started, deps };
}

async function keysOfProvinces(plantDir: string, now: Date): Promise<ReadonlyMap<string, DemoProvinceKey>> {
  const folder = join(plantDir, 'demo-provinces');
  const keys = new Map<string, DemoProvinceKey>();
  for (const province of PROVINCES) keys.set(province, await demoProvinceKey(folder, province, now));
  return keys;
}

/** What the specimen authority publishes beside its certificates, and the files that it would send to the ICAO PKD. */
async function publishedBy(
  plantDir: string,
  { documentSigners, crl, cscas }: PublicMaterial,
): Promise<Pick<DemoMaterial, 'masterList' | 'masterListSigner' | 'pkd'>> {
  const { masterList, masterListSigner } = await ceremonyOf(plantDir);
  if (masterList === undefined || masterListSigner === undefined) throw new Error('the specimen ceremony issues a master list');
  const { files } = pkdUpload({ country: 'VN', documentSigners, crl, masterList, csca: cscas, at: new Date(), technicalLifeYears: 25 });
  return { masterList, masterListSigner: masterListSigner.certificate, pkd: files };
}
