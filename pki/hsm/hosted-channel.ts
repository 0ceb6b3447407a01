import type { ChildProcess } from 'node:child_process';

/**
 * One end of a channel between two processes. Messages are clones (structured clone: Uint8Array stays what it is) made before `send`
 * returns, so that a sender can wipe what it sent.
 */
export interface Channel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Once, when nothing will come any more. */
  onClose(listener: () => void): void;
}

/** The end of the process that started the other one. */
export interface HostChannel extends Channel {
  /** Ends the other process at once, whatever it is doing, stopped or hanging (SIGKILL). */
  kill(): void;
}

/** To a child started with `fork(…, { serialization: 'advanced' })`. */
export function channelToChild(child: ChildProcess): HostChannel {
  return {
    send: (message) => {
      // What cannot be sent any more is told by `onClose`.
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage: (listener) => {
      child.on('message', listener);
    },
    onClose: (listener) => {
      const once = onlyOnce(listener);
      child.once('disconnect', once);
      child.once('exit', once);
      // Every time: an error that nobody hears ends this process.
      child.on('error', once);
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

/** In that child, to the process that started it. */
export function channelToParent(): Channel {
  return {
    send: (message) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => {
      process.on('message', listener);
    },
    onClose: (listener) => {
      process.once('disconnect', listener);
    },
  };
}

function onlyOnce(listener: () => void): () => void {
  let called = false;
  return () => {
    if (!called) listener();
    called = true;
  };
}
