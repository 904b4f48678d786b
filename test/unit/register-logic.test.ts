import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { FlyteClient } from "../../src/flyte/client";
import { ConnectionStopped } from "../../src/flyte/connection";
import { FlyteError } from "../../src/flyte/error";
import type { EntityKind, PageRequest, RegistrationReport, RegistrationResult } from "../../src/flyte/types";
import { findInterpreter, type Surroundings } from "../../src/register/interpreter";
import { type Manifest, readManifest, siteOf, toPlan } from "../../src/register/manifest";
import { nextSteps } from "../../src/register/next-steps";
import { isComplete, outcomeOf, type Registration } from "../../src/register/outcome";
import { problemOf, problemsOf } from "../../src/register/problems";
import { registerProgress, serializeProgress } from "../../src/register/progress";
import { reportText } from "../../src/register/report";
import { readFailure, SerializeFailure } from "../../src/register/serialize-failure";
import { checkTarget, UnknownScope } from "../../src/register/target-check";
import { english } from "./english";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "flyte-unit-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function program(...names: string[]): string {
  const file = path.join(folder, ...names);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, "");
  chmodSync(file, 0o755);
  return file;
}

const scope = { project: "flytesnacks", domain: "development" };
const version = "v1";

function manifest(): Manifest {
  const item = (kind: EntityKind, name: string, line: number | null) => ({
    ...scope,
    kind,
    name,
    version,
    specFile: `${name}.pb`,
    sourceFile: line === null ? null : "/project/flow.py",
    line,
    activate: name === "flow.nightly",
  });
  return {
    ...scope,
    version,
    flytekit: "1.16.31",
    python: "3.11.7",
    sourceRoot: "/project",
    module: "flow",
    bundle: { file: "fast.tar.gz", md5: "x", size: 512, destination: "/root", address: "s3://b/f", files: ["flow.py"] },
    items: [
      item("task", "flow.add", 5),
      item("workflow", "flow.main", 12),
      item("launchPlan", "flow.main", 12),
      item("launchPlan", "flow.nightly", null),
    ],
  };
}

function result(index: number, status: RegistrationResult["status"], more: Partial<RegistrationResult> = {}) {
  const item = manifest().items[index];
  assert.ok(item);
  const { kind, name } = item;
  return { id: { ...scope, kind, name, version }, status, message: "", problems: [], ...more };
}

function registration(results: RegistrationResult[], more: Partial<RegistrationReport> = {}): Registration {
  const report = { results, cancelled: false, bundleUri: "s3://b/f", ...more };
  return { file: "/project/flow.py", connection: "Local", scope, manifest: manifest(), report };
}

describe("the choice of the interpreter", () => {
  const surroundings = (more: Partial<Surroundings> = {}): Surroundings => ({
    pythonExtension: async () => undefined,
    setting: "",
    folder,
    env: {},
    platform: "linux",
    ...more,
  });
  const choice = async (more: Partial<Surroundings>): Promise<string> => {
    const { command, args, source } = await findInterpreter(surroundings(more), english);
    return [source, path.relative(folder, command), ...args].join(" ");
  };

  it("prefers the Python extension, then the setting, then the workspace, then PATH", async () => {
    const chosen = program("chosen/python");
    program("set/python");
    const PATH = [path.join(folder, "first"), path.join(folder, "second")].join(":");
    program("second/python3");
    program("first/python");
    const all = { pythonExtension: async () => chosen, setting: "set/python", env: { PATH } };
    assert.equal(await choice(all), "pythonExtension chosen/python");
    assert.equal(await choice({ ...all, pythonExtension: async () => undefined }), "setting set/python");
    assert.equal(await choice({ env: { PATH } }), "path second/python3");
    program("venv/bin/python");
    assert.equal(await choice({ env: { PATH } }), "workspace venv/bin/python");
    program(".venv/bin/python");
    assert.equal(await choice({ env: { PATH } }), "workspace .venv/bin/python");
    assert.equal(await choice({ folder: undefined, env: { PATH } }), "path second/python3");
  });

  it("passes over what is no program", async () => {
    mkdirSync(path.join(folder, ".venv/bin/python"), { recursive: true });
    const gone = async () => path.join(folder, "gone");
    program("bin/python");
    assert.equal(await choice({ pythonExtension: gone, env: { PATH: path.join(folder, "bin") } }), "path bin/python");
  });

  it("knows Windows's launcher", async () => {
    program("bin/python.exe");
    program("bin/py.exe");
    assert.equal(await choice({ platform: "win32", env: { Path: path.join(folder, "bin") } }), "path bin/py.exe -3");
    program("venv/Scripts/python.exe");
    assert.equal(await choice({ platform: "win32" }), "workspace venv/Scripts/python.exe");
  });

  it("fills in the workspace folder", async () => {
    program("env/bin/python");
    assert.equal(await choice({ setting: "${" + "workspaceFolder}/env/bin/python" }), "setting env/bin/python");
  });

  it("says what to do when there is none, or not the one that is set", async () => {
    await assert.rejects(
      findInterpreter(surroundings({ env: { PATH: folder } }), english),
      (error: SerializeFailure) => {
        assert.equal(error.reason, "noPython");
        assert.match(error.message, /no Python .*Install Python 3 with flytekit, or choose an interpreter/);
        return true;
      },
    );
    program(".venv/bin/python");
    await assert.rejects(findInterpreter(surroundings({ setting: "/none/python" }), english), /\/none\/python/);
  });
});

