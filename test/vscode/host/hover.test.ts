import assert from "node:assert/strict";
import path from "node:path";
import * as vscode from "vscode";
import { configure, eventually } from "./explorer-walk";
import { CONNECTION, SCOPE, Setting } from "./register-setting";

describe("hovers on definitions", function () {
  this.timeout(120_000);
  let setting: Setting;

  before(async () => {
    setting = await Setting.start();
    await setting.register("hello.py");
  });

  after(() => setting.stop());

  /** What VS Code shows on a word of a file of the workspace. */
  async function hover(file: string, word: string): Promise<string> {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(path.join(setting.workspace, file)));
    const position = document.positionAt(document.getText().indexOf(word) + 1);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      "vscode.executeHoverProvider",
      document.uri,
      position,
    );
    return hovers
      .flatMap(({ contents }) => contents)
      .map((content) => (content instanceof vscode.MarkdownString ? content.value : String(content)))
      .join("\n\n");
  }

  it("say that nothing ran yet", async () => {
    assert.match(await hover("hello.py", "hello(name"), /no execution in `flytesnacks\/development` yet/);
  });

  it("show phase, age, duration and outputs of the last execution", async () => {
    const name = await setting.execute("hello.hello", { name: "hover" });
    // An answer serves for some seconds.
    let text = "";
    await eventually("the hover shows the execution", async () => {
      text = await hover("hello.py", "hello(name");
      return text.includes(name);
    });
    assert.match(text, /^\$\(pass\) Flyte, last run: \*\*succeeded · just now · took .*\*\*$/m);
    assert.match(text, new RegExp(`execution \\[\`${name}\`\\]\\(command:flyte\\.openDetail\\?`));
    assert.match(text, /^- `o0`: `"Hello, hover!"` _string_$/m);
  });

  it("show the node of a task", async () => {
    const text = await hover("hello.py", "greet(name");
    assert.match(text, /^node `n0` of execution/m);
    assert.match(text, /^- `o0`: `"Hello, hover!"` _string_$/m);
    const argument = /command:flyte\.openOutputs\?([^)]+)\)/.exec(text)?.[1] ?? "";
    await vscode.commands.executeCommand("flyte.openOutputs", ...JSON.parse(decodeURIComponent(argument)));
    assert.match(vscode.window.activeTextEditor?.document.getText() ?? "", /^o0: "Hello, hover!" {2}# string$/m);
  });

  it("are only on definitions", async () => {
    assert.equal(await hover("hello.py", "flytekit"), "");
    assert.equal(await hover("hello.py", "task"), "");
    assert.equal(await hover("hello.py", "greet(name=name)"), "");
  });

  it("ask nothing while no server is connected", async () => {
    await vscode.commands.executeCommand("flyte.stopLocal");
    await configure(undefined);
    assert.equal(await hover("hello.py", "hello(name"), "");
    assert.equal(setting.extension.connections.get("local")?.localState, "stopped");
    await setting.connect();
    assert.notEqual(await hover("hello.py", "hello(name"), "");
  });

  it("are off when they are switched off", async () => {
    const flyte = vscode.workspace.getConfiguration("flyte");
    await flyte.update("hover.enabled", false, vscode.ConfigurationTarget.Global);
    assert.equal(await hover("hello.py", "hello(name"), "");
    await flyte.update("hover.enabled", undefined, vscode.ConfigurationTarget.Global);
    assert.notEqual(await hover("hello.py", "hello(name"), "");
  });

  it("are quiet when the server is down", async () => {
    await setting.connect({ name: "down", endpoint: "127.0.0.1:1", insecure: true });
    await setting.select("down", SCOPE);
    const messages = await setting.hear(async () => {
      assert.match(await hover("hello.py", "hello(name"), /last execution is not known\.\n\n.*127/);
    });
    assert.deepEqual(messages, []);
    await setting.select(CONNECTION, SCOPE);
  });
});
