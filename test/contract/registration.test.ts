import assert from "node:assert/strict";
import path from "node:path";
import type { EntityId, EntityKind, RegistrationProgress } from "../../src/flyte/types";
import { type Project, serializeProject } from "./project";
import { failure, type Local, SCOPE, startLocal } from "./setting";

const FILE = "pipelines/training.py";
const KINDS: readonly EntityKind[] = ["task", "workflow", "launchPlan"];

describe("registering what flytekit serialised", function () {
  this.timeout(90_000);
  let local: Local;
  let project: Project;
  const steps: RegistrationProgress[] = [];

  before(async () => {
    local = await startLocal();
    project = await serializeProject(local.client, SCOPE, FILE);
  });
  after(async () => {
    project?.remove();
    await local?.close();
  });

  const expected = (kind: EntityKind) =>
    project.plan.items.filter(({ id }) => id.kind === kind).map(({ id }) => id.name);

  it("the address of a bundle changes nothing on the server", async () => {
    const md5 = Buffer.alloc(16).toString("base64");
    const ask = () => local.client.bundleAddress(SCOPE, { fileName: "code.tar.gz", md5 });
    const address = await ask();
    assert.match(address, /.\/code\.tar\.gz$/);
    assert.equal(await ask(), address);
    assert.deepEqual((await local.client.listEntities("task", SCOPE, { limit: 10 })).rows, []);
  });

  it("creates every entity, reporting each step as it happens", async () => {
    const { plan } = project;
    const report = await local.client.register(plan, (progress) => steps.push(progress));
    assert.deepEqual(
      report.results.map(({ id }) => id),
      plan.items.map(({ id }) => id),
    );
    assert.deepEqual(
      report.results.filter(({ status }) => status !== "created"),
      [],
    );
    assert.equal(report.cancelled, false);
    assert.equal(report.bundleUri, plan.bundle?.address);

    const settled = steps.filter(({ result }) => result !== undefined);
    assert.deepEqual(
      settled.map(({ done }) => done),
      settled.map((_, index) => index + 1),
    );
    assert.equal(settled.length, plan.items.length);
    assert.ok(steps.every(({ total }) => total === plan.items.length));
    assert.equal(steps[0]?.step, "upload");
    const place = (kind: EntityKind, name: string) =>
      settled.findIndex(({ result }) => result?.id.kind === kind && result.id.name === `pipelines.training.${name}`);
    for (const task of ["load_rides", "drop_outliers", "split"]) {
      assert.ok(place("task", task) < place("workflow", "prepare"), `${task} is part of prepare`);
    }
    assert.ok(place("workflow", "prepare") < place("workflow", "train"), "prepare is part of train");
    for (const launchPlan of ["train", "small", "paris", "nightly"]) {
      assert.ok(place("workflow", "train") < place("launchPlan", launchPlan), `${launchPlan} launches train`);
    }
    for (const { step, result } of settled) {
      assert.equal(result?.id.kind, step);
    }
  });

  it("lists them by name", async () => {
    for (const kind of KINDS) {
      const { rows } = await local.client.listEntities(kind, SCOPE, { limit: 100 });
      assert.deepEqual(
        rows.map(({ name }) => name),
        expected(kind).sort(),
      );
    }
  });

  it("lists their versions with signatures, and tells the active launch plan", async () => {
    const name = "pipelines.training.train";
    const { rows, nextToken } = await local.client.listVersions({ ...SCOPE, kind: "workflow", name }, { limit: 10 });
    assert.equal(nextToken, undefined);
    assert.deepEqual(
      rows.map(({ version }) => version),
      [project.plan.version],
    );
    assert.match(rows[0]?.signature ?? "", /city: .*count: integer.* -> \(.*good: boolean/);
    assert.equal(rows[0]?.active, undefined);

    const active = async (name: string) =>
      (await local.client.listVersions({ ...SCOPE, kind: "launchPlan", name }, { limit: 10 })).rows[0]?.active;
    assert.equal(await active("pipelines.training.nightly"), true);
    assert.equal(await active("pipelines.training.paris"), false);
  });

  it("gives each entity's whole message", async () => {
    for (const { id } of project.plan.items) {
      const { json, error } = await local.client.getEntity(id);
      assert.equal(error, "");
      const message = JSON.parse(json);
      assert.equal(message.id.name, id.name);
      assert.equal(message.id.version, id.version);
    }
  });

  it("puts the bundle's address into what the tasks run", async () => {
    const { json } = await local.client.getEntity({ ...anyTask(), version: project.plan.version });
    assert.ok(json.includes(project.plan.bundle?.address ?? "no bundle"));
    assert.ok(!json.includes("remote_package_path"));
  });

  it("the same again exists already", async () => {
    const report = await local.client.register(project.plan, () => {});
    assert.deepEqual(
      report.results.filter(({ status }) => status !== "exists"),
      [],
    );
  });

  it("another content under the same version fails, naming the entity", async () => {
    const [first, second] = project.plan.items.filter(({ id }) => id.kind === "task");
    assert.ok(first && second);
    const report = await local.client.register(
      { ...project.plan, items: [{ ...first, specFile: second.specFile }] },
      () => {},
    );
    const [result] = report.results;
    assert.equal(result?.status, "failed");
    assert.equal(result?.id.name, first.id.name);
    assert.notEqual(result?.message, "");
  });

  it("a project that does not exist: nothing is tried", async () => {
    const scope = { ...SCOPE, project: "no-such-project" };
    const items = project.plan.items.map((item) => ({ ...item, id: { ...item.id, ...scope } }));
    const error = await failure(local.client.register({ ...project.plan, scope, items }, () => {}));
    assert.match(error.message, /no-such-project/);
    assert.deepEqual((await local.client.listEntities("task", scope, { limit: 10 })).rows, []);
  });

  it("a file that is not there: nothing is tried", async () => {
    const [item] = project.plan.items;
    assert.ok(item);
    const specFile = path.join(project.workspace, "none.pb");
    const error = await failure(local.client.register({ ...project.plan, items: [{ ...item, specFile }] }, () => {}));
    assert.equal(error.reason, "file");
    assert.ok(error.message.includes(specFile) || error.details.includes(specFile), error.message);
  });

  it("a cancel resolves with what was created and what was not", async () => {
    const empty = await startLocal();
    try {
      // The code is stored under the address of the other server.
      const { bundle: _, ...plan } = project.plan;
      const controller = new AbortController();
      const report = await empty.client.register(plan, () => controller.abort(), { signal: controller.signal });
      assert.equal(report.cancelled, true);
      assert.equal(report.results.length, plan.items.length);
      for (const { id, status, message } of report.results) {
        assert.ok(
          status === "created" || (status === "skipped" && message !== ""),
          `${id.name} is ${status}: ${message}`,
        );
        const isThere = await empty.client.getEntity(id).then(
          () => true,
          () => false,
        );
        assert.equal(isThere, status === "created", `${id.name} is ${status}`);
      }
      assert.ok(
        report.results.some(({ status }) => status === "skipped"),
        "nothing was left to skip",
      );
    } finally {
      await empty.close();
    }
  });

  function anyTask(): EntityId {
    const task = project.plan.items.find(({ id }) => id.kind === "task");
    assert.ok(task);
    return task.id;
  }
});
