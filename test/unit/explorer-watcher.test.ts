import assert from "node:assert/strict";
import type { Change } from "../../src/explorer/branch";
import type { ExplorerNode } from "../../src/explorer/node";
import { type Pace, snapshots } from "../../src/explorer/snapshots";
import { type Watchable, Watcher } from "../../src/explorer/watcher";

const PACE: Pace = { first: 100, factor: 2, most: 1000, failures: 3 };

/** Takes snapshots of what `answers` give, one each, on a clock of its own; the last answer also ends it. */
async function take(answers: readonly (string | undefined | Error)[]) {
  const waits: number[] = [];
  const found: string[] = [];
  const aborter = new AbortController();
  let next = 0;
  const look = async (): Promise<string | undefined> => {
    const answer = answers[next++];
    if (answer instanceof Error) {
      throw answer;
    }
    return answer;
  };
  const wait = async (ms: number): Promise<void> => {
    if (next >= answers.length) {
      aborter.abort();
    } else {
      waits.push(ms);
    }
  };
  let failure: unknown;
  try {
    for await (const snapshot of snapshots(look, aborter.signal, PACE, wait)) {
      found.push(snapshot);
    }
  } catch (error) {
    failure = error;
  }
  return { waits, found, failure };
}

describe("snapshots", () => {
  it("come slower as long as nothing changes, and at once again when something does", async () => {
    const none = undefined;
    const { waits, found } = await take([none, none, "a", none, none, none, none, none, "b"]);
    assert.deepEqual(waits, [100, 200, 400, 100, 200, 400, 800, 1000, 1000]);
    assert.deepEqual(found, ["a", "b"]);
  });

  it("pass over single failures", async () => {
    const down = new Error("down");
    const { found, failure, waits } = await take([down, down, "a", down, down, "b"]);
    assert.deepEqual(found, ["a", "b"]);
    assert.equal(failure, undefined);
    assert.deepEqual(waits, [100, 200, 400, 100, 200, 400]);
  });

  it("end with the failure that keeps coming", async () => {
    const down = new Error("down");
    const { failure, waits } = await take([down, down, down, "never"]);
    assert.equal(failure, down);
    assert.equal(waits.length, 3);
  });
});

class List implements Watchable {
  isRunning = true;
  hasFailed = false;

  isUnfinished(): boolean {
    return this.isRunning;
  }

  async poll(): Promise<Change<ExplorerNode> | undefined> {
    return undefined;
  }

  fail(): void {
    this.hasFailed = true;
  }
}

describe("the watcher", () => {
  it("looks only at lists in sight that are still changing", () => {
    const watcher = new Watcher<List>(() => {});
    const [running, ended, failed] = [new List(), new List(), new List()] as const;
    ended.isRunning = false;
    failed.hasFailed = true;
    watcher.watch([running, ended, failed]);
    assert.deepEqual(watcher.watched, [running]);
    watcher.watch([running]);
    assert.deepEqual(watcher.watched, [running]);
    running.isRunning = false;
    watcher.watch([running]);
    assert.deepEqual(watcher.watched, []);
    running.isRunning = true;
    watcher.watch([running]);
    watcher.watch([]);
    assert.deepEqual(watcher.watched, []);
    watcher.dispose();
  });
});