describe("the manifest", () => {
  it("becomes a plan whose files are in its folder", async () => {
    writeFileSync(path.join(folder, "manifest.json"), JSON.stringify(manifest()));
    const read = await readManifest(folder);
    assert.deepEqual(read, manifest());
    const plan = toPlan(read, folder, { ...scope, org: "ours" });
    assert.equal(plan.version, version);
    assert.deepEqual(plan.items[3], {
      id: { ...scope, org: "ours", kind: "launchPlan", name: "flow.nightly", version },
      specFile: path.join(folder, "flow.nightly.pb"),
      activate: true,
    });
    assert.deepEqual(plan.bundle, {
      file: path.join(folder, "fast.tar.gz"),
      destination: "/root",
      address: "s3://b/f",
    });
    assert.equal(toPlan({ ...read, bundle: null }, folder, scope).bundle, undefined);
    assert.ok(!("org" in (toPlan(read, folder, scope).items[0]?.id ?? {})));
  });

  it("knows where entities are, by kind and name", () => {
    assert.deepEqual(siteOf(manifest(), result(2, "created").id), { file: "/project/flow.py", line: 12 });
    assert.equal(siteOf(manifest(), result(3, "created").id), undefined);
  });

  it("is refused when it is not one", async () => {
    await assert.rejects(readManifest(folder), /ENOENT/);
    writeFileSync(path.join(folder, "manifest.json"), JSON.stringify({ ...manifest(), items: [{ kind: "other" }] }));
    await assert.rejects(readManifest(folder), /not a manifest/);
  });
});

describe("what the serialiser says of its failure", () => {
  it("is read with its place", async () => {
    const answer = { reason: "syntax", message: "m", file: "/f.py", line: 7, column: 3, module: null, traceback: "t" };
    writeFileSync(path.join(folder, "error.json"), JSON.stringify(answer));
    const failure = await readFailure(folder, { code: 1, signal: null }, english);
    assert.equal(failure.reason, "syntax");
    assert.deepEqual(problemOf(failure), { file: "/f.py", line: 7, column: 3, message: "m", code: "syntax" });
  });

  it("is made up for when it left nothing", async () => {
    const failure = await readFailure(folder, { code: null, signal: "SIGSEGV" }, english);
    assert.equal(failure.reason, "crashed");
    assert.match(failure.message, /SIGSEGV/);
    assert.equal(problemOf(failure), undefined);
  });
});

describe("the outcome of a registration", () => {
  it("names every entity", () => {
    const done = registration([result(0, "exists"), result(1, "created"), result(2, "created"), result(3, "created")]);
    assert.deepEqual(outcomeOf(done, english), {
      severity: "information",
      message:
        "Registered 4 entities of flow.py in flytesnacks/development, version v1. Created: workflow flow.main, launch plan flow.main, launch plan flow.nightly. Already there: task flow.add.",
    });
    const many = Array.from({ length: 20 }, () => result(0, "created"));
    assert.match(outcomeOf(registration(many), english).message, /task flow\.add, 14 more\.$/);
  });

  it("is an error when something failed, and names it first", () => {
    const failed = registration([
      result(0, "created"),
      result(1, "failed", {
        message: "failed to compile workflow\nmore",
        problems: [
          { node: "n0", code: "MismatchingTypes", description: "Variable [a] (type [STRING]) doesn't match" },
          { node: "", code: "NoNodesFound", description: "none." },
        ],
      }),
      result(2, "skipped", { message: "its workflow was not registered" }),
      result(3, "failed", { message: "is different\n+ a\n- b" }),
    ]);
    assert.equal(isComplete(failed.report), false);
    const { severity, message } = outcomeOf(failed, english);
    assert.equal(severity, "error");
    assert.equal(
      message,
      "Not registered from flow.py in flytesnacks/development: 3 of 4 entities. workflow flow.main, node n0: MismatchingTypes: Variable [a] (type [STRING]) doesn't match. workflow flow.main: NoNodesFound: none. launch plan flow.nightly: is different. Not tried: launch plan flow.main. Created: task flow.add.",
    );
    assert.deepEqual(
      problemsOf(failed.report, failed.manifest, failed.file, english).map(({ file, line, code }) => [
        file,
        line,
        code,
      ]),
      [
        ["/project/flow.py", 12, "MismatchingTypes"],
        ["/project/flow.py", 12, "NoNodesFound"],
        ["/project/flow.py", 1, "failed"],
      ],
    );
  });

  it("is no success when it was cancelled", () => {
    const results = [result(0, "created"), result(1, "skipped", { message: "cancelled" })];
    const { severity, message } = outcomeOf(registration(results, { cancelled: true }), english);
    assert.equal(severity, "warning");
    assert.match(message, /cancelled before its end\. Created: task flow\.add\. Not tried: workflow flow\.main\.$/);
  });

  it("counts what is left of many failures", () => {
    const many = Array.from({ length: 9 }, () => result(0, "failed", { message: `x${"y".repeat(1000)}` }));
    const { message } = outcomeOf(registration(many), english);
    assert.match(message, /6 more failures are in the report\.$/);
    assert.ok(message.length < 1300);
  });

  it("is told in full by the report", () => {
    const results = [
      result(0, "created"),
      result(1, "failed", {
        message: "failed to compile",
        problems: [{ node: "n0", code: "MismatchingTypes", description: "a\nb" }],
      }),
      result(2, "skipped", { message: "its workflow was not registered" }),
      result(3, "exists"),
    ];
    const text = reportText(registration(results), new Date(0), english);
    assert.equal(
      text,
      `Registration of /project/flow.py
Time: 1970-01-01T00:00:00.000Z
Connection: Local
Project and domain: flytesnacks/development
Version: v1
Serialised by flytekit 1.16.31 on Python 3.11.7
Files in the code bundle: 1 (512 bytes, s3://b/f)

Entities: 4 (1 created, 1 already there, 1 failed, 1 not tried)

created        task         flow.add      flow.py:5
failed         workflow     flow.main     flow.py:12
    workflow flow.main, node n0: MismatchingTypes: a
    b
not tried      launch plan  flow.main     flow.py:12
    its workflow was not registered
already there  launch plan  flow.nightly
`,
    );
  });
});

