/**
 * The signer: the only process with a session in the token. At its first start it runs the scripted ceremony, at every later
 * one it proves that the token still has each key; then it answers its small API.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '#encoder/bytes';
import { fileCeremonyJournal, runFirstCeremony, specimenPlan } from '#pki/ceremony';
import { Pkcs11Hsm } from '#pki/hsm';
import { secretFile } from '#production/plant';
import { admitFromCeremony, createAnswers, serveSigner, type SignerClientIdentity } from '#production/signer';
import { runProcess } from './process.ts';
import { openToken } from './refused-pin.ts';
import { openPlantDatabase, signerTokenFile, type RunningPlant } from './running-plant.ts';
import { ceremonyDocumentSigners, ceremonyTrust, signerToken } from './signer-token.ts';

const CALLERS: readonly SignerClientIdentity[] = ['api', 'line', 'inspector', 'worker', 'authority'];

await runProcess('signer', async (plant, log) => {
  const [token] = plant.tokens;
  if (token === undefined) throw new Error('a plant has tokens');
  const hsm = new Pkcs11Hsm({ tokenLabel: token.tokenLabel, modulePath: token.module });
  await openToken(hsm, { plantDir: plant.plantDir, name: token.name, pinFile: token.pinFile });
  const plan = specimenPlan();
  const ceremony = await runFirstCeremony(
    hsm,
    plan,
    { transportMaster: secretFromHex(plant.makerMasterFile) },
    { clock: () => new Date(), journal: fileCeremonyJournal(join(plant.plantDir, 'ceremony.minutes.jsonl')) },
  );
  const db = await openPlantDatabase(plant, 'signer', 4);
  await admitFromCeremony(db, ceremonyDocumentSigners(ceremony));
  const server = await serveSigner(plant.signerSocket, {
    answers: createAnswers({ db, tokens: [signerToken(hsm, plan, ceremony)], trust: ceremonyTrust(ceremony), clock: () => new Date() }),
    identities: identities(plant),
    log,
  });
  return {
    async stop() {
      await server.close();
      await db.destroy();
      await hsm.close();
    },
  };
});

/** One token a caller, made once and kept; its file can be read by the plant's own user only. */
function identities(plant: RunningPlant): Readonly<Record<SignerClientIdentity, string>> {
  const entries = CALLERS.map((caller) => {
    const token = secretFile(signerTokenFile(plant, caller));
    return [caller, Buffer.from(token.reveal()).toString('utf8').trim()] as const;
  });
  return Object.fromEntries(entries) as Record<SignerClientIdentity, string>;
}

function secretFromHex(path: string): Secret {
  return Secret.takeOver(Uint8Array.from(Buffer.from(readFileSync(path, 'utf8').trim(), 'hex')));
}
