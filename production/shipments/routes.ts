import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';

import { HttpError, personOf, PLANT_ROLES, provinceScope, type Identity } from '#production/access';
import type { Room } from '#production/http';
import type { StoreDeps } from '#production/store';

import { birthCertificate, shipConsignment } from './pack.ts';
import { receiveReceipt } from './receipts.ts';
import type { ShipmentErrorCode } from './shipment-error.ts';
import { listCases, listConsignments, manifestFiles, type ConsignmentView, type ManifestFiles } from './shipment-queries.ts';

const Time = Type.String({ format: 'date-time' });
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const ConsignmentId = Type.String({ pattern: '^shp-[0-9a-z]{26}$' });
const Params = Type.Object({ id: ConsignmentId }, { additionalProperties: false });

const Consignment = Type.Object({
  consignmentId: Type.String(),
  batchId: Type.String(),
  provinceCode: Type.String(),
  state: Type.String(),
  manifestSha256: Type.String(),
  createdAt: Time,
  shippedAt: orNull(Time),
  receivedAt: orNull(Time),
  boxes: Type.Array(Type.Object({ number: Type.Integer(), office: Type.String(), seal: Type.String(), cards: Type.Integer() })),
});

const Case = Type.Object({
  caseId: Type.String(),
  consignmentId: Type.String(),
  kind: Type.String(),
  cardId: orNull(Type.String()),
  serial: Type.String(),
  state: Type.String(),
  openedAt: Time,
});

const Acknowledged = Type.Object({
  consignmentId: Type.String(),
  state: Type.String(),
  received: Type.Integer(),
  short: Type.Integer(),
  damaged: Type.Integer(),
  over: Type.Integer(),
  cases: Type.Array(Type.String()),
  replayed: Type.Boolean(),
});

/** The receipt's own bytes, which are what was signed, and the signature over them. */
const SignedReceipt = Type.Object(
  { receipt: Type.String({ minLength: 1 }), signature: Type.String({ minLength: 1 }) },
  { additionalProperties: false },
);
const isSignedReceipt = Compile(SignedReceipt);
/** Two files of 4 MiB in base64. */
const RECEIPT_MAX_BYTES = 12 * 1024 * 1024;

const FILES = [
  { name: 'manifest.json', type: 'application/json', pick: (files: ManifestFiles) => files.json },
  { name: 'manifest.p7s', type: 'application/pkcs7-signature', pick: (files: ManifestFiles) => files.signature },
  { name: 'manifest.csv', type: 'text/csv; charset=utf-8', pick: (files: ManifestFiles) => files.csv },
  { name: 'manifest.pdf', type: 'application/pdf', pick: (files: ManifestFiles) => files.pdf },
  { name: 'receipt.json', type: 'application/json', pick: (files: ManifestFiles) => files.receipt?.json },
  { name: 'receipt.p7s', type: 'application/pkcs7-signature', pick: (files: ManifestFiles) => files.receipt?.signature },
] as const;

const STATUSES = {
  BATCH_UNKNOWN: 404,
  BATCH_NOT_INSPECTED: 409,
  CONSIGNMENT_UNKNOWN: 404,
  CONSIGNMENT_STATE: 409,
  PROVINCE_CERTIFICATE_MISSING: 409,
  RECEIPT_MALFORMED: 422,
  RECEIPT_SIGNATURE: 422,
  RECEIPT_CONTENT: 422,
  RECEIPT_STATE: 409,
  RECEIPT_REPLAYED: 409,
  FONT_MISSING: 503,
} as const satisfies Room['statuses'] & Record<ShipmentErrorCode, number>;

/** What a province may know of: consignments on their way to it, or there. */
const ON_THE_WAY: ReadonlySet<string> = new Set(['SHIPPED', 'RECEIVED', 'RECEIVED_WITH_CASE']);

