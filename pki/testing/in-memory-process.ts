import type { Channel, HostChannel } from '#pki/hsm';

/**
 * A process that is none: the other end of the channel runs here, with messages cloned and delivered later, as between processes. After
 * `kill` nothing passes either way.
 */
export function inMemoryProcess(run: (channel: Channel) => void): HostChannel {
  const [host, child] = [new End(), new End()];
  const close = () => {
    host.close();
    child.close();
  };
  run({ send: (message) => host.deliver(message), onMessage: child.onMessage, onClose: child.onClose });
  return { send: (message) => child.deliver(message), onMessage: host.onMessage, onClose: host.onClose, kill: close };
}

class End {
  #listeners: ((message: unknown) => void)[] = [];
  #closing: (() => void)[] = [];
  #closed = false;

  readonly onMessage = (listener: (message: unknown) => void): void => {
    this.#listeners.push(listener);
  };

  readonly onClose = (listener: () => void): void => {
    this.#closing.push(listener);
  };

  deliver(message: unknown): void {
    const clone: unknown = structuredClone(message);
    setImmediate(() => {
      if (!this.#closed) for (const listener of this.#listeners) listener(clone);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#closing) listener();
  }
}
