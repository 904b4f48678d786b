// The headless browser that shows VS Code's workbench.

import { chromium } from "playwright-core";
import { tools } from "../../setup/setup.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Opens a page that is not loaded yet.
 * @param {{width: number, height: number}} size
 * @returns {Promise<{page: import("playwright-core").Page, errors: () => string, close: () => Promise<void>}>} `errors`
 *   is what went wrong in the page so far, one error a line
 */
export async function openPage(size) {
  const browser = await chromium.launch({ executablePath: tools().chromium, headless: true, args: FLAGS });
  const page = await browser.newPage({ viewport: size });
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") {
      // VS Code puts `%c ERR color: #f33` before its own.
      errors.push(message.text().replace(/^%c\s+ERR color: #f33 /, ""));
    }
  });
  page.on("crash", () => errors.push("The page crashed."));
  return { page, errors: () => errors.slice(-30).join("\n"), close: () => browser.close() };
}

/**
 * Address of a workbench that shows a folder.
 * @param {import("./server.mjs").Server} server
 * @param {{workspace: string, extension?: string | undefined, tests?: string | undefined}} what absolute paths: the
 *   folder, an extension under development, the module whose `run()` tests it
 */
export function workbenchAddress(server, { workspace, extension, tests }) {
  const remote = (file) => `vscode-remote://${server.authority}${file}`;
  const payload = [["skipWelcome", "true"]];
  if (extension) {
    payload.push(["extensionDevelopmentPath", remote(extension)]);
  }
  if (tests) {
    payload.push(["extensionTestsPath", remote(tests)]);
  }
  const query = new URLSearchParams({ tkn: server.token, folder: workspace, payload: JSON.stringify(payload) });
  return `${server.origin}/?${query}`;
}
