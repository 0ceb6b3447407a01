import { describe, expect, test } from 'vitest';
import { loadProfile, profileById, type CardProfile } from './index.ts';
import { PROFILE_RULES } from './profile-rules.ts';

type Members = Readonly<Record<string, unknown>>;

const pace = (mapping: string, parameterId: number) => ({
  kind: 'PACEInfo',
  protocol: `id-PACE-${mapping}-AES-CBC-CMAC-128`,
  version: 2,
  parameterId,
});
const TERMINAL = { kind: 'TerminalAuthenticationInfo', protocol: 'id-TA', version: 1 };
const CHIP = { kind: 'ChipAuthenticationInfo', protocol: 'id-CA-ECDH-AES-CBC-CMAC-128', version: 1 };
const access = (base: CardProfile, changes: Members) => ({ access: { ...base.access, ...changes } });
const algorithms = (base: CardProfile, changes: Members) => ({ algorithms: { ...base.algorithms, ...changes } });
const files = (base: CardProfile, add: readonly string[], without: readonly string[] = []) => ({
  files: [...add, ...base.files.filter((name) => !without.includes(name))],
});

const td1 = profileById('icao-td1');
const td3 = profileById('icao-td3');
const bac = profileById('icao-td3-bac');
const cccd = profileById('cccd-2021');

/** For each rule a profile that breaks it and none before it: what is changed in which. */
const BREAKS: readonly (readonly [rule: string, base: CardProfile, changes: Members])[] = [
  ['/files: EF.SOD is written last', td3, { files: [...td3.files].toReversed() }],
  ['/files: EF.COM and EF.DG1', td3, files(td3, [], ['EF.COM'])],
  ['/files: EF.DG2', td3, files(td3, [], ['EF.DG2'])],
  ['/com/dataGroups:', td3, { com: { ...td3.com, dataGroups: [1, 2, 3, 11, 12, 14] } }],
  ['/com: its versions', td3, { com: { ...td3.com, ldsVersion: '0108' } }],
  ['/dg3:', td3, { dg3: { content: 'empty' } }],
  ['/dg11:', td3, { dg11: null }],
  ['/dg12:', td3, { dg12: null }],
  ['/dg13:', td3, { dg13: cccd.dg13 }],
  ['/directory:', td1, { directory: null }],
  ['/atrInfo:', td1, { atrInfo: null }],
  ['/files: EF.CardAccess', td3, files(td3, [], ['EF.CardAccess'])],
  ['/files: EF.CardSecurity', td3, files(td3, ['EF.CardSecurity'])],
  ['/files: EF.DG14', td3, { ...files(td3, [], ['EF.DG14']), com: { ...td3.com, dataGroups: [1, 2, 11, 12] } }],
  ['/files: EF.CVCA', td3, files(td3, ['EF.CVCA'])],
  ['/files: EF.DG15', bac, algorithms(bac, { activeAuthentication: null })],
  ['/access: at least one', bac, access(bac, { bac: false })],
  ['/access/pacePasswords:', td3, access(td3, { pacePasswords: [] })],
  ['/access/announces: PACE with domain', td3, access(td3, { announces: [pace('ECDH-GM', 0), CHIP] })],
  ['/access/announces: Chip Authentication goes', td3, algorithms(td3, { chipAuthentication: null })],
  ['/algorithms/chipAuthentication:', td3, algorithms(td3, { chipAuthentication: { kind: 'dh', group: 'MODP-2048-256' } })],
  ['/access/announces: one ChipAuthenticationInfo', td3, access(td3, { announces: [...td3.access.announces, { ...CHIP, keyId: 1 }] })],
  [
    '/access/announces: one TerminalAuthenticationInfo',
    td3,
    {
      ...files(td3, ['EF.CVCA']),
      ...access(td3, { announces: [...td3.access.announces, TERMINAL, { ...TERMINAL, efCvca: { fileId: '011C' } }] }),
    },
  ],
  [
    '/access/announces: Terminal Authentication follows',
    td3,
    {
      ...files(td3, ['EF.CVCA']),
      ...access(td3, { announces: [pace('ECDH-GM', 13), TERMINAL] }),
      ...algorithms(td3, { chipAuthentication: null }),
    },
  ],
  ['/access/underTerminalAuthentication: data groups', td3, access(td3, { underTerminalAuthentication: [11] })],
  [
    '/access/underTerminalAuthentication: only what',
    td3,
    {
      ...files(td3, ['EF.CVCA']),
      ...access(td3, { announces: [...td3.access.announces, TERMINAL], underTerminalAuthentication: [2] }),
    },
  ],
  [
    '/access/underTerminalAuthentication: fingers',
    td3,
    { ...files(td3, ['EF.DG3']), com: { ...td3.com, dataGroups: [1, 2, 3, 11, 12, 14] }, dg3: { content: 'index-fingers' } },
  ],
  ['/algorithms/activeAuthentication/bits:', bac, { specimen: false }],
  ['/mrz/documentCode:', td3, { mrz: { ...td3.mrz, documentCode: 'I' } }],
  ['/mrz: line 1', cccd, { mrz: { ...cccd.mrz, optionalData: 'none' } }],
  ['/mrz/optionalData:', td3, { mrz: { ...td3.mrz, form: 'td2', documentCode: 'I' } }],
  ['/face:', td3, { face: 'cccd-2021' }],
  ['/holder/nationalities:', td3, { holder: { ...td3.holder, nationalities: { VNM: 'Viet Nam' } } }],
  ['/dg11/elements:', td3, { dg11: { elements: [...(td3.dg11?.elements ?? []), { element: 'dateOfBirth', coding: 'bcd' }] } }],
  ['/dg12/elements:', td3, { dg12: { elements: [...(td3.dg12?.elements ?? []), { element: 'dateOfIssue', coding: 'bcd' }] } }],
  ['/dg13/rows:', cccd, { dg13: { ...cccd.dg13, rows: cccd.dg13?.rows.toReversed() } }],
  ['/validity/ages:', cccd, { validity: { ...cccd.validity, ages: [40, 25] } }],
  ['/validity/shorter:', td3, { validity: { ...td3.validity, shorter: [18, 12].map((belowAge) => ({ belowAge, years: 5 })) } }],
  ['/validity/holderAge:', td3, { validity: { ...td3.validity, holderAge: { least: 130, most: 130 } } }],
];

describe('the rules by which the parts of a profile fit together', () => {
  test.each(BREAKS)('%s … is what a profile is refused for', (rule, base, changes) => {
    const json = JSON.stringify({ basedOn: base.id, id: 'broken', ...changes });
    expect(() => loadProfile(json)).toThrow(
      expect.objectContaining({ code: 'PROFILE_INVALID', where: expect.stringContaining(rule) as string }) as Error,
    );
  });

  test('there is no rule that no profile here breaks', () => {
    const unbroken = PROFILE_RULES.map(([where]) => where).filter((where) => !BREAKS.some(([rule]) => where.startsWith(rule)));
    expect(unbroken).toEqual([]);
  });
});
