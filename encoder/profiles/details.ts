import type { Dg11Element, Dg12Element, PersonToNotify } from '#encoder/lds';
import type { CitizenRecord, NotifiedPerson } from './citizen-record.ts';
import { ProfileError } from './profile-error.ts';
import type { CardProfile } from './profile-schema.ts';
import { residenceOf } from './residence.ts';

type Dg11Rule = NonNullable<CardProfile['dg11']>['elements'][number];
type TextRule = Extract<Dg11Rule, { from: string }>;

/** What DG11 says of this holder (Doc 9303-10 table 71); empty when the record has nothing for it. */
export function dg11Elements(profile: CardProfile, record: CitizenRecord): readonly Dg11Element[] {
  return (profile.dg11?.elements ?? []).flatMap((rule): readonly Dg11Element[] => {
    if (rule.element === 'otherNames') {
      const names = (record.otherNames ?? []).map(asName);
      return names.length === 0 ? [] : [{ name: rule.element, kind: 'names', form: rule.form, names }];
    }
    if (rule.element === 'dateOfBirth') {
      return [{ name: rule.element, kind: 'digits', digits: digitsOf(record.dateOfBirth), coding: rule.coding }];
    }
    const text = textOf(profile, rule, record);
    return text === undefined ? [] : [{ name: rule.element, kind: 'text', text: FORMS[rule.form](text) }];
  });
}

/** What DG12 says of this document (Doc 9303-10 table 73): constants of the profile, and the date of issue. */
export function dg12Elements(profile: CardProfile, record: CitizenRecord): readonly Dg12Element[] {
  return (profile.dg12?.elements ?? []).map((rule): Dg12Element => {
    if (rule.element === 'dateOfIssue')
      return { name: rule.element, kind: 'digits', digits: digitsOf(record.dateOfIssue), coding: rule.coding };
    return { name: rule.element, kind: 'text', text: rule.text };
  });
}

/** Persons to notify as DG16 has them (Doc 9303-10 table 81). */
export function personsToNotify(record: CitizenRecord): readonly PersonToNotify[] {
  return (record.personsToNotify ?? []).map(({ dateRecorded, name, telephone, address }: NotifiedPerson) => ({
    dateRecorded: digitsOf(dateRecorded),
    name: asName(name),
    telephone,
    address: asFields(address),
  }));
}

const FORMS: Readonly<Record<TextRule['form'], (text: string) => string>> = { name: asName, fields: asFields, text: (text) => text };

/** In national characters with the fillers of the MRZ: the first word, `<<`, the others with `<` between them. */
function asName(name: string): string {
  const [primary = '', ...secondary] = name.split(' ');
  return secondary.length === 0 ? primary : `${primary}<<${secondary.join('<')}`;
}

/** Parts of an address or a place, which registers separate by commas, with `<` between them. */
function asFields(text: string): string {
  return text.split(/, */).join('<');
}

function textOf(profile: CardProfile, { from, absent }: TextRule, record: CitizenRecord): string | undefined {
  const text = from === 'placeOfResidence' ? residenceOf(profile, record) : record[from];
  if (text !== undefined && text !== null && text !== '') return text;
  if (absent === 'refused') throw new ProfileError('RECORD_INVALID', { where: from });
  return undefined;
}

/** Zeros stand for what is unknown of a date of birth (Doc 9303-10 table 71). */
function digitsOf(date: string): string {
  return date.replaceAll('-', '').padEnd(8, '0');
}
