import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Manifest } from "../../src/register/manifest";
import type { SerializeFailure } from "../../src/register/serialize-failure";
import { type BundleQuestion, type SerializeStep, serialize } from "../../src/register/serialize-process";
import { pythons } from "../setup/python.mjs";
import { root } from "../setup/setup.mjs";
import { english } from "./english";

const SERIALIZER = path.join(root, "src/register/serialize");
const scope = { project: "flytesnacks", domain: "development" };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "flyte-serialize-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What a run tells while it goes on. */
function listener(address: (bundle: BundleQuestion) => Promise<string> = async ({ file }) => `s3://bucket/${file}`) {
  const heard = { steps: [] as SerializeStep[], lines: [] as string[] };
  return {
    ...heard,
    step: (step: SerializeStep) => heard.steps.push(step),
    output: (line: string) => heard.lines.push(line),
    address,
  };
}

interface Options {
  readonly file?: string;
  readonly serializer?: string;
  readonly command?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

function run(options: Options, hears = listener()): Promise<Manifest> {
  const { file = "hello.py", serializer = SERIALIZER, command = pythons().python } = options;
  return serialize(
    {
      interpreter: { command, args: [], source: "setting" },
      serializer,
      file: path.join(folder, file),
      scope,
      output: path.join(folder, "output"),
      cwd: folder,
    },
    hears,
    { signal: options.signal ?? new AbortController().signal, timeoutMs: options.timeoutMs ?? 60_000 },
    english,
  );
}

/** A serialiser that is this script. */
function script(source: string): string {
  const file = path.join(folder, "script");
  mkdirSync(file);
  writeFileSync(path.join(file, "__main__.py"), source);
  return file;
}

async function isRunning(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return false;
    }
    // A process that has ended stays listed until somebody has asked for its end.
    if (existsSync(`/proc/${pid}/stat`) && /\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) {
      return false;
    }
    await setTimeout(50);
  }
  return true;
}

describe("serialising in the user's Python", function () {
  this.timeout(60_000);

  it("gives the manifest, for the address that the store has", async () => {
    cpSync(path.join(root, "test/fixtures/workspace/hello.py"), path.join(folder, "hello.py"));
    const asked: BundleQuestion[] = [];
    const hears = listener(async (bundle) => {
      asked.push(bundle);
      return "s3://bucket/there.tar.gz";
    });
    const manifest = await run({}, hears);
    assert.deepEqual(
      manifest.items.map(({ kind, name, line }) => [kind, name, line]),
      [
        ["task", "hello.greet", 7],
        ["workflow", "hello.hello", 13],
        ["launchPlan", "hello.hello", 13],
      ],
    );
    assert.equal(manifest.bundle?.address, "s3://bucket/there.tar.gz");
    assert.equal(asked.length, 1);
    assert.equal(asked[0]?.md5, manifest.bundle?.md5);
    assert.deepEqual(hears.steps, ["flytekit", "load", "bundle", "address", "serialize", "done"]);
    assert.ok(!hears.lines.some((line) => line.startsWith("@flyte")));
    assert.deepEqual(readdirSync(folder).sort(), ["hello.py", "output"]);
  });

  for (const [file, reason, line, message] of [
    ["syntax_error.py", "syntax", 7, /syntax_error\.py, line 7/],
    ["missing_import.py", "import", 4, /package_that_nobody_has, which is not installed/],
    ["raises.py", "import", 7, /settings\.toml is not there/],
    ["no_entities.py", "noEntities", undefined, /defines no task/],
    ["wrong_argument.py", "serialize", 13, /nummer/],
  ] as const) {
    it(`tells what is wrong with ${file}`, async () => {
      cpSync(path.join(root, "test/fixtures/bad", file), path.join(folder, file));
      const hears = listener();
      await assert.rejects(run({ file }, hears), (failure: SerializeFailure) => {
        assert.equal(failure.reason, reason);
        assert.equal(failure.details.line, line);
        assert.match(failure.message, message);
        return true;
      });
      assert.ok(hears.lines.length > 0, "what Python printed is handed on");
    });
  }
});

describe("the serialiser's process", () => {
  it("is ended at once by an abort, with all that it started", async () => {
    const serializer = script(`
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
print(child.pid, flush=True)
time.sleep(100)
`);
    const controller = new AbortController();
    const hears = listener();
    let pid = 0;
    hears.output = (line) => {
      pid = Number(line);
      controller.abort(new Error("enough"));
      return 0;
    };
    const start = performance.now();
    await assert.rejects(run({ serializer, signal: controller.signal }, hears), /enough/);
    assert.ok(performance.now() - start < 5000);
    assert.ok(pid > 0);
    assert.equal(await isRunning(pid), false);
  });

  it("is not started after an abort", async () => {
    await assert.rejects(run({ command: "/none", signal: AbortSignal.abort(new Error("before")) }), /before/);
  });

  it("is ended when it takes too long", async () => {
    const serializer = script("import time; time.sleep(100)");
    await assert.rejects(run({ serializer, timeoutMs: 300 }), (failure: SerializeFailure) => {
      assert.equal(failure.reason, "timeout");
      assert.match(failure.message, /hello\.py did not end within 0\.3 seconds.*flyte\.register\.timeout/);
      return true;
    });
  });

  it("is ended when nobody knows the address, for that reason", async () => {
    const serializer = script(`
import time
print('@flyte {"step": "address", "file": "f", "md5": "m", "size": 1}', flush=True)
time.sleep(100)
`);
    const hears = listener(() => Promise.reject(new Error("the server is down")));
    await assert.rejects(run({ serializer }, hears), /the server is down/);
  });

  it("may leave others behind that hold its output", async () => {
    const serializer = script(`
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
print(child.pid, flush=True)
`);
    const hears = listener();
    await assert.rejects(run({ serializer }, hears), /exit code 0\) without a result/);
    assert.equal(await isRunning(Number(hears.lines[0])), false);
  });

  it("is told of when it cannot be started, or ends without a word", async () => {
    await assert.rejects(run({ command: "/none/python" }), (failure: SerializeFailure) => {
      assert.equal(failure.reason, "notStarted");
      assert.match(failure.message, /\/none\/python could not be started.*ENOENT.*Choose another interpreter/);
      return true;
    });
    const hears = listener();
    const serializer = script("import os; print('@flyte no json'); print('bye', flush=True); os._exit(9)");
    await assert.rejects(run({ serializer }, hears), (failure: SerializeFailure) => {
      assert.equal(failure.reason, "crashed");
      assert.match(failure.message, /exit code 9/);
      return true;
    });
    assert.deepEqual(hears.lines, ["@flyte no json", "bye"]);
  });
});
