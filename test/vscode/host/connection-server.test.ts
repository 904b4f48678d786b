// The embedded Flyte as a process: the real program, in the extension host.

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalServer } from "../../../src/connection/local-server";
import { isAlive, readServerFile } from "../../../src/connection/server-address";
import { english } from "../../unit/english";

const program = path.join(process.env.FLYTE_TEST_ROOT ?? "", "dist/flyte-local");

describe("the embedded Flyte's process", () => {
  let data: string;
  let log: string[];
  const servers: LocalServer[] = [];

  beforeEach(() => {
    data = path.join(mkdtempSync(path.join(os.tmpdir(), "flyte-data-")), "local");
    log = [];
  });

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.dispose()));
    rmSync(path.dirname(data), { recursive: true, force: true });
  });

  function local(options: { program?: string } = {}): LocalServer {
    const server = new LocalServer({ program, data, l10n: english, log: (line) => log.push(line), ...options });
    servers.push(server);
    return server;
  }

  it("starts once for all who ask, and ends in order", async () => {
    const server = local();
    const states: string[] = [];
    server.onDidChange(() => states.push(server.state));
    assert.equal(server.state, "idle");
    assert.equal(server.endpoint, undefined);
    const endpoints = await Promise.all([server.start(), server.start(), server.start()]);
    assert.equal(new Set(endpoints).size, 1);
    assert.equal(server.endpoint, endpoints[0]);
    assert.equal(server.isForeign, false);
    await accepts(endpoints[0] ?? "");
    const pid = readServerFile(data)?.pid ?? 0;
    await server.stop();
    assert.equal(isAlive(pid), false);
    assert.equal(existsSync(path.join(data, "server.json")), false);
    assert.equal(server.state, "idle");
    assert.deepEqual([...new Set(states)], ["starting", "running", "idle"]);
  });

  it("starts again after it was killed", async () => {
    const server = local();
    const first = await server.start();
    const pid = readServerFile(data)?.pid ?? 0;
    const died = new Promise<void>((resolve) => {
      const subscription = server.onDidChange(() => {
        subscription.dispose();
        resolve();
      });
    });
    process.kill(pid, "SIGKILL");
    await died;
    assert.equal(server.state, "idle");
    assert.match(log.at(-1) ?? "", /SIGKILL/);
    const second = await server.start();
    await accepts(second);
    await refuses(first);
  });

  it("is shared with the window that started it, and taken over when that ends", async () => {
    const [owner, guest] = [local(), local()];
    const endpoint = await owner.start();
    assert.equal(await guest.start(), endpoint);
    assert.equal(guest.isForeign, true);
    await guest.stop();
    assert.equal(owner.state, "running");
    assert.equal(await guest.start(), endpoint);
    await owner.dispose();
    assert.equal(guest.state, "idle");
    const own = await guest.start();
    assert.equal(guest.isForeign, false);
    await accepts(own);
  });

  it("ends when it is disposed, and does not start after that", async () => {
    const server = local();
    await server.start();
    const pid = readServerFile(data)?.pid ?? 0;
    await server.dispose();
    assert.equal(isAlive(pid), false);
    await assert.rejects(server.start(), /being shut down/);
  });

  it("says when it is not there", async () => {
    const missing = path.join(data, "no-such-program");
    await assert.rejects(local({ program: missing }).start(), (error: Error) => {
      assert.match(error.message, /cannot be run: .*no-such-program \(ENOENT\)\. Reinstall the extension\./);
      return true;
    });
  });

  it("says why it did not start", async () => {
    writeFileSync(path.dirname(data).concat("/file"), "");
    data = path.join(path.dirname(data), "file", "local");
    await assert.rejects(local().start(), /flyte-local could not start \(exit code \d+\)\. .*file/);
    data = path.dirname(data);
  });

  it("is not taken for another program", async () => {
    const talker = path.join(path.dirname(data), "talker");
    writeFileSync(talker, "#!/bin/sh\necho hello\nexec sleep 60\n");
    chmodSync(talker, 0o755);
    await assert.rejects(local({ program: talker }).start(), /does not say where it listens, but: hello/);
  });

  it("keeps what it holds in its own directory", async () => {
    await local().start();
    const { data: said } = JSON.parse(readFileSync(path.join(data, "server.json"), "utf8"));
    assert.equal(said, data);
  });
});

function accepts(endpoint: string): Promise<void> {
  const [host = "", port = ""] = endpoint.split(":");
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), host, () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}

async function refuses(endpoint: string): Promise<void> {
  await sleep(50);
  await assert.rejects(accepts(endpoint));
}
