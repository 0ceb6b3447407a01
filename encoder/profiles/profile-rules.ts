import { AccessError, paceParameters } from '#encoder/access';
import { PACE_PROTOCOLS } from './protocol-names.ts';
import type { CardProfile } from './profile-schema.ts';

/** What a schema cannot say: how the parts of a profile fit together. Each rule names the place that a person would correct. */
type Rule = readonly [where: string, holds: (profile: CardProfile) => boolean];

/** The first rule that the profile breaks; undefined when there is none. */
export function brokenRule(profile: CardProfile): string | undefined {
  return PROFILE_RULES.find(([, holds]) => !holds(profile))?.[0];
}

const announced = ({ access }: CardProfile, kind: CardProfile['access']['announces'][number]['kind']): boolean =>
  access.announces.some((info) => info.kind === kind);
const writes = ({ files }: CardProfile, name: CardProfile['files'][number]): boolean => files.includes(name);
/** A file has its part of the profile, and the part its file. */
const together = (file: CardProfile['files'][number], part: 'dg3' | 'dg11' | 'dg12' | 'dg13' | 'directory' | 'atrInfo'): Rule => [
  `/${part}: goes with ${file}`,
  (profile) => writes(profile, file) === (profile[part] !== undefined),
];
const ascending = (numbers: readonly number[]): boolean => numbers.every((number, at) => number > (numbers[at - 1] ?? -1));
const once = (names: readonly string[]): boolean => new Set(names).size === names.length;

export const PROFILE_RULES: readonly Rule[] = [
  ['/files: EF.SOD is written last', ({ files }) => files.at(-1) === 'EF.SOD'],
  ['/files: EF.COM and EF.DG1 are written', ({ files }) => files.includes('EF.COM') && files.includes('EF.DG1')],
  ['/files: EF.DG2 is written (Doc 9303-10 §4.7.2: mandatory)', (profile) => writes(profile, 'EF.DG2')],
  ['/com/dataGroups: lists what is written and nothing else', ({ com, files }) => sameMembers(com.dataGroups, dataGroupsOf(files))],
  [
    '/com: its versions go with the object of EF.SOD (Doc 9303-10 §4.6.2.1: version 1 from LDS 1.8 on)',
    ({ com, algorithms }) => com.ldsVersion >= '0108' === (algorithms.sod.objectVersion === 1),
  ],
  together('EF.DG3', 'dg3'),
  together('EF.DG11', 'dg11'),
  together('EF.DG12', 'dg12'),
  together('EF.DG13', 'dg13'),
  together('EF.DIR', 'directory'),
  together('EF.ATR/INFO', 'atrInfo'),

  // Doc 9303-11 §9.2.11 says which file holds what a chip announces.
  ['/files: EF.CardAccess goes with PACE', (profile) => writes(profile, 'EF.CardAccess') === announced(profile, 'PACEInfo')],
  [
    '/files: EF.CardSecurity goes with Chip Authentication Mapping',
    (profile) => writes(profile, 'EF.CardSecurity') === profile.access.announces.some(({ protocol }) => protocol.includes('-CAM-')),
  ],
  [
    '/files: EF.DG14 goes with what is announced',
    (profile) => writes(profile, 'EF.DG14') === (profile.access.announces.length > 0 || plainEcdsa(profile)),
  ],
  [
    '/files: EF.CVCA goes with Terminal Authentication',
    (profile) => writes(profile, 'EF.CVCA') === announced(profile, 'TerminalAuthenticationInfo'),
  ],
  [
    '/files: EF.DG15 goes with Active Authentication',
    (profile) => writes(profile, 'EF.DG15') === (profile.algorithms.activeAuthentication !== null),
  ],

  ['/access: at least one way to open the chip', (profile) => profile.access.bac || announced(profile, 'PACEInfo')],
  [
    '/access/pacePasswords: PACE is announced when it has passwords',
    (profile) => announced(profile, 'PACEInfo') === profile.access.pacePasswords.length > 0,
  ],
  ['/access/announces: PACE with domain parameters of its own kind', ({ access }) => access.announces.every(knownPace)],
  [
    '/access/announces: Chip Authentication goes with its key',
    (profile) =>
      (profile.algorithms.chipAuthentication !== null) ===
      (announced(profile, 'ChipAuthenticationInfo') || writes(profile, 'EF.CardSecurity')),
  ],
  ['/algorithms/chipAuthentication: of the kind that is announced', chipKeyOfItsKind],
  [
    '/access/announces: one ChipAuthenticationInfo, for there is one key',
    ({ access }) => access.announces.filter(({ kind }) => kind === 'ChipAuthenticationInfo').length <= 1,
  ],
  [
    '/access/announces: one TerminalAuthenticationInfo',
    ({ access }) => access.announces.filter(({ kind }) => kind === 'TerminalAuthenticationInfo').length <= 1,
  ],
  [
    '/access/announces: Terminal Authentication follows Chip Authentication (Doc 9303-11 §7.1)',
    (profile) => !announced(profile, 'TerminalAuthenticationInfo') || profile.algorithms.chipAuthentication !== null,
  ],
  [
    '/access/underTerminalAuthentication: data groups that are written, and Terminal Authentication to open them',
    (profile) => {
      const { underTerminalAuthentication: closed } = profile.access;
      const written = dataGroupsOf(profile.files);
      return closed.every((number) => written.includes(number)) && announced(profile, 'TerminalAuthenticationInfo') === closed.length > 0;
    },
  ],
  [
    '/access/underTerminalAuthentication: only what Doc 9303 lets terminals do without',
    ({ access }) => access.underTerminalAuthentication.every((number) => ![1, 2, 14, 15].includes(number)),
  ],
  [
    '/access/underTerminalAuthentication: fingers open to nobody else',
    ({ access, dg3 }) => dg3?.content !== 'index-fingers' || access.underTerminalAuthentication.includes(3),
  ],
  [
    '/algorithms/activeAuthentication/bits: fewer than 2048 on specimen cards only',
    ({ algorithms: { activeAuthentication: key }, specimen }) => key?.kind !== 'rsa' || key.bits >= 2048 || specimen,
  ],

  ['/mrz/documentCode: P on TD3 and nowhere else', ({ mrz }) => mrz.documentCode.startsWith('P') === (mrz.form === 'td3')],
  [
    '/mrz: line 1 of a Vietnamese card is the personal number',
    ({ mrz }) => mrz.form !== 'td1-vietnam' || (mrz.documentNumber === 'personal-number' && mrz.optionalData === 'personal-number'),
  ],
  ['/mrz/optionalData: a TD2 zone has no room for a personal number', ({ mrz }) => mrz.form !== 'td2' || mrz.optionalData === 'none'],
  ['/face: the layout of a card with three lines', ({ face, mrz }) => face === 'none' || mrz.form === 'td1-vietnam'],
  ['/holder/nationalities: the issuing state has a word', ({ holder, mrz }) => Object.hasOwn(holder.nationalities, mrz.issuingState)],
  ['/dg11/elements: each once', ({ dg11 }) => once((dg11?.elements ?? []).map(({ element }) => element))],
  ['/dg12/elements: each once', ({ dg12 }) => once((dg12?.elements ?? []).map(({ element }) => element))],
  ['/dg13/rows: ascending', ({ dg13 }) => ascending((dg13?.rows ?? []).map(({ index }) => index))],
  ['/validity/ages: ascending', ({ validity }) => validity.rule !== 'ages' || ascending(validity.ages)],
  [
    '/validity/shorter: ascending',
    ({ validity }) => validity.rule !== 'years' || ascending(validity.shorter.map(({ belowAge }) => belowAge)),
  ],
  ['/validity/holderAge: least below most', ({ validity: { holderAge } }) => holderAge.least < holderAge.most],
];

