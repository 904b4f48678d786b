// Runs tests inside the extension host of a real VS Code: its server, with the workbench open in a headless browser.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { artifacts } from "./artifacts.mjs";
import { openPage, workbenchAddress } from "./browser.mjs";
import { temporaryFolder } from "./cleanup.mjs";
import { LINE_MARK } from "./protocol.mjs";
import { startServer } from "./server.mjs";

/**
 * Runs host tests to their end, printing their report as it comes.
 * @param {object} options
 * @param {string} options.extension folder of the extension under development
 * @param {string} options.tests module that exports `run()`: host-entry.ts, bundled, with the bundled test files beside it
 * @param {string} options.workspace folder to open
 * @param {Record<string, string>} [options.env] for the extension host
 * @param {Record<string, unknown>} [options.settings] user settings
 * @param {string} [options.grep] runs only the tests whose title matches
 * @param {number} [options.timeout] of the whole run, in milliseconds
 * @returns {Promise<{passed: number, failed: number}>}
 * @throws {Error} when the run did not come to its end, with the end of VS Code's logs
 */
export async function runHostTests({ extension, tests, workspace, env = {}, settings = {}, grep, timeout = 600_000 }) {
  const results = temporaryFolder("flyte-host-tests");
  const counts = path.join(results.folder, "counts.json");
  const server = await startServer({
    development: true,
    settings,
    env: { ...env, FLYTE_TEST_COUNTS: counts, ...(grep ? { FLYTE_TEST_GREP: grep } : {}) },
  });
  const log = [];
  let browser;
  let timer;
  try {
    browser = await openPage({ width: 1280, height: 800 });
    const { page } = browser;
    const exit = new Promise((resolve) => page.exposeFunction("codeAutomationExit", resolve));
    await page.exposeFunction("codeAutomationLog", (type, args) => {
      const text = args.map(String).join(" ");
      log.push(`${type} ${text}`);
      if (text.startsWith(LINE_MARK)) {
        console.log(text.slice(LINE_MARK.length));
      }
    });
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`The host tests did not end within ${timeout / 1000} s.`)), timeout);
    });
    await page.goto(workbenchAddress(server, { workspace, extension, tests }));
    const code = await Promise.race([exit, late, server.failed]);
    if (!existsSync(counts)) {
      throw new Error(`The host tests ended with exit code ${code} before they had run.`);
    }
    return JSON.parse(readFileSync(counts, "utf8"));
  } catch (error) {
    await browser?.page.screenshot({ path: path.join(artifacts(), "host-failure.png") }).catch(() => {});
    const about = log.filter((line) => !/^info (\[|%c|Creating a socket|Resolv)/.test(line)).slice(-40);
    throw new Error(`${error.message}\nThe end of the workbench's log:\n${about.join("\n")}`, { cause: error });
  } finally {
    clearTimeout(timer);
    writeFileSync(path.join(artifacts(), "host.log"), `${log.join("\n")}\n\n${server.log()}`);
    await browser?.close();
    await server.stop();
    results.remove();
  }
}
