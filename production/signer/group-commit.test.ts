import { expect, it } from 'vitest';
import { GroupCommit, MemberRefused } from './group-commit.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('what arrives while a group is being committed forms the next one', async () => {
  const groups: (readonly number[])[] = [];
  const commit = new GroupCommit<number, number>(async (members) => {
    groups.push(members);
    await tick();
    return members.map((member) => member * 2);
  });
  const first = [1, 2].map((member) => commit.add(member));
  await Promise.resolve();
  await Promise.resolve();
  const next = [3, 4, 5].map((member) => commit.add(member));
  expect(await Promise.all([...first, ...next])).toEqual([2, 4, 6, 8, 10]);
  expect(groups).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
});

it('a group has no more members than are allowed', async () => {
  const sizes: number[] = [];
  const commit = new GroupCommit<number, number>((members) => {
    sizes.push(members.length);
    return Promise.resolve(members);
  }, 4);
  await Promise.all(Array.from({ length: 10 }, (_, member) => commit.add(member)));
  expect(sizes).toEqual([4, 4, 2]);
});

it('a member that is refused does not hurt its neighbours: the group is committed again without it', async () => {
  const committed: number[] = [];
  const commit = new GroupCommit<number, number>(async (members) => {
    await tick();
    const bad = members.findIndex((member) => member < 0);
    if (bad >= 0) throw new MemberRefused(bad, new Error(`no ${members[bad] ?? ''}`));
    committed.push(...members);
    return members;
  });
  const results = await Promise.allSettled([1, -2, 3, -4].map((member) => commit.add(member)));
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason)))).toEqual([
    1,
    'Error: no -2',
    3,
    'Error: no -4',
  ]);
  expect(committed).toEqual([1, 3]);
});

it('a database that is away is everybody’s error, and the next group is tried', async () => {
  let away = true;
  const commit = new GroupCommit<number, number>((members) => (away ? Promise.reject(new Error('away')) : Promise.resolve(members)));
  const results = await Promise.allSettled([commit.add(1), commit.add(2)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  away = false;
  expect(await commit.add(3)).toBe(3);
});
