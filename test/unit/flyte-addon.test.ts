import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { FlyteError } from "../../src/flyte/error";
import { root } from "../setup/setup.mjs";
import { temporaryFolder } from "../vscode/harness/cleanup.mjs";

describe("loading the addon", () => {
  /** The module that loads it, as if it were installed in a folder with these files; what `connect` throws there. */
  async function failure(files: Record<string, string>) {
    const { folder, remove } = temporaryFolder("flyte-addon");
    try {
      for (const [name, content] of Object.entries(files)) {
        writeFileSync(path.join(folder, name), content);
      }
      const outfile = path.join(folder, "addon.cjs");
      await build({
        entryPoints: [path.join(root, "src/flyte/addon.ts")],
        outfile,
        bundle: true,
        platform: "node",
        format: "cjs",
      });
      const { connect } = await import(pathToFileURL(outfile).href);
      connect({ endpoint: "localhost:30080", insecure: true });
    } catch (error) {
      return error as FlyteError;
    } finally {
      remove();
    }
    return assert.fail("it was loaded");
  }

  it("says what to do when it is not there", async () => {
    const error = await failure({});
    assert.equal(error.name, FlyteError.name);
    assert.equal(error.reason, "file");
    assert.match(
      error.message,
      new RegExp(`Install the Flyte extension for ${process.platform}-${process.arch} again`),
    );
    assert.match(error.details, /Cannot find module/);
  });

  it("says what to do when it is made for another machine", async () => {
    const error = await failure({ "flyte-node.node": "MZ" });
    assert.equal(error.reason, "file");
    assert.match(error.message, new RegExp(`does not run on this machine \\(${process.platform}-${process.arch}\\)`));
    assert.notEqual(error.details, "");
  });
});
