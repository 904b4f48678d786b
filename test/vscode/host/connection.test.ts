import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { FlyteExtension } from "../../../src/extension";
import { configure, eventually, flyte, TreeWalk } from "./explorer-walk";

const CONFIG = path.join(os.homedir(), ".flyte", "config.yaml");

describe("connections", () => {
  let extension: FlyteExtension;
  let walk: TreeWalk;

  before(async () => {
    extension = await flyte();
    walk = new TreeWalk(extension.tree);
  });

  afterEach(() => configure(undefined));

  const local = () => {
    const connection = extension.connections.get("local");
    assert.ok(connection);
    return connection;
  };

  describe("of the settings", () => {
    it("with a mistake are a warning in the tree, and leave the others", async () => {
      await configure([{ name: "good", endpoint: "127.0.0.1:1", insecure: true }, { name: "bad" }]);
      const [problem, good] = await walk.children();
      assert.equal(problem?.label, 'flyte.connections[1] has no "endpoint".');
      assert.equal(problem.item.command?.command, "flyte.openConnectionSettings");
      assert.equal(good?.label, "good");
    });

    it("with an endpoint that is none say so", async () => {
      await configure([{ name: "odd", endpoint: "ftp://host:1" }]);
      const [error] = await walk.children((await walk.at("odd")).node);
      assert.match(error?.label ?? "", /"ftp:\/\/host:1" is not an endpoint/);
      assert.equal(error?.description, "Retry");
    });

    it("where nothing listens say so", async () => {
      await configure([{ name: "closed", endpoint: `127.0.0.1:${await freePort()}`, insecure: true }]);
      const [error] = await walk.children((await walk.at("closed")).node);
      assert.equal(error?.description, "Retry");
      assert.ok(error.item.tooltip instanceof vscode.MarkdownString);
      assert.match(error.item.tooltip.value, /Nothing listens at .*flyte\\\.connections/s);
    });

    it("where something else than gRPC answers say so", async () => {
      const other = net.createServer((socket) => {
        socket.on("error", () => {});
        socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
      });
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const { port } = other.address() as net.AddressInfo;
      try {
        await configure([{ name: "web", endpoint: `127.0.0.1:${port}`, insecure: true }]);
        const [error] = await walk.children((await walk.at("web")).node);
        assert.equal(error?.description, "Retry");
        assert.match(error.label, new RegExp(`127\\.0\\.0\\.1:${port}`));
      } finally {
        other.close();
      }
    });
  });

  describe("of Flyte's config file", () => {
    afterEach(async () => {
      rmSync(path.dirname(CONFIG), { recursive: true, force: true });
      await eventually("the file's going is noticed", () => extension.connections.get("config") === undefined);
      await eventually("its problem goes", () => extension.connections.problems.length === 0);
    });

    it("come, change and go with the file", async () => {
      mkdirSync(path.dirname(CONFIG), { recursive: true });
      writeFileSync(CONFIG, "admin:\n  endpoint: dns:///localhost:30080\n  insecure: true\n");
      await eventually("the file is noticed", () => extension.connections.get("config") !== undefined);
      const item = await walk.at("localhost:30080");
      assert.ok(item.item.tooltip instanceof vscode.MarkdownString);
      assert.match(item.item.tooltip.value, /config\\\.yaml/);
      writeFileSync(CONFIG, "admin:\n  endpoint: flyte.example.com:443\n");
      await eventually(
        "the change is noticed",
        () => extension.connections.get("config")?.name === "flyte.example.com:443",
      );
    });

    it("that is not YAML are a warning that opens it", async () => {
      mkdirSync(path.dirname(CONFIG), { recursive: true });
      writeFileSync(CONFIG, "admin:\n  endpoint: [\n");
      await eventually("the problem is noticed", () => extension.connections.problems.length === 1);
      const [problem] = await walk.children();
      assert.match(problem?.label ?? "", /config\.yaml is not valid YAML: .* at line \d+/);
      assert.equal(problem?.item.command?.command, "vscode.open");
      assert.equal(problem.item.command.arguments?.[0].fsPath, CONFIG);
    });
  });

  describe("to Local", () => {
    after(() => vscode.commands.executeCommand("flyte.stopLocal"));

    it("start it when they are chosen", async () => {
      await vscode.commands.executeCommand("flyte.startLocal");
      assert.equal(local().localState, "running");
      assert.equal(extension.connections.current, local());
      assert.deepEqual(extension.connections.scope, { project: "flytesnacks", domain: "development" });
      assert.deepEqual(await walk.labels("Local"), ["flytesnacks"]);
      assert.match((await walk.at("Local")).description, /^current · running · 127\.0\.0\.1:\d+$/);
    });

    it("start it again when it was killed", async () => {
      const { endpoint } = local();
      process.kill(childPid(), "SIGKILL");
      await eventually("its end is noticed", () => local().endpoint !== endpoint);
      await vscode.commands.executeCommand("flyte.refresh");
      assert.deepEqual(await walk.labels("Local"), ["flytesnacks"]);
      assert.equal(local().localState, "running");
    });

    it("leave it alone once it was stopped, until it is started", async () => {
      await vscode.commands.executeCommand("flyte.stopLocal");
      assert.equal(local().localState, "stopped");
      await assert.rejects(local().client(), { name: "ConnectionStopped" });
      await vscode.commands.executeCommand("flyte.refresh");
      const [stopped, ...rest] = await walk.children((await walk.at("Local")).node);
      assert.equal(stopped?.label, "Local Flyte is stopped.");
      assert.equal(stopped.description, "Start");
      assert.deepEqual(rest, []);
      assert.equal(stopped.item.command?.command, "flyte.startLocal");
      await vscode.commands.executeCommand("flyte.startLocal");
      assert.deepEqual(await walk.labels("Local"), ["flytesnacks"]);
    });
  });
});

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The `flyte-local` that this extension host started. */
function childPid(): number {
  return Number(execFileSync("pgrep", ["-P", String(process.pid), "flyte-local"], { encoding: "utf8" }));
}
