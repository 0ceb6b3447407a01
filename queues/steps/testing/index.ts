/**
 * A plant of one line in memory, for the tests of the steps and for nothing else: real chips in software, real faces, real
 * signatures of a specimen Document Signer, the virtual feeder and the spool; books with the rules of the real ones.
 */
export { BooksError, createBooks, type Books, type BooksData, type CardRow } from './books.ts';
export { Death, Gate } from './gate.ts';
export { checkBooks, encodeUntilDone, inspectUntilDone, printUntilDone } from './recovery.ts';
export { citizen, createWorld, PROFILE, type World, type WorldOptions } from './world.ts';
