export interface HostClock {
  /** Milliseconds of any epoch that `Date` takes. */
  now(): number;
  /** Returns what cancels it. */
  after(ms: number, then: () => void): () => void;
}

export const SYSTEM_CLOCK: HostClock = {
  now: () => Date.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
