import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { say } from './say.mjs';

const LOOK_EVERY_MS = 200;

/** Lets one set-up of this clone work at a time. The lock of a process that is gone counts for nothing. */
export async function withLock(root, work) {
  const folder = join(root, 'var');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'set-up.lock');
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, me());
  try {
    for (let said = false, outcome = take(mine, path); outcome !== 'taken'; outcome = take(mine, path)) {
      if (outcome === 'cleared') continue;
      if (!said) say('Một lần cài đặt khác đang chạy, xin chờ', 'another set-up is running, waiting for it');
      said = true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  } finally {
    rmSync(mine, { force: true });
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * link(2) either makes the lock or finds one: there is no moment in between.
 * @returns 'taken', 'held' by one that is alive, or 'cleared' of one that is not: try again.
 */
function take(mine, path) {
  try {
    linkSync(mine, path);
    return 'taken';
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const holder = read(path);
  if (holder === undefined) return 'cleared';
  if (isAlive(holder)) return 'held';
  // Two who find the same dead lock: rename(2) lets one of them have it, and shows it what it really took.
  const dead = `${mine}.dead`;
  try {
    renameSync(path, dead);
    const taken = read(dead);
    if (taken !== undefined && taken !== holder && isAlive(taken)) linkSync(dead, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(dead, { force: true });
  }
  return 'cleared';
}

function me() {
  return `${process.pid} ${startTicks(process.pid)}\n`;
}

function isAlive(text) {
  const [pid, ticks] = text.trim().split(' ');
  return ticks !== undefined && startTicks(pid) === ticks;
}

/** proc(5): field 22 of stat, counted from the last bracket of the program's name. A pid alone may have been given out again. */
function startTicks(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
