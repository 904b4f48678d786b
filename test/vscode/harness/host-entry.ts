// The module that VS Code's extension host loads to test the extension: it runs the test files beside it with mocha.

import { readdirSync, writeFileSync } from "node:fs";
import { findSourceMap } from "node:module";
import path from "node:path";
import { format } from "node:util";
import Mocha from "mocha";
import { LINE_MARK } from "./protocol.mjs";

/**
 * Runs every `*.test.js` below this folder.
 * @throws when a test failed, which VS Code hands on as exit code 1
 */
export async function run(): Promise<void> {
  process.setSourceMapsEnabled(true);
  // The console of an extension host also carries what VS Code itself has to say, and does not let itself be replaced.
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => console.log(LINE_MARK + format(...args));

  const grep = process.env.FLYTE_TEST_GREP;
  const mocha = new Mocha({
    ui: "bdd",
    timeout: 60_000,
    forbidOnly: true,
    forbidPending: true,
    ...(grep ? { grep } : {}),
  });
  for (const file of readdirSync(__dirname, { recursive: true, encoding: "utf8" }).sort()) {
    if (file.endsWith(".test.js")) {
      mocha.addFile(path.join(__dirname, file));
    }
  }
  const stats = await new Promise<Mocha.Stats | undefined>((resolve) => {
    const runner = mocha.run(() => resolve(runner.stats));
    // Comes before the report's own listener for failures at the end of the run.
    runner.on("fail", (_, error) => {
      error.stack = inSource(error.stack);
    });
  });
  const { passes, failures } = stats ?? { passes: 0, failures: 0 };
  const counts = process.env.FLYTE_TEST_COUNTS;
  if (counts) {
    writeFileSync(counts, JSON.stringify({ passed: passes, failed: failures }));
  }
  if (failures > 0) {
    throw new Error(`${failures} tests failed.`);
  }
}

// VS Code makes its own stack traces, so that Node's are not translated.
function inSource(stack: string | undefined): string {
  return (stack ?? "").replace(/\((\/[^()]+):(\d+):(\d+)\)/g, (place, file, line, column) => {
    const entry = findSourceMap(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    return entry && "originalSource" in entry
      ? `(${entry.originalSource.replace(/^file:\/\//, "")}:${entry.originalLine + 1}:${entry.originalColumn + 1})`
      : place;
  });
}
