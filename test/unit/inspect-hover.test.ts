import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { ExecutionData, ExecutionRow, NodeExecutionRow } from "../../src/flyte/types";
import { definitions } from "../../src/inspect/hover/definitions";
import { lastRunText, neverRunText, unknownText } from "../../src/inspect/hover/hover-text";
import { moduleName } from "../../src/inspect/hover/module-name";
import { SharedCalls } from "../../src/inspect/hover/shared-calls";
import { english } from "./english";

/** What is found, as `kind name`, after a check that the offsets are those of the names. */
function found(source: string): string[] {
  return definitions(source).map(({ kind, name, offset }) => {
    assert.equal(source.slice(offset, offset + name.length), name);
    return `${kind} ${name}`;
  });
}

describe("definitions in Python source", () => {
  it("are the functions under flytekit's decorators", () => {
    const source = `"""Docs with @task
def not_this(): ..."""
from flytekit import dynamic, task, workflow

@task
def one(a: int) -> int:
    return a

@task(
    cache=True,  # )
    cache_version="1)",
    requests=Resources(cpu="1", mem="2Gi"),
)
@other.decorator
def two(a: int = (1), *, b: str = "def x():") -> int:
    @task
    def inner(): ...
    return a

@dynamic
async def three(): ...

@workflow
def four(): ...
def five(): ...
class Six:
    @task
    def method(self): ...

@workflow

# A comment between is fine.
def seven(
    a: int,
) -> int: ...
`;
    assert.deepEqual(found(source), ["task one", "task two", "task three", "workflow four", "workflow seven"]);
    assert.deepEqual(found(source.replaceAll("\n", "\r\n")), found(source));
  });

  it("are found by the names that the imports give", () => {
    const uses =
      "\n@flytekit.task\ndef a(): ...\n@fk.workflow()\ndef b(): ...\n@t\ndef c(): ...\n@celery.task\ndef d(): ...\n";
    assert.deepEqual(found(`import flytekit${uses}`), ["task a"]);
    assert.deepEqual(found(`import os, flytekit.core.task, flytekit as fk${uses}`), ["task a", "workflow b"]);
    assert.deepEqual(found(`from flytekit import (\n  workflow,  # not task\n  task as t,\n)${uses}`), ["task c"]);
    assert.deepEqual(found(`import celery${uses}`), []);
    assert.deepEqual(found("from flytekit import *\n@task\ndef a(): ..."), ["task a"]);
    assert.deepEqual(found("from flytekit.core.task import task\n@task\ndef a(): ..."), ["task a"]);
    assert.deepEqual(found("from flytekit.core import workflow as w\n@w.workflow\ndef a(): ..."), ["workflow a"]);
    assert.deepEqual(found("from our_flyte_helpers import task\n@task\ndef a(): ..."), ["task a"]);
    assert.deepEqual(found("from prefect import task\n@task\ndef a(): ..."), []);
    assert.deepEqual(found("from flytekit import task\nfrom prefect import task\n@task\ndef a(): ..."), []);
    assert.deepEqual(found("@task\ndef a(): ..."), []);
    assert.deepEqual(found("if X:\n    from flytekit import task\n    @task\n    def a(): ...\nelse:\n\tpass"), [
      "task a",
    ]);
  });

  it("are found in sources that do not parse, as while typing", () => {
    const start = "from flytekit import task\n";
    assert.deepEqual(found(`${start}x = foo(\n@task\ndef a(): ...`), ["task a"]);
    assert.deepEqual(found(`${start}x = "no end\n@task\ndef a(): ...`), ["task a"]);
    assert.deepEqual(found(`${start}@task\ndef a(x`), ["task a"]);
    assert.deepEqual(found(`${start}@task\ndef `), []);
    assert.deepEqual(found(`${start}"""no end\n@task\ndef a(): ...`), []);
    assert.deepEqual(found(`${start}x = ']' \\\n  + 'a\\'#'\n)\n@task\ndef a(): ...`), ["task a"]);
    assert.deepEqual(found(""), []);
    assert.deepEqual(found("\\"), []);
  });

  it("are found soon in a long file", () => {
    const source = `from flytekit import task\n${"@task\ndef f(a: int) -> int:\n    return a + 1  # more\n\n".repeat(5000)}`;
    const start = performance.now();
    assert.equal(definitions(source).length, 5000);
    assert.ok(performance.now() - start < 1000, `${performance.now() - start} ms`);
  });
});

