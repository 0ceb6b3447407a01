/** One member of a group cannot be committed; the others can. */
export class MemberRefused extends Error {
  readonly member: number;
  readonly reason: unknown;

  constructor(member: number, reason: unknown) {
    super('one member of the group was refused');
    this.member = member;
    this.reason = reason;
  }
}

interface Waiting<T, R> {
  readonly member: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: what arrives while a group is being committed forms the next one. Each caller gets his own answer after the
 * transaction that holds his member is durable. A group whose member is refused (`MemberRefused`) was rolled back as a whole: it is
 * committed again without that member, so that nobody is hurt by his neighbour. Any other error is everybody's.
 */
export class GroupCommit<T, R> {
  readonly #commit: (members: readonly T[]) => Promise<readonly R[]>;
  readonly #membersMax: number;
  readonly #waiting: Waiting<T, R>[] = [];
  #running = false;

  /** @param commit one transaction: the results in the order of its members */
  constructor(commit: (members: readonly T[]) => Promise<readonly R[]>, membersMax = 64) {
    this.#commit = commit;
    this.#membersMax = membersMax;
  }

  add(member: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ member, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Those who ask in the same turn are of the first group.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#commitGroup(this.#waiting.splice(0, this.#membersMax));
    this.#running = false;
  }

  async #commitGroup(group: Waiting<T, R>[]): Promise<void> {
    while (group.length > 0) {
      try {
        const results = await this.#commit(group.map(({ member }) => member));
        for (const [index, { resolve }] of group.entries()) resolve(results[index] as R);
        return;
      } catch (error) {
        if (!(error instanceof MemberRefused)) {
          for (const { reject } of group) reject(error);
          return;
        }
        const [refused] = group.splice(error.member, 1);
        refused?.reject(error.reason);
      }
    }
  }
}
