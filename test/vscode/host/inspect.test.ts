import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { parse } from "yaml";
import type { Subject } from "../../../src/flyte/subject";
import { eventually, type Item } from "./explorer-walk";
import { CONNECTION, SCOPE, Setting } from "./register-setting";

const BELOW = [CONNECTION, SCOPE.project, SCOPE.domain] as const;
const PREFIX = `/v1/settings%3A${CONNECTION}/-/${SCOPE.project}/${SCOPE.domain}`;
// A task that gives its outputs only when it is told to.
const WAITS = `import pathlib, time
from flytekit import task, workflow

@task
def wait(file: str) -> int:
    pathlib.Path(file + ".started").touch()
    for _ in range(600):
        if pathlib.Path(file).exists():
            return 2**53 + 1
        time.sleep(0.1)
    raise TimeoutError(file)

@workflow
def waits(file: str) -> int:
    return wait(file=file)
`;

describe("documents of what is on the server", function () {
  this.timeout(120_000);
  let setting: Setting;

  before(async () => {
    setting = await Setting.start();
    await setting.register("hello.py");
  });

  after(() => setting.stop());

  const document = (): vscode.TextDocument => {
    assert.ok(vscode.window.activeTextEditor);
    return vscode.window.activeTextEditor.document;
  };
  const open = async (command: string, target: unknown): Promise<string> => {
    await vscode.commands.executeCommand(command, target);
    return document().getText();
  };
  const execution = async (name: string): Promise<Item> => {
    await vscode.commands.executeCommand("flyte.refresh");
    return setting.walk.at(...BELOW, "Executions", name);
  };

  describe("of an execution", () => {
    let name: string;

    before(async () => {
      name = await setting.execute("hello.hello", { name: "two\nlines" });
    });

    it("show its outputs, decoded", async () => {
      const text = await open("flyte.openOutputs", (await execution(name)).node);
      assert.equal(
        text,
        `# Outputs of execution ${name} of flytesnacks/development
# Connection: test
# Phase: succeeded

o0: |-  # string
  Hello, two
  lines!
`,
      );
      assert.equal(document().languageId, "yaml");
      assert.equal(document().uri.path, `${PREFIX}/executions/${name}.outputs.yaml`);
      assert.equal(await edits(), false);
    });

    it("show its inputs, from the item in the tree", async () => {
      const [inputs] = await setting.walk.children((await execution(name)).node);
      const { command, arguments: args } = inputs?.item.command ?? { command: "", arguments: [] };
      assert.equal(command, "flyte.openInputs");
      await vscode.commands.executeCommand(command, ...(args ?? []));
      assert.deepEqual(parse(document().getText()), { name: "two\nlines" });
    });

    it("show the same of its nodes", async () => {
      const nodes = (await setting.walk.children((await execution(name)).node)).slice(2);
      const [node] = nodes;
      assert.equal(nodes.length, 1);
      const text = await open("flyte.openOutputs", node?.node);
      assert.match(text, /^# Outputs of node n0 of execution \w+ of flytesnacks\/development$/m);
      assert.deepEqual(parse(text), { o0: "Hello, two\nlines!" });
    });

    it("have their values in the tree, too", async () => {
      const [inputs, outputs] = await setting.walk.children((await execution(name)).node);
      for (const [data, key] of [
        [inputs, "name"],
        [outputs, "o0"],
      ] as const) {
        assert.equal(data?.item.collapsibleState, vscode.TreeItemCollapsibleState.Collapsed);
        const [value, ...others] = await setting.walk.children(data.node);
        assert.equal(value?.label, key);
        assert.match(value.description, /^".*two\\nlines!?"$/);
        assert.equal(value.item.collapsibleState, vscode.TreeItemCollapsibleState.None);
        assert.deepEqual(value.item.command, data.item.command);
        assert.deepEqual(others, []);
      }
    });

    it("show all that the server knows of it", async () => {
      const detail = JSON.parse(await open("flyte.openDetail", (await execution(name)).node));
      assert.equal(detail.closure.phase, "SUCCEEDED");
      assert.equal(document().languageId, "json");
    });

    it("take what a link hands over", async () => {
      const subject = { connectionId: `settings:${CONNECTION}`, kind: "execution", id: { ...SCOPE, name } };
      assert.match(await open("flyte.openError", subject), /^There is no error\.$/m);
    });
  });

  it("show a registered version", async () => {
    const [version] = await setting.walk.children((await setting.walk.at(...BELOW, "Workflows", "hello.hello")).node);
    const detail = JSON.parse(await open("flyte.openDetail", version?.node));
    assert.equal(detail.id.name, "hello.hello");
    const messages = await setting.hear(() => vscode.commands.executeCommand("flyte.openOutputs", version?.node));
    assert.match(messages[0]?.text ?? "", /Only executions and their nodes have/);
  });

  it("show the whole error of what failed", async () => {
    const name = await setting.execute("hello.hello", {}, ["--fail"]);
    const text = await open("flyte.openError", (await execution(name)).node);
    assert.ok(text.length > 20, text);
    assert.doesNotMatch(text, /There is no error/);
    assert.match(await open("flyte.openOutputs", (await execution(name)).node), /^# There are no outputs\.$/m);
  });

  it("are read again by the command while it runs", async () => {
    await whileRunning(async (subject, end) => {
      const before = await open("flyte.openOutputs", subject);
      assert.match(before, /^# Phase: running$/m);
      assert.match(before, /^# There are no outputs yet\.$/m);
      const outputs = document();
      await end();
      await vscode.commands.executeCommand("flyte.refreshDocument");
      await eventually("it is read again", () => /^# Phase: succeeded$/m.test(outputs.getText()));
      assert.match(outputs.getText(), /^o0: 9007199254740993 {2}# integer$/m);
    });
  });

  it("are read again when one comes back to them", async () => {
    await whileRunning(async (subject, end) => {
      await open("flyte.openInputs", subject);
      const inputs = document();
      assert.match(inputs.getText(), /^# Phase: running$/m);
      await vscode.window.showTextDocument(inputs, { preview: false });
      await setting.show("hello.py");
      await end();
      await vscode.window.showTextDocument(inputs);
      await eventually("it is read again", () => /^# Phase: succeeded$/m.test(inputs.getText()));
    });
  });

  it("are files that are there again after a restart, and that nobody writes", async () => {
    assert.equal(vscode.workspace.fs.isWritableFileSystem("flyte"), false);
    const file = vscode.Uri.from({ scheme: "flyte", path: `${PREFIX}/executions/nowhere.outputs.yaml` });
    assert.equal((await vscode.workspace.fs.stat(file)).type, vscode.FileType.File);
    const manifest = vscode.extensions.getExtension("flyte-vscode.flyte-vscode")?.packageJSON;
    assert.ok(manifest.activationEvents.includes("onFileSystem:flyte"));
  });

  it("are read right whatever encoding files are read with", async () => {
    const files = vscode.workspace.getConfiguration("files");
    await files.update("encoding", "iso88591", vscode.ConfigurationTarget.Global);
    try {
      const name = await setting.execute("hello.hello", { name: "Müller 🚲" });
      assert.match(await open("flyte.openInputs", (await execution(name)).node), /^name: "Müller 🚲"/m);
    } finally {
      await files.update("encoding", undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it("are no longer asked for once they are closed", async () => {
    const subject = { connectionId: `settings:${CONNECTION}`, kind: "execution", id: { ...SCOPE, name: "asked" } };
    const client = await setting.client();
    const { pid } = setting.server;
    assert.ok(pid);
    let signal: AbortSignal | undefined;
    const { getExecution } = client;
    client.getExecution = (id, options) => {
      signal = options?.signal;
      return getExecution.call(client, id, options);
    };
    // It does not answer until the test is over.
    process.kill(pid, "SIGSTOP");
    try {
      const opening = vscode.commands.executeCommand("flyte.openOutputs", subject);
      await eventually("it is asked for", () => signal !== undefined);
      assert.equal(signal?.aborted, false);
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
      await eventually("it is given up", () => signal?.aborted === true);
      await opening;
    } finally {
      process.kill(pid, "SIGCONT");
      client.getExecution = getExecution;
    }
  });

  it("say what is wrong, and how to try again", async () => {
    const subject = { connectionId: `settings:${CONNECTION}`, kind: "execution", id: { ...SCOPE, name: "nowhere" } };
    const text = await open("flyte.openOutputs", subject);
    assert.match(text, /^# .*nowhere/m);
    assert.match(text, /^# To try again, run the command “Flyte: Refresh Document”\.$/m);
    const gone = await open("flyte.openDetail", { ...subject, connectionId: "settings:gone" });
    assert.match(JSON.parse(gone).problem[0], /There is no connection “settings:gone” any more\./);
    const none = vscode.Uri.from({ scheme: "flyte", path: "/v9/other" });
    assert.match((await vscode.workspace.openTextDocument(none)).getText(), /has no document at flyte:\/v9\/other/);
  });

  /** Does something while an execution runs, which goes on until `end` is called. */
  async function whileRunning(work: (subject: Subject, end: () => Promise<unknown>) => Promise<void>): Promise<void> {
    const source = path.join(setting.workspace, "waits.py");
    const file = path.join(setting.workspace, "go");
    writeFileSync(source, WAITS);
    await setting.register("waits.py");
    const running = setting.execute("waits.waits", { file });
    const end = (): Promise<unknown> => {
      writeFileSync(file, "");
      return running;
    };
    try {
      await eventually("the task runs", () => existsSync(`${file}.started`));
      const { id } = await setting.execution("running");
      await work({ connectionId: `settings:${CONNECTION}`, kind: "execution", id }, end);
    } finally {
      await end();
      for (const made of [source, file, `${file}.started`]) {
        rmSync(made, { force: true });
      }
    }
  }

  /** Whether the active document takes an edit. */
  async function edits(): Promise<boolean> {
    const before = document().getText();
    await vscode.commands.executeCommand("type", { text: "x" });
    return document().getText() !== before;
  }
});