/** Plain ECDSA stands in DG14 (Doc 9303-11 §9.2.4), RSA nowhere but in DG15. */
function plainEcdsa({ algorithms }: CardProfile): boolean {
  return algorithms.activeAuthentication?.kind === 'ecdsa';
}

function knownPace(info: CardProfile['access']['announces'][number]): boolean {
  if (info.kind !== 'PACEInfo') return true;
  try {
    paceParameters(PACE_PROTOCOLS.get(info.protocol) ?? '', info.parameterId);
    return true;
  } catch (error) {
    if (error instanceof AccessError) return false;
    throw error;
  }
}

/** ECDH or DH as announced; Chip Authentication Mapping maps on the curve of that key (Doc 9303-11 §4.4.3.3.3). */
function chipKeyOfItsKind({ access, algorithms: { chipAuthentication: key } }: CardProfile): boolean {
  return access.announces.every((info) => {
    if (info.kind === 'ChipAuthenticationInfo') return info.protocol.startsWith(key?.kind === 'dh' ? 'id-CA-DH-' : 'id-CA-ECDH-');
    if (info.kind !== 'PACEInfo' || !info.protocol.includes('-CAM-')) return true;
    const group = paceParameters(PACE_PROTOCOLS.get(info.protocol) ?? '', info.parameterId).group.name;
    return key?.kind === 'ecdh' && key.curve === group;
  });
}

function dataGroupsOf(files: CardProfile['files']): readonly number[] {
  return files.filter((name) => name.startsWith('EF.DG')).map((name) => Number(name.slice('EF.DG'.length)));
}

function sameMembers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member));
}
