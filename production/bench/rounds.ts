/** The middle one: a round that something else on the machine disturbed does not count. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** The value below which this part of all values lie: 0.99 for the slowest in a hundred. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** How often a second of processor time `work` is done, over this many calls; in this process, all threads. */
export function perProcessorSecond(calls: number, work: (call: number) => void): number {
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call += 1) work(call);
  const { user, system } = process.cpuUsage(before);
  return (calls * 1e6) / (user + system);
}

/** How often a second of wall time `work` is done, `inFlight` at a time. */
export async function perSecond(calls: number, inFlight: number, work: (call: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < calls) {
      const call = next;
      next += 1;
      await work(call);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: Math.min(inFlight, calls) }, lane));
  return (calls * 1000) / (performance.now() - began);
}
