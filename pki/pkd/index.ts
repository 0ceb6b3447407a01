/**
 * Files for the ICAO Public Key Directory: LDIF (RFC 2849) of what a State publishes, in the conformant and the non-conformant branch, with
 * checksums; and the reader of such files and of the collections that the PKD offers. It talks to no directory, and what it reads is not
 * trusted because of where it came from (Doc 9303-12 §5).
 */
export { PkdError, type PkdErrorCode } from './pkd-error.ts';
export { decodeLdif, encodeLdif, type LdifAttribute, type LdifEntry } from './ldif.ts';
export { decodeDn, encodeDn, nameText, type NameAttribute, type RelativeName } from './distinguished-name.ts';
export { decodePkdObject, encodePkdObject, pkdDn, type PkdConformance, type PkdKind, type PkdObject } from './entry.ts';
export { CHECKSUMS, pkdUpload, readPkd, verifyPkdFiles, type PkdFile, type PkdUpload, type PkdUploadRequest } from './upload.ts';