describe("the name of a module", () => {
  it("starts below the first folder that is no package", async () => {
    const root = mkdtempSync(path.join(os.tmpdir(), "flyte-modules-"));
    try {
      mkdirSync(path.join(root, "src/outer/inner"), { recursive: true });
      for (const file of ["outer/__init__.py", "outer/inner/__init__.py"]) {
        writeFileSync(path.join(root, "src", file), "");
      }
      const name = (file: string): Promise<string> => moduleName(path.join(root, "src", file));
      assert.equal(await name("outer/inner/tasks.py"), "outer.inner.tasks");
      assert.equal(await name("outer/flow.py"), "outer.flow");
      assert.equal(await name("flow.py"), "flow");
      // As flytekit names it.
      assert.equal(await name("outer/__init__.py"), "outer.__init__");
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe("calls that are shared", () => {
  /** Calls that end when they are told to. */
  function controlled() {
    const started: { signal: AbortSignal; resolve: (text: string) => void; reject: (error: Error) => void }[] = [];
    const call = (signal: AbortSignal): Promise<string> =>
      new Promise((resolve, reject) => started.push({ signal, resolve, reject }));
    return { started, call };
  }
  const never = new AbortController().signal;

  it("are one while they are under way, and serve for a while", async () => {
    let now = 0;
    const calls = new SharedCalls<string>(100, () => now);
    const { started, call } = controlled();
    const both = Promise.all([calls.get("a", never, call), calls.get("a", never, call)]);
    assert.equal(started.length, 1);
    started[0]?.resolve("x");
    assert.deepEqual(await both, ["x", "x"]);
    now = 99;
    assert.equal(await calls.get("a", never, call), "x");
    assert.equal(started.length, 1);
    now = 100;
    const again = calls.get("a", never, call);
    assert.equal(started.length, 2);
    started[1]?.resolve("y");
    assert.equal(await again, "y");
  });

  it("do not mix keys, and keep failures", async () => {
    const calls = new SharedCalls<string>(100, () => 0);
    const { started, call } = controlled();
    const one = calls.get("a", never, call);
    const other = calls.get("b", never, call);
    started[0]?.reject(new Error("down"));
    started[1]?.resolve("b");
    await assert.rejects(one, /down/);
    assert.equal(await other, "b");
    await assert.rejects(calls.get("a", never, call), /down/);
    assert.equal(started.length, 2);
  });

  it("are cancelled when nobody waits any more", async () => {
    const calls = new SharedCalls<string>(100, () => 0);
    const { started, call } = controlled();
    const [first, second] = [new AbortController(), new AbortController()];
    const one = calls.get("a", first.signal, call);
    const other = calls.get("a", second.signal, call);
    first.abort(new Error("left"));
    await assert.rejects(one, /left/);
    assert.equal(started[0]?.signal.aborted, false);
    second.abort(new Error("left too"));
    await assert.rejects(other, /left too/);
    assert.equal(started[0]?.signal.aborted, true);
    const again = calls.get("a", never, call);
    assert.equal(started.length, 2);
    started[1]?.resolve("x");
    assert.equal(await again, "x");
    await assert.rejects(calls.get("a", first.signal, call), /left/);
  });

  it("are cancelled when they are cleared", async () => {
    const calls = new SharedCalls<string>(100, () => 0);
    const { started, call } = controlled();
    const one = calls.get("a", never, call);
    calls.clear();
    assert.equal(started[0]?.signal.aborted, true);
    started[0]?.reject(new Error("cancelled"));
    await assert.rejects(one, /cancelled/);
  });
});

describe("the text of a hover", () => {
  const id = { project: "flytesnacks", domain: "development", name: "f1" };
  const execution: ExecutionRow = {
    id,
    phase: "succeeded",
    launchedName: "hello.hello",
    launchedVersion: "v1",
    createdAt: 1_000_000,
    startedAt: 1_060_000,
    duration: 12_300,
    principal: "",
    error: "",
  };
  const data: ExecutionData = {
    inputs: { state: "none", values: [], bytes: 0, uri: "" },
    outputs: {
      state: "inline",
      values: [
        {
          key: "o0",
          value: { kind: "string", type: "string", text: "Hello!", children: [], size: 6, truncated: false },
        },
      ],
      bytes: 12,
      uri: "",
    },
  };
  const nothing: ExecutionData = { ...data, outputs: { state: "none", values: [], bytes: 0, uri: "" } };
  const subject = { connectionId: "local", kind: "execution", id } as const;

  it("tells phase, age, duration and outputs", () => {
    const { heading, body } = lastRunText({ last: { execution }, data, subject }, 1_060_000 + 3 * 60_000, english);
    assert.equal(heading, "$(pass) Flyte, last run: **succeeded · 3m ago · took 12\\.3s**");
    assert.match(body, /^execution \[`f1`\]\(command:flyte\.openDetail\?[^ ()]+\) in `flytesnacks\/development`$/m);
    assert.match(body, /^\[Outputs\]\(command:flyte\.openOutputs\?[^ ()]+\)$/m);
    assert.match(body, /^- `o0`: `"Hello!"` _string_$/m);
    const argument = /flyte\.openOutputs\?([^)]+)\)/.exec(body)?.[1] ?? "";
    assert.deepEqual(JSON.parse(decodeURIComponent(argument)), [subject]);
  });

  it("is about the node for a task that ran in a workflow", () => {
    const node: NodeExecutionRow = {
      id: { execution: id, nodeId: "n0" },
      displayName: "greet",
      phase: "failed",
      startedAt: 1_100_000,
      duration: 500,
      cached: false,
      isParent: false,
      error: "Traceback `x`\n  second line",
    };
    const run = {
      last: { execution, node },
      data: nothing,
      subject: { ...subject, kind: "node", id: node.id },
    } as const;
    const { heading, body } = lastRunText(run, 1_100_000, english);
    assert.match(heading, /^\$\(error\) .*failed · just now · took 500ms/);
    assert.match(body, /^node `n0` of execution \[`f1`\]/m);
    assert.match(body, /^`` Traceback `x` `` \[Show Error\]\(command:flyte\.openError\?/m);
    assert.doesNotMatch(body, /utputs/);
  });

  it("says that there is nothing yet", () => {
    const running = { ...execution, phase: "running", duration: undefined } as unknown as ExecutionRow;
    const { heading, body } = lastRunText({ last: { execution: running }, data: nothing, subject }, 1_060_000, english);
    assert.match(heading, /^\$\(sync\) .*running/);
    assert.match(body, /There are no outputs yet\./);
    assert.match(neverRunText("p/d", english).heading, /no execution in `p\/d` yet/);
    assert.equal(unknownText("[down](x)", english).body, "\\[down\\]\\(x\\)");
  });
});
