import assert from "node:assert/strict";
import { ConnectionList, type Memory } from "../../src/connection/connection-list";
import type { ConnectionEntry } from "../../src/connection/entry";
import { LocalConnection } from "../../src/connection/local-connection";
import { LocalServer } from "../../src/connection/local-server";
import { isAlive, parseServerLine } from "../../src/connection/server-address";
import type { FlyteClient } from "../../src/flyte/client";
import { english } from "./english";

class TestMemory implements Memory {
  readonly values = new Map<string, unknown>();

  get<T>(key: string): T | undefined {
    return this.values.get(key) as T | undefined;
  }

  async update(key: string, value: unknown): Promise<void> {
    this.values.set(key, value);
  }
}

function entry(name: string, endpoint = `${name}:1`): ConnectionEntry {
  return { id: `settings:${name}`, name, origin: "settings", config: { endpoint, insecure: true } };
}

describe("the list of connections", () => {
  let closed: string[];
  let entries: ConnectionEntry[];
  let workspace: TestMemory;
  let person: TestMemory;

  beforeEach(() => {
    closed = [];
    entries = [];
    workspace = new TestMemory();
    person = new TestMemory();
  });

  function open(): ConnectionList {
    // Only what the list itself does with a client is looked at here: it makes and closes it.
    const connect = ({ endpoint }: { endpoint: string }) =>
      ({ endpoint, close: () => closed.push(endpoint) }) as unknown as FlyteClient;
    const server = new LocalServer({ program: "/nowhere", data: "/nowhere", l10n: english, log: () => {} });
    return new ConnectionList({
      local: new LocalConnection(server, connect, english),
      connect,
      configured: () => [{ entries, problems: [] }],
      workspace,
      person,
    });
  }

  const namesOf = (list: ConnectionList) => list.all.map(({ name }) => name);

  it("is empty at first, with Local to choose from", () => {
    const list = open();
    assert.deepEqual(namesOf(list), []);
    assert.equal(list.current, undefined);
    assert.equal(list.scope, undefined);
    assert.deepEqual(
      list.choices.map(({ id }) => id),
      ["local"],
    );
  });

  it("shows Local once it was used, also in other workspaces", async () => {
    const list = open();
    let changes = 0;
    list.onDidChange(() => changes++);
    await list.select(list.local);
    assert.equal(changes, 1);
    assert.deepEqual(namesOf(list), ["Local"]);
    assert.equal(list.current, list.local);
    assert.deepEqual(list.scope, { project: "flytesnacks", domain: "development" });
    workspace = new TestMemory();
    assert.deepEqual(namesOf(open()), ["Local"]);
  });

  it("takes the first configured one until another is chosen", async () => {
    entries = [entry("a"), entry("b")];
    const list = open();
    assert.deepEqual(namesOf(list), ["a", "b", "Local"]);
    assert.equal(list.current?.name, "a");
    assert.equal(list.scope, undefined);
    const b = list.get("settings:b");
    assert.ok(b);
    await list.select(b, { project: "p", domain: "d" });
    assert.equal(open().current?.name, "b");
    assert.deepEqual(open().scope, { project: "p", domain: "d" });
  });

  it("keeps a scope for each connection", async () => {
    entries = [entry("a"), entry("b")];
    const list = open();
    const [a, b] = list.all;
    assert.ok(a && b);
    await list.select(a, { project: "pa", domain: "d" });
    await list.select(b, { project: "pb", domain: "d" });
    await list.select(a);
    assert.deepEqual(list.scope, { project: "pa", domain: "d" });
  });

  it("keeps the clients of what did not change, and closes the others", async () => {
    entries = [entry("a"), entry("b"), entry("c")];
    const list = open();
    const clients = await Promise.all(list.all.slice(0, 3).map((connection) => connection.client()));
    entries = [entry("c"), entry("a"), entry("b", "elsewhere:1")];
    list.reload();
    assert.deepEqual(closed, ["b:1"]);
    assert.deepEqual(namesOf(list), ["c", "a", "b", "Local"]);
    assert.equal(await list.get("settings:a")?.client(), clients[0]);
    assert.equal((await list.get("settings:b")?.client())?.endpoint, "elsewhere:1");
  });

  it("falls back when the chosen one is gone", async () => {
    entries = [entry("a"), entry("b")];
    const list = open();
    const b = list.get("settings:b");
    assert.ok(b);
    await list.select(b);
    entries = [entry("a")];
    list.reload();
    assert.equal(list.current?.name, "a");
  });
});

describe("the address of a server", () => {
  it("is read from its line of JSON", () => {
    assert.deepEqual(parseServerLine('{"endpoint":"127.0.0.1:4000","data":"/d","pid":12}'), {
      endpoint: "127.0.0.1:4000",
      pid: 12,
    });
    for (const line of ["", "listening", "{}", '{"endpoint":1,"pid":2}', '{"endpoint":"a:1","pid":"2"}', "null"]) {
      assert.equal(parseServerLine(line), undefined, line);
    }
  });

  it("is worth something while the process is there", () => {
    assert.equal(isAlive(process.pid), true);
    assert.equal(isAlive(2 ** 22 + 1), false);
  });
});