describe("the progress of a registration", () => {
  it("only goes forward", () => {
    const steps = (["flytekit", "load", "bundle", "address", "serialize", "done"] as const).map((step) =>
      serializeProgress(step, english),
    );
    const server = [0, 1, 2].map((done) =>
      registerProgress({ step: "task", done, total: 2, result: result(0, "created") }, english),
    );
    const percents = [...steps, ...server].map(({ percent }) => percent);
    assert.deepEqual(
      percents,
      [...percents].sort((one, other) => one - other),
    );
    assert.equal(percents.at(-1), 100);
    assert.equal(server[1]?.message, "1 of 2 entities: task flow.add");
    assert.match(registerProgress({ step: "upload", done: 0, total: 2 }, english).message, /uploading/);
  });
});

describe("the next steps after a failure", () => {
  it("lead to what can be done about it", () => {
    const failure = (reason: SerializeFailure["reason"], details = {}) => new SerializeFailure(reason, "", details);
    assert.deepEqual(nextSteps(failure("noPython")), ["chooseInterpreter"]);
    assert.deepEqual(nextSteps(failure("noFlytekit")), ["chooseInterpreter", "showLog"]);
    assert.deepEqual(nextSteps(failure("syntax", { line: 7 })), ["showLine", "showLog"]);
    assert.deepEqual(nextSteps(failure("import", { line: 7, module: "x" })), [
      "showLine",
      "chooseInterpreter",
      "showLog",
    ]);
    assert.deepEqual(nextSteps(failure("noEntities")), []);
    assert.deepEqual(nextSteps(failure("timeout")), ["openTimeout", "showLog"]);
    assert.deepEqual(nextSteps(new UnknownScope("")), ["selectScope"]);
    assert.deepEqual(nextSteps(new ConnectionStopped("")), ["startLocal"]);
    const down = new FlyteError("", "UNAVAILABLE", "connectionRefused", "", "", "");
    assert.deepEqual(nextSteps(down), ["selectConnection", "showLog"]);
    assert.deepEqual(nextSteps(new Error("other")), ["showLog"]);
  });
});

describe("the check of project and domain", () => {
  const domains = [{ id: "development", name: "development" }];
  /** A server with many projects, which it gives page by page. */
  const server = (count: number) => {
    const all = Array.from({ length: count }, (_, index) => `p${index}`);
    return {
      async listProjects({ limit, token }: PageRequest) {
        const start = Number(token ?? 0);
        const rows = all.slice(start, start + limit).map((id) => ({ id, name: id, description: "", domains }));
        return { rows, ...(start + limit < count ? { nextToken: String(start + limit) } : {}) };
      },
    } as unknown as FlyteClient;
  };
  const check = (count: number, project: string, domain = "development") =>
    checkTarget(server(count), { project, domain }, "Local", {}, english);

  it("looks on every page", async () => {
    await check(250, "p0");
    await check(250, "p249");
  });

  it("names what there is", async () => {
    await assert.rejects(check(2, "q"), {
      name: "UnknownScope",
      message: "The project q does not exist on Local, or is archived. Its projects are p0, p1.",
    });
    await assert.rejects(check(250, "q"), /p7, …\.$/);
    await assert.rejects(check(0, "q"), /which has no projects/);
    await assert.rejects(
      check(2, "p1", "x"),
      /The project p1 on Local has no domain x\. Its domains are development\./,
    );
  });
});
