import { isRefusal, openChannel, type ApduChannel, type Transceiver } from '#encoder/apdu';
import { AccessError, openBac, selectApplication, type RandomSource } from '#encoder/access';
import { DriverError } from '../driver-error.ts';

/** The two ways to talk to an applet that is not locked: in clear, which writes, and in secure messaging, which alone reads. */
export interface AppletSession {
  /** In clear. Secure messaging that was open is left by selecting the application again. */
  clear(): Promise<ApduChannel>;
  /** After BAC with our secrets; null when the chip has none yet. CHIP_SEALED when it has others. What failed once is not tried again. */
  reading(): Promise<ApduChannel | null>;
}

export function appletSession(
  connection: Transceiver,
  { mrzInformation, random }: { readonly mrzInformation: string; readonly random: RandomSource },
): AppletSession {
  const plain = openChannel(connection);
  let secure: ApduChannel | undefined;
  let inSecure = false;
  let failure: unknown;
  return {
    async clear() {
      if (inSecure) {
        inSecure = false;
        await selectApplication(plain);
      }
      return plain;
    },
    async reading() {
      if (failure !== undefined) throw failure;
      if (inSecure && secure !== undefined) return secure;
      try {
        const channel = await openBac(plain, { mrzInformation, random });
        secure = { send: (command) => asDriverError('secure messaging', () => channel.send(command)) };
      } catch (error) {
        if (isRefusal(error)) {
          // No challenge: there are no secrets, or the applet keeps its session over SELECT and gives none inside it.
          if (secure === undefined) return null;
        } else {
          failure = ofDriver('BAC', error);
          throw failure;
        }
      }
      inSecure = true;
      return secure ?? null;
    },
  };
}

async function asDriverError<T>(operation: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw ofDriver(operation, error);
  }
}

/** What goes wrong in an access protocol is the chip's doing here: before the lock nobody but us talks to it. */
function ofDriver(operation: string, error: unknown): unknown {
  if (!(error instanceof AccessError)) return error;
  const code = error.code === 'ACCESS_PASSWORD_WRONG' ? 'CHIP_SEALED' : 'CHIP_ANSWER_INVALID';
  return new DriverError(code, operation, { cause: error, detail: error.code });
}
