import assert from "node:assert/strict";
import { Branch, FIRST_PAGE, NEXT_PAGE } from "../../src/explorer/branch";
import { FlyteError } from "../../src/flyte/error";
import type { Page, PageRequest } from "../../src/flyte/types";

interface Row {
  name: string;
  phase: string;
}

interface Child {
  row: Row;
}

/** A list that pages as FlyteAdmin does: tokens are offsets, and an exactly full last page has one too. */
class Server {
  rows: Row[];
  requests: PageRequest[] = [];
  failure: unknown;
  gate: Promise<void> | undefined;

  constructor(count: number) {
    this.rows = Array.from({ length: count }, (_, index) => ({ name: `row-${index}`, phase: "running" }));
  }

  async list(page: PageRequest, signal: AbortSignal): Promise<Page<Row>> {
    this.requests.push(page);
    if (this.gate) {
      const abort = new Promise((_, reject) => signal.addEventListener("abort", () => reject(cancelled())));
      await Promise.race([this.gate, abort]);
    }
    if (this.failure) {
      throw this.failure;
    }
    const from = Number(page.token ?? 0);
    const rows = this.rows.slice(from, from + page.limit).map((row) => ({ ...row }));
    return rows.length === page.limit ? { rows, nextToken: String(from + page.limit) } : { rows };
  }

  branch(): Branch<Row, Child> {
    return new Branch({
      fetch: (page, signal) => this.list(page, signal),
      key: ({ name }) => name,
      create: (row) => ({ row }),
      update: (child, row) => {
        const isChanged = child.row.phase !== row.phase;
        child.row = row;
        return isChanged;
      },
    });
  }
}

function cancelled(): FlyteError {
  return new FlyteError("cancelled", "CANCELLED", "cancelled", "list", "a:1", "");
}

const names = (branch: Branch<Row, Child>): string[] => branch.children.map(({ row }) => row.name);

