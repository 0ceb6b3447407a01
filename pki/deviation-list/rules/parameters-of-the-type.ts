import { ByteReader } from '#encoder/bytes';
import { DER, readOid, readSmallInteger } from '#encoder/tlv';
import type { ListRule } from '#pki/signed-list';
import { readDeviationList, type DeviationDescription } from '../content.ts';
import { DEVIATION_TYPES, deviationTypeOf, PARAMETERS } from '../deviation-types.ts';

/** A field of a certificate, a data group or a field of the MRZ, where the type has such a thing, and none elsewhere. */
export const parametersOfTheType: ListRule = {
  id: 'parameters-of-the-deviation-type',
  clause: 'Doc 9303-12 §10.2, parameters [0] ANY DEFINED BY deviationType',
  level: 'must',
  holds: ({ content }) => readDeviationList(content).deviations.every(({ descriptions }) => descriptions.every(fit)),
};

function fit({ type, parameters }: DeviationDescription): boolean {
  const known = deviationTypeOf(type);
  if (parameters === undefined || known === undefined) return true;
  const { tags, values } = PARAMETERS[DEVIATION_TYPES[known].parameter];
  const [tag = 0] = parameters;
  if (!tags.includes(tag)) return false;
  const reader = new ByteReader(parameters, 'parameters');
  const fits = tag === DER.OBJECT_IDENTIFIER ? readOid(reader) !== '' : values.has(readSmallInteger(reader));
  reader.end();
  return fits;
}