/** Consignments, their signed manifests, receipts and cases. A province sees its own, once dispatched, and no other exists for it. */
export function shipmentRoom(deps: StoreDeps, options: { readonly parse: (bytes: Uint8Array) => unknown }): Room {
  /** The consignments that this person may know of. */
  const visible = async (identity: Identity, consignmentId?: string): Promise<readonly ConsignmentView[]> => {
    const provinceCode = provinceScope(identity);
    const found = await listConsignments(deps, {
      ...(provinceCode === null ? {} : { provinceCode }),
      ...(consignmentId === undefined ? {} : { consignmentId }),
    });
    return provinceCode === null ? found : found.filter((consignment) => ON_THE_WAY.has(consignment.state));
  };
  const one = async (identity: Identity, consignmentId: string): Promise<ConsignmentView> => {
    const [found] = await visible(identity, consignmentId);
    if (found === undefined) throw new HttpError('NOT_FOUND', { where: 'id' });
    return found;
  };
  return {
    name: 'shipments',
    statuses: STATUSES,
    routes(api) {
      api.route({
        method: 'GET',
        url: '/v1/shipments',
        config: { access: ['province', ...PLANT_ROLES] },
        schema: {
          tags: ['shipments'],
          summary: 'Consignments in the order of packing',
          response: { 200: Type.Object({ shipments: Type.Array(Consignment) }) },
        },
        handler: async (request) => ({ shipments: (await visible(personOf(request))).map(shown) }),
      });
      api.route({
        method: 'GET',
        url: '/v1/shipments/:id',
        config: { access: ['province', ...PLANT_ROLES] },
        schema: {
          tags: ['shipments'],
          summary: 'One consignment with its boxes and seals',
          params: Params,
          response: { 200: Consignment },
        },
        handler: async (request) => shown(await one(personOf(request), request.params.id)),
      });
      for (const { name, type, pick } of FILES) {
        api.route({
          method: 'GET',
          url: `/v1/shipments/:id/${name}`,
          config: { access: ['province', ...PLANT_ROLES], answerIsFile: true },
          schema: { tags: ['shipments'], summary: `The stored bytes of ${name}`, params: Params, produces: [type.split(';')[0] ?? type] },
          handler: async (request, reply) => {
            const { id } = request.params;
            await one(personOf(request), id);
            const files = await manifestFiles(deps, id);
            const bytes = files === null ? undefined : pick(files);
            if (bytes === undefined) throw new HttpError('NOT_FOUND', { where: name });
            return reply.header('content-disposition', `attachment; filename="${id}-${name}"`).type(type).send(Buffer.from(bytes));
          },
        });
      }
      api.route({
        method: 'POST',
        url: '/v1/shipments/:id/dispatch',
        config: { access: ['operator'] },
        schema: { tags: ['shipments'], summary: 'The consignment has left the plant', params: Params, response: { 200: Consignment } },
        handler: async (request) => {
          const person = personOf(request);
          await shipConsignment(deps, { consignmentId: request.params.id, who: person.personId });
          return shown(await one(person, request.params.id));
        },
      });
      api.route({
        method: 'POST',
        url: '/v1/shipments/:id/receipt',
        bodyLimit: RECEIPT_MAX_BYTES,
        config: { access: ['province'], rawBody: true },
        schema: {
          tags: ['shipments'],
          summary: 'The province’s receipt (cardmint-receipt/1) with a detached CMS signature, both in base64: `{ receipt, signature }`',
          description: 'Accepted once, from the addressed province, for this manifest. What is short, damaged or over opens a case each.',
          params: Params,
          response: { 200: Acknowledged },
        },
        handler: async (request) => {
          const person = personOf(request);
          const body = options.parse(request.body as Uint8Array);
          if (!isSignedReceipt.Check(body)) {
            throw new HttpError('FIELD_INVALID', { where: 'body', detail: 'receipt and signature, both base64' });
          }
          await one(person, request.params.id);
          const acknowledged = await receiveReceipt(deps, {
            consignmentId: request.params.id,
            receipt: bytesOf(body.receipt, 'receipt'),
            signature: bytesOf(body.signature, 'signature'),
            who: person.personId,
            provinceCode: provinceScope(person) ?? '',
          });
          return { ...acknowledged, cases: [...acknowledged.cases] };
        },
      });
      api.route({
        method: 'GET',
        url: '/v1/cases',
        config: { access: ['province', ...PLANT_ROLES] },
        schema: {
          tags: ['shipments'],
          summary: 'What did not arrive as it was sent',
          querystring: Type.Object({ consignmentId: Type.Optional(ConsignmentId) }, { additionalProperties: false }),
          response: { 200: Type.Object({ cases: Type.Array(Case) }) },
        },
        handler: async (request) => {
          const { consignmentId } = request.query;
          const mine = new Set((await visible(personOf(request), consignmentId)).map((consignment) => consignment.consignmentId));
          const cases = await listCases(deps, consignmentId === undefined ? {} : { consignmentId });
          return {
            cases: cases.filter((one) => mine.has(one.consignmentId)).map((one) => ({ ...one, openedAt: one.openedAt.toISOString() })),
          };
        },
      });
      api.route({
        method: 'GET',
        url: '/v1/cards/:id/birth-certificate',
        config: { access: PLANT_ROLES, answerIsFile: true },
        schema: {
          tags: ['cards'],
          summary: 'The plant’s signed statement of how this card was made (compact JWS)',
          params: Type.Object({ id: Type.String({ pattern: '^crd-[0-9a-z]{26}$' }) }, { additionalProperties: false }),
          produces: ['application/jose'],
        },
        handler: async (request, reply) => {
          const jws = await birthCertificate(deps, request.params.id);
          if (jws === null) throw new HttpError('NOT_FOUND', { where: 'id' });
          return reply.type('application/jose').send(Buffer.from(jws));
        },
      });
    },
  };
}

/** RFC 4648 §4, strictly: Node's own decoder skips what it does not know. */
function bytesOf(base64: string, where: string): Uint8Array {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) throw new HttpError('FIELD_INVALID', { where: `body.${where}`, detail: 'base64' });
  return Uint8Array.from(bytes);
}

function shown(consignment: ConsignmentView): Static<typeof Consignment> {
  return {
    ...consignment,
    createdAt: consignment.createdAt.toISOString(),
    shippedAt: consignment.shippedAt?.toISOString() ?? null,
    receivedAt: consignment.receivedAt?.toISOString() ?? null,
    boxes: consignment.boxes.map((box) => ({ ...box })),
  };
}
