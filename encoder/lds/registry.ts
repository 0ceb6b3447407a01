import { cardAccess, cardAccessExamples } from './card-access.ts';
import { dg1, dg1Examples } from './dg1.ts';
import { dg11, dg11Examples } from './dg11.ts';
import { dg12, dg12Examples } from './dg12.ts';
import { dg13, dg13Examples } from './dg13.ts';
import { dg14, dg14Examples } from './dg14.ts';
import { dg15, dg15Examples } from './dg15.ts';
import { dg16, dg16Examples } from './dg16.ts';
import { dg2, dg2Examples } from './dg2.ts';
import { dg3, dg3Examples } from './dg3.ts';
import { dg4, dg4Examples } from './dg4.ts';
import { dg5, dg5Examples } from './dg5.ts';
import { dg7, dg7Examples } from './dg7.ts';
import { efAtrInfo, efAtrInfoExamples } from './ef-atr-info.ts';
import { efCardSecurity, efCardSecurityExamples } from './ef-card-security.ts';
import { efCom, efComExamples } from './ef-com.ts';
import { efCvca, efCvcaExamples } from './ef-cvca.ts';
import { efDir, efDirExamples } from './ef-dir.ts';
import { efSod, efSodExamples } from './ef-sod.ts';
import type { Directory, ElementaryFile } from './elementary-file.ts';

/** File and short file identifiers of Doc 9303-10 table 34 and §3.11, of EF.CVCA of Doc 9303-11 K.2; nothing switches on a name afterwards. */
export const FILES = {
  'EF.ATR/INFO': {
    name: 'EF.ATR/INFO',
    tag: 0x47,
    fileId: 0x2f01,
    shortFileId: 0x01,
    inMasterFile: true,
    codec: efAtrInfo,
    examples: efAtrInfoExamples,
  },
  'EF.CardAccess': {
    name: 'EF.CardAccess',
    tag: 0x31,
    fileId: 0x011c,
    shortFileId: 0x1c,
    inMasterFile: true,
    codec: cardAccess,
    examples: cardAccessExamples,
  },
  'EF.CardSecurity': {
    name: 'EF.CardSecurity',
    tag: 0x30,
    fileId: 0x011d,
    shortFileId: 0x1d,
    inMasterFile: true,
    codec: efCardSecurity,
    examples: efCardSecurityExamples,
  },
  'EF.COM': { name: 'EF.COM', tag: 0x60, fileId: 0x011e, shortFileId: 0x1e, codec: efCom, examples: efComExamples },
  'EF.CVCA': { name: 'EF.CVCA', tag: 0x42, fileId: 0x011c, shortFileId: 0x1c, codec: efCvca, examples: efCvcaExamples },
  'EF.DG1': { name: 'EF.DG1', tag: 0x61, fileId: 0x0101, shortFileId: 0x01, dataGroup: 1, codec: dg1, examples: dg1Examples },
  'EF.DG2': { name: 'EF.DG2', tag: 0x75, fileId: 0x0102, shortFileId: 0x02, dataGroup: 2, codec: dg2, examples: dg2Examples },
  'EF.DG3': { name: 'EF.DG3', tag: 0x63, fileId: 0x0103, shortFileId: 0x03, dataGroup: 3, codec: dg3, examples: dg3Examples },
  'EF.DG4': { name: 'EF.DG4', tag: 0x76, fileId: 0x0104, shortFileId: 0x04, dataGroup: 4, codec: dg4, examples: dg4Examples },
  'EF.DG5': { name: 'EF.DG5', tag: 0x65, fileId: 0x0105, shortFileId: 0x05, dataGroup: 5, codec: dg5, examples: dg5Examples },
  'EF.DG7': { name: 'EF.DG7', tag: 0x67, fileId: 0x0107, shortFileId: 0x07, dataGroup: 7, codec: dg7, examples: dg7Examples },
  'EF.DG11': { name: 'EF.DG11', tag: 0x6b, fileId: 0x010b, shortFileId: 0x0b, dataGroup: 11, codec: dg11, examples: dg11Examples },
  'EF.DG12': { name: 'EF.DG12', tag: 0x6c, fileId: 0x010c, shortFileId: 0x0c, dataGroup: 12, codec: dg12, examples: dg12Examples },
  'EF.DG13': { name: 'EF.DG13', tag: 0x6d, fileId: 0x010d, shortFileId: 0x0d, dataGroup: 13, codec: dg13, examples: dg13Examples },
  'EF.DG14': { name: 'EF.DG14', tag: 0x6e, fileId: 0x010e, shortFileId: 0x0e, dataGroup: 14, codec: dg14, examples: dg14Examples },
  'EF.DG15': { name: 'EF.DG15', tag: 0x6f, fileId: 0x010f, shortFileId: 0x0f, dataGroup: 15, codec: dg15, examples: dg15Examples },
  'EF.DG16': { name: 'EF.DG16', tag: 0x70, fileId: 0x0110, shortFileId: 0x10, dataGroup: 16, codec: dg16, examples: dg16Examples },
  'EF.DIR': { name: 'EF.DIR', tag: 0x61, fileId: 0x2f00, shortFileId: 0x1e, inMasterFile: true, codec: efDir, examples: efDirExamples },
  'EF.SOD': { name: 'EF.SOD', tag: 0x77, fileId: 0x011d, shortFileId: 0x1d, codec: efSod, examples: efSodExamples },
} as const satisfies Readonly<Record<string, ElementaryFile>>;

export type FileName = keyof typeof FILES;

/** A row whose value is of any type: for code that walks files and looks into none. */
export type RegisteredFile = ElementaryFile & { readonly name: FileName };

export const ELEMENTARY_FILES: readonly RegisteredFile[] = Object.values(FILES);

export function fileByName(name: FileName): RegisteredFile {
  return FILES[name];
}

/** The row of a data group, e.g. 13; undefined when this system has no codec for it. */
export function fileOfDataGroup(dataGroup: number): RegisteredFile | undefined {
  return ELEMENTARY_FILES.find((file) => file.dataGroup === dataGroup);
}

/** The row with this file identifier in this directory, e.g. 0x011E in the eMRTD application. */
export function fileById(fileId: number, directory: Directory): RegisteredFile | undefined {
  return ELEMENTARY_FILES.find((file) => file.fileId === fileId && directoryOf(file) === directory);
}

/** Where the file is on the chip. */
export function directoryOf({ inMasterFile }: Pick<ElementaryFile, 'inMasterFile'>): Directory {
  return inMasterFile === true ? 'MF' : 'eMRTD';
}
