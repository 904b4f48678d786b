import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { registerFile } from "../../../src/register/registration";
import { eventually } from "./explorer-walk";
import { CONNECTION, environment, type Message, SCOPE, Setting, usePython } from "./register-setting";

describe("Flyte: Register", () => {
  let setting: Setting;

  before(async () => {
    setting = await Setting.start();
  });

  after(async () => {
    rmSync(path.join(setting.workspace, "bad"), { recursive: true, force: true });
    await setting.stop();
  });

  const only = (messages: Message[]): Message => {
    assert.equal(messages.length, 1, messages.map(({ text }) => text).join("\n"));
    return messages[0] as Message;
  };
  const diagnostics = (file: string): vscode.Diagnostic[] =>
    vscode.languages
      .getDiagnostics(vscode.Uri.file(path.join(setting.workspace, file)))
      .filter(({ source }) => source === "Flyte");
  const places = (file: string) =>
    diagnostics(file).map(({ code, range }) => `${range.start.line + 1}: ${String(code)}`);

  describe("of a good file", () => {
    it("names every entity, and the tree shows them", async () => {
      const message = only(await setting.register("hello.py"));
      assert.equal(message.severity, "information");
      assert.match(
        message.text,
        /^Registered 3 entities of hello\.py in flytesnacks\/development, version \S+\. Created: task hello\.greet, workflow hello\.hello, launch plan hello\.hello\.$/,
      );
      assert.deepEqual(diagnostics("hello.py"), []);
      const below = [CONNECTION, SCOPE.project, SCOPE.domain];
      assert.deepEqual(await setting.walk.labels(...below, "Workflows"), ["hello.hello"]);
      assert.deepEqual(await setting.walk.labels(...below, "Tasks"), ["hello.greet"]);

      message.press("Show Report");
      await eventually("the report is shown", () => activeText().includes("Registration of"));
      assert.match(activeText(), /^created {2}task {9}hello\.greet {2}hello\.py:7$/m);
      assert.equal(vscode.window.activeTextEditor?.document.languageId, "plaintext");
    });

    it("is a success, too, when the server has it already", async () => {
      const message = only(await setting.register("hello.py"));
      assert.equal(message.severity, "information");
      assert.match(
        message.text,
        /Already there: task hello\.greet, workflow hello\.hello, launch plan hello\.hello\.$/,
      );
      assert.doesNotMatch(message.text, /Created/);
      await vscode.commands.executeCommand("flyte.showRegistrationReport");
      assert.match(activeText(), /^Entities: 3 \(0 created, 3 already there, 0 failed, 0 not tried\)$/m);
    });

    it("saves it first", async () => {
      const file = "unsaved.py";
      writeFileSync(path.join(setting.workspace, file), "from flytekit import task\n");
      const editor = await setting.show(file);
      const source = "\n\n@task\ndef added() -> int:\n    return 1\n";
      await editor.edit((edit) => edit.insert(editor.document.lineAt(editor.document.lineCount - 1).range.end, source));
      assert.equal(editor.document.isDirty, true);
      const message = only(await setting.hear(() => vscode.commands.executeCommand("flyte.register")));
      assert.match(message.text, /Created: task unsaved\.added\.$/);
      assert.equal(editor.document.isDirty, false);
      rmSync(path.join(setting.workspace, file));
    });

    it("works on a package, from the menu of a file", async () => {
      const uri = vscode.Uri.file(path.join(setting.workspace, "pipelines/training.py"));
      const message = only(await setting.hear(() => vscode.commands.executeCommand("flyte.register", uri)));
      assert.equal(message.severity, "information");
      assert.match(message.text, /Created: task pipelines\.training\.load_rides, .*, \d+ more\.$/);
      const contents = await setting.contents();
      for (const entity of ["workflow pipelines.training.train", "launchPlan pipelines.training.nightly"]) {
        assert.ok(contents.includes(entity), entity);
      }
    });

    it("works without grpcio, with the same result", async () => {
      await usePython(environment("PYTHON_NO_GRPCIO"));
      try {
        const message = only(await setting.register("hello.py"));
        // The same version with other bytes would be refused.
        assert.match(message.text, /Already there: task hello\.greet, workflow hello\.hello/);
      } finally {
        await usePython(environment("PYTHON"));
      }
    });

    it("leaves nothing behind", () => {
      assert.deepEqual(leftovers(), []);
      const files = readdirSync(setting.workspace, { recursive: true, encoding: "utf8" });
      assert.deepEqual(
        files.filter((file) => /__pycache__|\.pb$|\.tar\.gz$/.test(file)),
        [],
      );
    });
  });

  describe("of a workflow that the server refuses", () => {
    it("shows the problem at the line, naming the node, until it is right", async () => {
      const file = setting.bad("mismatching_types.py");
      const message = only(await setting.register(file));
      assert.equal(message.severity, "error");
      assert.match(
        message.text,
        /^Not registered from mismatching_types\.py in flytesnacks\/development: 2 of 3 entities\./,
      );
      assert.match(message.text, /workflow mismatching_types\.doubled, node n0: MismatchingTypes/);
      assert.match(message.text, /Not tried: launch plan mismatching_types\.doubled\. Created: task/);
      assert.deepEqual(places(file), ["12: MismatchingTypes"]);
      assert.match(diagnostics(file)[0]?.message ?? "", /node n0/);

      message.press("Show Line");
      await eventually("the line is shown", () => vscode.window.activeTextEditor?.selection.start.line === 11);

      const editor = await setting.show(file);
      const insert = (line: number, text: string): Thenable<boolean> =>
        editor.edit((edit) => edit.insert(new vscode.Position(line, 0), text));
      await insert(0, "# first\n");
      await eventually("the problem moves with its line", () => places(file)[0] === "13: MismatchingTypes");
      await insert(12, "  ");
      await eventually("the problem goes with what it is about", () => places(file).length === 0);
      await vscode.commands.executeCommand("undo");

      const text = editor.document.getText();
      const at = editor.document.positionAt(text.indexOf("text: str"));
      await editor.edit((edit) => edit.replace(new vscode.Range(at, at.translate(0, 9)), "text: int"));
      assert.equal(
        only(await setting.hear(() => vscode.commands.executeCommand("flyte.register"))).severity,
        "information",
      );
      assert.deepEqual(diagnostics(file), []);
    });
  });

  it("shows no problem in a file that is gone", async () => {
    const bad = setting.bad("raises.py");
    await setting.register(bad);
    assert.equal(places(bad).length, 1);
    const edit = new vscode.WorkspaceEdit();
    edit.deleteFile(vscode.Uri.file(path.join(setting.workspace, path.dirname(bad))), { recursive: true });
    assert.ok(await vscode.workspace.applyEdit(edit));
    await eventually("the problem goes", () => places(bad).length === 0);
  });

  describe("of bad input", () => {
    let before: string[];

    beforeEach(async () => {
      before = await setting.contents();
    });

    afterEach(async () => {
      assert.deepEqual(await setting.contents(), before, "the server is as it was");
      assert.deepEqual(leftovers(), []);
    });

    const refused = (messages: Message[], text: RegExp, ...buttons: string[]): void => {
      const message = only(messages);
      assert.equal(message.severity, "error");
      assert.match(message.text, text);
      assert.deepEqual(message.buttons, buttons);
    };

    it("asks for a Python file", async () => {
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
      const messages = await setting.hear(() => vscode.commands.executeCommand("flyte.register"));
      refused(messages, /Open the Python file with your tasks/, "Show Log");
    });

    it("asks to save a file that has no name", async () => {
      const document = await vscode.workspace.openTextDocument({ language: "python", content: "x = 1\n" });
      await vscode.window.showTextDocument(document);
      const messages = await setting.hear(() => vscode.commands.executeCommand("flyte.register"));
      refused(messages, /has not been saved yet\. Save it/, "Show Log");
      await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    });

    it("says that there is no Python", async () => {
      await usePython("/none/python");
      refused(
        await setting.register("hello.py"),
        /flyte\.python\.interpreter names \/none\/python.*Choose/,
        "Choose Interpreter",
      );
      await usePython(undefined);
      const { PATH } = process.env;
      process.env.PATH = "";
      try {
        refused(
          await setting.register("hello.py"),
          /no Python.*Install Python 3 with flytekit, or choose/,
          "Choose Interpreter",
        );
      } finally {
        process.env.PATH = PATH;
        await usePython(environment("PYTHON"));
      }
    });

    it("says that there is no flytekit", async () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), "flyte-venv-"));
      try {
        execFileSync(environment("PYTHON"), ["-m", "venv", "--without-pip", folder]);
        const python = path.join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
        await usePython(python);
        const text = new RegExp(`flytekit is not installed in ${python}.*pip install flytekit`);
        refused(await setting.register("hello.py"), text, "Choose Interpreter", "Show Log");
      } finally {
        await usePython(environment("PYTHON"));
        rmSync(folder, { recursive: true });
      }
    });

    for (const [name, file, text, place, ...buttons] of [
      ["a syntax error", "syntax_error.py", /syntax_error\.py, line 7/, "7: syntax", "Show Line", "Show Log"],
      ["no entity", "no_entities.py", /defines no task, workflow or launch plan\. Put @task/, undefined],
      [
        "an import of what is not installed",
        "missing_import.py",
        /line 4 imports package_that_nobody_has, which is not installed in .*choose the interpreter/,
        "4: import",
        "Show Line",
        "Choose Interpreter",
        "Show Log",
      ],
      ["an import that raises", "raises.py", /settings\.toml is not there/, "7: import", "Show Line", "Show Log"],
      ["an import that ends Python", "exits.py", /sys\.exit/, "7: import", "Show Line", "Show Log"],
      [
        "a question at import",
        "asks_input.py",
        /line 5 asks for input while it is imported/,
        "5: import",
        "Show Line",
        "Show Log",
      ],
      ["a wrong argument", "wrong_argument.py", /nummer/, "13: serialize", "Show Line", "Show Log"],
    ] as const) {
      it(`shows where there is ${name}`, async () => {
        const bad = setting.bad(file);
        refused(await setting.register(bad), text, ...buttons);
        assert.deepEqual(places(bad), place === undefined ? [] : [place]);
      });
    }

    it("says that the server is down", async () => {
      const closed = http.createServer();
      await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
      const { port } = closed.address() as AddressInfo;
      await new Promise((resolve) => closed.close(resolve));
      const text = new RegExp(`Nothing listens at 127\\.0\\.0\\.1:${port}\\. Start the server`);
      refused(await elsewhere(port), text, "Select Connection", "Show Log");
    });

    it("says that the port is not gRPC", async () => {
      const web = http.createServer((_, response) => response.end("hi"));
      await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
      try {
        const { port } = web.address() as AddressInfo;
        const text = new RegExp(`127\\.0\\.0\\.1:${port} does not speak gRPC .*Use the port`);
        refused(await elsewhere(port), text, "Select Connection", "Show Log");
      } finally {
        web.close();
      }
    });

    it("says that the project does not exist", async () => {
      for (const [scope, text] of [
        [{ ...SCOPE, project: "nowhere" }, /project nowhere does not exist on test.*flytesnacks/],
        [{ ...SCOPE, domain: "nowhere" }, /project flytesnacks on test has no domain nowhere.*development/],
      ] as const) {
        await setting.select(CONNECTION, scope);
        refused(await setting.register("hello.py"), text, "Select Project");
      }
      await setting.select(CONNECTION, SCOPE);
    });

    it("gives up at once when it is cancelled", async () => {
      const marker = path.join(setting.workspace, "bad", "started");
      const file = setting.bad("no_entities.py");
      writeFileSync(
        path.join(setting.workspace, file),
        `import time, pathlib\npathlib.Path(${JSON.stringify(marker)}).touch()\ntime.sleep(100)\n`,
      );
      const controller = new AbortController();
      const registering = registerFile(
        {
          file: path.join(setting.workspace, file),
          cwd: setting.workspace,
          client: await setting.client(),
          connection: CONNECTION,
          scope: SCOPE,
          interpreter: async () => ({ command: environment("PYTHON"), args: [], source: "setting" }),
          serializer: path.join(
            vscode.extensions.getExtension("flyte-vscode.flyte-vscode")?.extensionPath ?? "",
            "dist/serialize",
          ),
          timeoutMs: 60_000,
        },
        { progress: () => {}, log: () => {} },
        controller.signal,
        vscode.l10n,
      );
      registering.catch(() => {});
      await eventually("the file is being loaded", () => existsSync(marker));
      const start = performance.now();
      controller.abort();
      await assert.rejects(registering, { name: "AbortError" });
      assert.ok(performance.now() - start < 2000);
    });

    /** Registers on a port of this machine. */
    async function elsewhere(port: number): Promise<Message[]> {
      await setting.connect({ name: "elsewhere", endpoint: `127.0.0.1:${port}`, insecure: true });
      await setting.select("elsewhere", SCOPE);
      try {
        return await setting.register("hello.py");
      } finally {
        await setting.connect();
      }
    }
  });
});

function activeText(): string {
  return vscode.window.activeTextEditor?.document.getText() ?? "";
}

/** Folders of registrations that were not removed. */
function leftovers(): string[] {
  return readdirSync(os.tmpdir()).filter((name) => name.startsWith("flyte-register-"));
}
