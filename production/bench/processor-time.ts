import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of /proc's times; 100 on every Linux that Node runs on (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/**
 * Processor milliseconds that a process has used, with everything that descends from it and everything of that which has
 * ended already (proc(5): utime, stime, cutime, cstime). Followed by parents, not by sessions: PostgreSQL's backends have
 * sessions of their own.
 */
export function processorMs(root: number): number {
  const processes = readProcesses();
  const children = childrenByParent(processes.values());
  let ticks = 0;
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    ticks += processes.get(pid)?.ticks ?? 0;
    open.push(...(children.get(pid) ?? []).map((child) => child.pid));
  }
  return (ticks * 1000) / TICKS_PER_SECOND;
}

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

function readProcesses(): ReadonlyMap<number, ProcessTimes> {
  const found = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      // After the program's name, which may hold anything: [0] state, [1] parent, [11] utime, [12] stime, [13] cutime, [14] cstime.
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
      found.set(Number(name), { pid: Number(name), parent: Number(fields[1]), ticks });
    } catch {
      // It ended between the listing and the look.
    }
  }
  return found;
}

function childrenByParent(processes: Iterable<ProcessTimes>): ReadonlyMap<number, readonly ProcessTimes[]> {
  const children = new Map<number, ProcessTimes[]>();
  for (const entry of processes) {
    const siblings = children.get(entry.parent);
    if (siblings === undefined) children.set(entry.parent, [entry]);
    else siblings.push(entry);
  }
  return children;
}