describe("a branch of the tree", () => {
  it("loads a first page once, and more on demand", async () => {
    const server = new Server(FIRST_PAGE + NEXT_PAGE + 10);
    const branch = server.branch();
    await branch.load();
    await branch.load();
    assert.equal(branch.children.length, FIRST_PAGE);
    assert.equal(branch.hasMore, true);
    await branch.loadMore();
    await branch.loadMore();
    assert.equal(branch.hasMore, false);
    assert.deepEqual(
      names(branch),
      server.rows.map(({ name }) => name),
    );
    assert.deepEqual(server.requests, [
      { limit: FIRST_PAGE },
      { limit: NEXT_PAGE, token: "100" },
      { limit: NEXT_PAGE, token: "600" },
    ]);
  });

  it("has one call under way, whoever asks", async () => {
    const server = new Server(3);
    const branch = server.branch();
    await Promise.all([branch.load(), branch.load(), branch.refresh(), branch.retry()]);
    assert.equal(server.requests.length, 1);
  });

  it("loads more once, also when that is asked for during another call", async () => {
    const server = new Server(FIRST_PAGE + 10);
    const branch = server.branch();
    await branch.load();
    await Promise.all([branch.poll(), branch.loadMore(), branch.loadMore()]);
    assert.equal(branch.children.length, FIRST_PAGE + 10);
    assert.deepEqual(server.requests.slice(1), [{ limit: FIRST_PAGE }, { limit: NEXT_PAGE, token: "100" }]);
  });

  it("keeps its children over a refresh, and says what changed", async () => {
    const server = new Server(3);
    const branch = server.branch();
    await branch.load();
    const before = [...branch.children];
    assert.deepEqual(await branch.refresh(), { list: false, children: [] });
    server.rows[1] = { name: "row-1", phase: "succeeded" };
    assert.deepEqual(await branch.refresh(), { list: false, children: [before[1]] });
    assert.equal(before[1]?.row.phase, "succeeded");
    server.rows.unshift({ name: "new", phase: "queued" });
    assert.equal((await branch.refresh()).list, true);
    assert.deepEqual(names(branch), ["new", "row-0", "row-1", "row-2"]);
    assert.deepEqual(branch.children.slice(1), before);
    assert.equal(branch.children[1], before[0]);
  });

  it("that is loaded to its end stays so over a refresh, and takes in what is new", async () => {
    const server = new Server(FIRST_PAGE + NEXT_PAGE);
    const branch = server.branch();
    await branch.load();
    await branch.loadMore();
    // FlyteAdmin says of an exactly full page that there is more, and then there is none.
    await branch.loadMore();
    assert.equal(branch.hasMore, false);
    server.rows.unshift({ name: "new", phase: "queued" });
    await branch.refresh();
    assert.equal(branch.hasMore, false);
    assert.deepEqual(
      names(branch),
      server.rows.map(({ name }) => name),
    );
  });

  it("drops what is gone", async () => {
    const server = new Server(FIRST_PAGE + 50);
    const branch = server.branch();
    await branch.load();
    server.rows.splice(10, 1);
    await branch.refresh();
    assert.equal(names(branch).includes("row-10"), false);
    assert.deepEqual(names(branch).slice(9, 11), ["row-9", "row-11"]);
  });

  it("does not lose the end of what is loaded to new rows at the top", async () => {
    const server = new Server(FIRST_PAGE + 50);
    const branch = server.branch();
    await branch.load();
    server.rows.unshift({ name: "new-1", phase: "queued" }, { name: "new-0", phase: "queued" });
    await branch.refresh();
    assert.deepEqual(
      names(branch),
      server.rows.slice(0, FIRST_PAGE + 2).map(({ name }) => name),
    );
    await branch.loadMore();
    assert.deepEqual(
      names(branch),
      server.rows.map(({ name }) => name),
    );
    assert.equal(branch.hasMore, false);
  });

  it("does not show twice what slid into the next page", async () => {
    const server = new Server(FIRST_PAGE + 5);
    const branch = server.branch();
    await branch.load();
    server.rows.unshift({ name: "new", phase: "queued" });
    await branch.loadMore();
    assert.equal(new Set(names(branch)).size, names(branch).length);
    assert.deepEqual(
      names(branch),
      Array.from({ length: FIRST_PAGE + 5 }, (_, index) => `row-${index}`),
    );
  });

  it("keeps what is there when a call fails, and recovers by a retry", async () => {
    const server = new Server(FIRST_PAGE + 5);
    const branch = server.branch();
    await branch.load();
    server.failure = new Error("down");
    await branch.loadMore();
    assert.equal(branch.error, server.failure);
    assert.equal(branch.children.length, FIRST_PAGE);
    server.failure = undefined;
    await branch.retry();
    assert.equal(branch.error, undefined);
    assert.equal(branch.children.length, FIRST_PAGE + 5);
    assert.deepEqual(server.requests.at(-1), { limit: NEXT_PAGE, token: "100" });
  });

  it("does not ask again after a failure until it is told to", async () => {
    const server = new Server(1);
    server.failure = new Error("down");
    const branch = server.branch();
    await branch.load();
    await branch.load();
    assert.equal(server.requests.length, 1);
    server.failure = undefined;
    branch.markStale();
    await branch.load();
    assert.equal(branch.error, undefined);
    assert.deepEqual(names(branch), ["row-0"]);
  });

  it("asks again when it was marked stale while a call was under way", async () => {
    const server = new Server(1);
    let open = () => {};
    server.gate = new Promise((resolve) => {
      open = resolve;
    });
    const branch = server.branch();
    const first = branch.load();
    branch.markStale();
    const second = branch.load();
    open();
    await Promise.all([first, second]);
    assert.equal(server.requests.length, 2);
  });

  it("gives up a cancelled call silently, and starts anew on the next load", async () => {
    const server = new Server(2);
    server.gate = new Promise(() => {});
    const branch = server.branch();
    const loading = branch.load();
    const joined = branch.load();
    branch.cancel();
    await Promise.all([loading, joined]);
    assert.equal(branch.error, undefined);
    assert.equal(branch.isCancelled, true);
    assert.equal(branch.isLoaded, false);
    assert.equal(server.requests.length, 1);
    server.gate = undefined;
    await branch.load();
    assert.deepEqual(names(branch), ["row-0", "row-1"]);
    assert.equal(branch.isCancelled, false);
  });

  it("leaves the failure of a poll to who polls", async () => {
    const server = new Server(2);
    const branch = server.branch();
    await branch.load();
    server.failure = new Error("down");
    assert.equal((await branch.poll()).failure, server.failure);
    assert.equal(branch.error, undefined);
    branch.fail(server.failure);
    assert.equal(branch.error, server.failure);
    server.failure = undefined;
    assert.equal((await branch.retry()).list, true);
    assert.equal(branch.error, undefined);
  });
});
