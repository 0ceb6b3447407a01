import { createHash } from 'node:crypto';
import { appendAudit } from '#production/audit';
import { withTransaction, type StoreDeps } from '#production/store';
import { PROVINCES, requireProvince } from './province-list.ts';

export interface DeliveryOffice {
  /** `<province>.<commune>`, e.g. `01.00004`. */
  readonly code: string;
  readonly name: string;
}

/** The 34 provinces and the offices of the configuration, as rows that orders may name. Idempotent; names follow the configuration. Error PROVINCE_UNKNOWN. */
export async function ensureProvinces(deps: StoreDeps, offices: readonly DeliveryOffice[]): Promise<void> {
  for (const office of offices) requireProvince(office.code.slice(0, 2), `office ${office.code}`);
  await withTransaction(deps.db, async (trx) => {
    await trx
      .insertInto('provinces')
      .values(PROVINCES.map(({ code, name }) => ({ province_code: code, name })))
      .onConflict((conflict) => conflict.column('province_code').doUpdateSet((eb) => ({ name: eb.ref('excluded.name') })))
      .execute();
    if (offices.length === 0) return;
    await trx
      .insertInto('delivery_offices')
      .values(offices.map(({ code, name }) => ({ office_code: code, province_code: code.slice(0, 2), name })))
      .onConflict((conflict) => conflict.column('office_code').doUpdateSet((eb) => ({ name: eb.ref('excluded.name') })))
      .execute();
  });
}

/** Registers the certificate (DER) whose key signs this province's receipts. The one before it is no longer accepted. */
export async function registerProvinceCertificate(
  deps: StoreDeps,
  request: { readonly provinceCode: string; readonly certificate: Uint8Array; readonly who: string },
): Promise<boolean> {
  return await withTransaction(deps.db, async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('provinces')
      .set({ certificate: request.certificate })
      .where('province_code', '=', request.provinceCode)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return false;
    await appendAudit(trx, deps.ids, {
      who: request.who,
      what: 'province.certificate',
      subject: request.provinceCode,
      evidence: { certificateSha256: createHash('sha256').update(request.certificate).digest('hex') },
    });
    return true;
  });
}

export interface ProvinceRow {
  readonly code: string;
  readonly name: string;
  readonly hasCertificate: boolean;
}

export async function listProvinces(deps: Pick<StoreDeps, 'db'>): Promise<readonly ProvinceRow[]> {
  const rows = await deps.db.selectFrom('provinces').selectAll().orderBy('province_code').execute();
  return rows.map((row) => ({ code: row.province_code, name: row.name, hasCertificate: row.certificate !== null }));
}

/** The certificate (DER) that this province signs receipts with; null when none is registered. */
export async function provinceCertificate(deps: Pick<StoreDeps, 'db'>, provinceCode: string): Promise<Uint8Array | null> {
  const row = await deps.db.selectFrom('provinces').select('certificate').where('province_code', '=', provinceCode).executeTakeFirst();
  return row?.certificate ?? null;
}
