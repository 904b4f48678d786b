import assert from "node:assert/strict";
import { connect } from "../../src/flyte/addon";
import type { ExecutionRow, PageRequest } from "../../src/flyte/types";
import { seedLocal, serveLocal } from "../fixtures/local-server.mjs";
import { temporaryFolder } from "../vscode/harness/cleanup.mjs";
import { allRows, failure, type Local, SCOPE, startLocal } from "./setting";

const EXECUTIONS = 2_500;

describe("lists of a server", () => {
  let local: Local;
  before(async () => {
    local = await startLocal((data) => seedLocal(data, EXECUTIONS, SCOPE));
  });
  after(() => local.close());

  const executions = (page: PageRequest) => local.client.listExecutions(SCOPE, {}, page);

  it("probing tells which Flyte it is", async () => {
    const info = await local.client.probe();
    assert.equal(info.kind, "flyteAdmin");
    assert.match(info.version, /^v1\.\d+/);
    assert.equal(local.client.endpoint, local.server.endpoint);
  });

  it("projects with their domains", async () => {
    const { rows, nextToken } = await local.client.listProjects({ limit: 100 });
    const project = rows.find(({ id }) => id === SCOPE.project);
    assert.deepEqual(
      project?.domains.map(({ id }) => id),
      ["development", "staging", "production"],
    );
    assert.notEqual(project?.name, "");
    assert.equal(nextToken, undefined);
  });

  for (const limit of [1_000, 700, EXECUTIONS, 5_000]) {
    it(`all executions in pages of ${limit}: none lost, none twice, newest first`, async () => {
      const pages = await allRows(executions, limit);
      const rows = pages.flat();
      assert.equal(new Set(rows.map(({ id }) => id.name)).size, EXECUTIONS);
      assert.equal(rows.length, EXECUTIONS);
      assert.ok(pages.slice(0, -1).every((page) => page.length <= limit));
      const times = rows.map(({ createdAt }) => createdAt ?? Number.NaN);
      assert.ok(times.every((time, index) => index === 0 || time <= (times[index - 1] ?? Number.NaN)));
    });
  }

  it("a row has what the tree shows", async () => {
    const rows = (await allRows(executions, 1_000)).flat();
    const ended = rows.find(({ phase }) => phase === "succeeded");
    assert.ok(ended, "none of the seeded executions succeeded");
    assert.deepEqual({ project: ended.id.project, domain: ended.id.domain }, SCOPE);
    assert.equal("org" in ended.id, false);
    assert.notEqual(ended.launchedName, "");
    assert.notEqual(ended.launchedVersion, "");
    const { createdAt = 0, startedAt = 0, duration = -1 } = ended;
    assert.ok(createdAt > Date.UTC(2000) && createdAt <= Date.now(), `created at ${createdAt}`);
    assert.ok(startedAt >= createdAt, `started at ${startedAt}`);
    assert.ok(duration >= 0, `took ${duration}`);
  });

  it("filters by phases", async () => {
    const all = (await allRows(executions, 1_000)).flat();
    const counts = (rows: readonly ExecutionRow[]) => rows.filter(({ phase }) => phase === "failed").length;
    const failed = await allRows((page) => local.client.listExecutions(SCOPE, { phases: ["failed"] }, page), 1_000);
    assert.ok(failed.flat().length > 0, "none of the seeded executions failed");
    assert.equal(failed.flat().length, counts(all));
    assert.equal(counts(failed.flat()), failed.flat().length);
    const both = await allRows(
      (page) => local.client.listExecutions(SCOPE, { phases: ["failed", "succeeded"] }, page),
      1_000,
    );
    assert.equal(both.flat().length, all.filter(({ phase }) => phase === "failed" || phase === "succeeded").length);
  });

  it("filters by what was launched", async () => {
    const all = (await allRows(executions, 1_000)).flat();
    const name = all[0]?.launchedName ?? "";
    const entity = { ...SCOPE, kind: "launchPlan", name } as const;
    const filtered = (await allRows((page) => local.client.listExecutions(SCOPE, { entity }, page), 1_000)).flat();
    assert.equal(filtered.length, all.filter(({ launchedName }) => launchedName === name).length);
    assert.ok(filtered.every(({ launchedName }) => launchedName === name));
  });

  it("a scope without anything is an empty list and no error", async () => {
    const empty = { ...SCOPE, domain: "production" };
    assert.deepEqual(await local.client.listExecutions(empty, {}, { limit: 10 }), { rows: [] });
    assert.deepEqual(await local.client.listEntities("workflow", empty, { limit: 10 }), { rows: [] });
  });

  it("many calls at once over one connection", async () => {
    const [first] = await allRows(executions, 300);
    const pages = await Promise.all(Array.from({ length: 50 }, () => executions({ limit: 300 })));
    for (const { rows } of pages) {
      assert.deepEqual(rows, first);
    }
  });
});

describe("a server that is killed while it is listed", () => {
  it("gives an error, and serves the same client once it is back", async () => {
    const { folder, remove } = temporaryFolder("flyte-contract");
    await seedLocal(folder, EXECUTIONS, SCOPE);
    const first = await serveLocal(folder);
    const client = connect({ endpoint: first.endpoint, insecure: true });
    const list = (page: PageRequest) => client.listExecutions(SCOPE, {}, page);
    try {
      assert.equal((await list({ limit: 1 })).rows.length, 1);
      // Lists without an end, so that the kill meets one of them.
      let over = false;
      const listing = (async () => {
        while (!over) {
          await list({ limit: 1_000 });
        }
      })();
      const failed = failure(listing);
      await first.kill();
      const deadline = setTimeout(() => {
        over = true;
      }, 10_000);
      const error = await failed;
      clearTimeout(deadline);
      assert.ok(["connectionLost", "connectionRefused"].includes(error.reason), `${error.reason}: ${error.message}`);
      assert.equal(error.code, "UNAVAILABLE");

      const again = await serveLocal(folder, Number(first.endpoint.split(":").at(-1)));
      try {
        assert.equal(again.endpoint, first.endpoint);
        assert.equal((await allRows(list, 1_000)).flat().length, EXECUTIONS);
      } finally {
        await again.stop();
      }
    } finally {
      client.close();
      await first.kill();
      remove();
    }
  });
});
