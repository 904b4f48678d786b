// A server that goes away while a person looks at it: an item that says so, and "Retry".

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { localBinary, serveLocal } from "../../fixtures/local-server.mjs";
import { root } from "../../setup/setup.mjs";
import { temporaryFolder } from "../harness/cleanup.mjs";
import { openWorkbench, type Workbench } from "../harness/workbench.mjs";

const PLACE = ["Lab", "flytesnacks", "development", "Executions"];

describe("a server that is killed while a list is under way", () => {
  const folders = temporaryFolder("flyte-page", ["data", "workspace"]);
  const data = path.join(folders.folder, "data");
  let server: Awaited<ReturnType<typeof serveLocal>>;
  let workbench: Workbench;

  before(async function () {
    this.timeout(180_000);
    const scope = ["--project", "flytesnacks", "--domain", "development"];
    await promisify(execFile)(localBinary(), ["seed", "--data", data, "--executions", "250", ...scope]);
    server = await serveLocal(data);
    workbench = await openWorkbench({
      workspace: path.join(folders.folder, "workspace"),
      extension: root,
      settings: { "flyte.connections": [{ name: "Lab", endpoint: server.endpoint, insecure: true }] },
    });
    await workbench.openView("Flyte");
  });

  after(async () => {
    await workbench?.close();
    await server?.stop();
    folders.remove();
  });

  it("shows an item with Retry, and Retry works once the server is back", async () => {
    const port = Number(server.endpoint.split(":").at(-1));
    await workbench.expand(...PLACE.slice(0, -1));
    // A server that has stopped to answer keeps the list under way until it is killed.
    process.kill(server.pid ?? Number.NaN, "SIGSTOP");
    const folder = await workbench.row(...PLACE);
    await folder.locator(".monaco-tl-twistie").click();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await server.kill();

    const retry = await workbench.rowWith(/Retry/, ...PLACE);
    await workbench.screenshot("server-down");

    server = await serveLocal(data, port);
    await retry.click();
    await workbench.rowWith(/succeeded/, ...PLACE);
    const rows = await workbench.children(...PLACE);
    assert.ok(rows.length > 5, `only ${rows.length} rows are shown`);
    assert.ok(
      rows.every(({ label, description }) => !/Retry/.test(label + description)),
      await workbench.tree(),
    );
    await workbench.screenshot("server-back");
  });

  it("leaves a list that can be scrolled, under the path that leads to it", async () => {
    const [first] = await workbench.children(...PLACE);
    await workbench.eventually("The tree is not scrolled", async () => {
      await (await workbench.row(...PLACE)).hover();
      await workbench.page.mouse.wheel(0, 600);
      const [now] = await workbench.children(...PLACE);
      return now?.label !== first?.label;
    });
    assert.deepEqual(
      (await workbench.rows()).slice(0, PLACE.length).map(({ level, label }) => [level, label]),
      PLACE.map((label, index) => [index + 1, label]),
    );
    assert.match(
      await workbench.tree(),
      /^▾ Lab .*\n {2}▾ flytesnacks\n {4}▾ development.*\n {6}▾ Executions\n {8}▸ \w+ /,
    );
    // A click is for the row that is seen, and not for the one that is scrolled away.
    await (await workbench.row(...PLACE)).click();
  });
});
