/**
 * Puts two faces on the piece that lies in the printer. A print cannot be taken back: the caller has its intent on disk
 * before, and after a crash looks at the face (`Feeder.photograph`) instead of printing again.
 */
export interface Printer {
  /** `jobId` names the print job for ever; it holds no personal data. The faces are PNG at 300 dpi. Resolves when the faces are on the card. */
  print(job: { readonly jobId: string; readonly serial: string; readonly front: Uint8Array; readonly back: Uint8Array }): Promise<void>;
}
