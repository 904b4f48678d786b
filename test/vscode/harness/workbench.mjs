// A real VS Code to be used as a person does: its server, and its workbench in a headless browser.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { artifacts } from "./artifacts.mjs";
import { openPage, workbenchAddress } from "./browser.mjs";
import { readEditor } from "./editor.mjs";
import { findLocalFlyte } from "./local-flyte.mjs";
import { startServer } from "./server.mjs";
import { childrenOf, drawRows, findRow, locateRow, readRows } from "./tree.mjs";

const PATIENCE = 30_000;

/**
 * Opens a folder in VS Code.
 * @param {object} options
 * @param {string} options.workspace absolute path of the folder; it is trusted
 * @param {string} [options.extension] folder of an extension under development
 * @param {string[]} [options.vsixes] packaged extensions, installed first
 * @param {Record<string, unknown>} [options.settings] user settings, over those of settings.mjs
 * @param {Record<string, string>} [options.env] for the extension host
 * @param {{width: number, height: number}} [options.size] of the window
 * @returns {Promise<Workbench>} once the workbench is drawn
 */
export async function openWorkbench({ workspace, extension, vsixes, settings, env, size }) {
  const server = await startServer({ development: extension !== undefined, vsixes, settings, env });
  let browser;
  try {
    browser = await openPage(size ?? { width: 1280, height: 800 });
    const workbench = new Workbench(server, browser, workspace);
    await browser.page.goto(workbenchAddress(server, { workspace, extension }));
    await Promise.race([
      browser.page.waitForSelector(".part.statusbar .statusbar-item", { timeout: 60_000 }),
      server.failed,
    ]);
    return workbench;
  } catch (error) {
    const log = `The page's errors:\n${browser?.errors() ?? ""}\nThe end of the server's log:\n${server.log().slice(-4000)}`;
    await browser?.close();
    await server.stop();
    throw new Error(`VS Code did not open: ${error.message}\n${log}`, { cause: error });
  }
}

/** VS Code's window. */
export class Workbench {
  #server;
  #browser;

  /** Use `openWorkbench`. */
  constructor(server, browser, workspace) {
    this.#server = server;
    this.#browser = browser;
    /** @type {import("playwright-core").Page} */
    this.page = browser.page;
    /** HOME of the extension host, an empty temporary folder. @type {string} */
    this.home = server.home;
    /** Folder of the installed extensions. @type {string} */
    this.extensions = path.join(server.folder, "server/extensions");
    /** Where another browser finds it. @type {string} */
    this.address = `${server.origin}/?${new URLSearchParams({ tkn: server.token, folder: workspace })}`;
  }

  /**
   * Picks a command in the palette.
   * @param {string} title with its category, as the palette shows it: "Flyte: Register"
   */
  async runCommand(title) {
    const entry = this.page.locator(".quick-input-list .monaco-list-row", {
      has: this.page.locator(".label-name", { hasText: exactly(title) }),
    });
    // An extension's commands come into the palette some time after the workbench.
    await this.eventually(`The palette offers no command "${title}"`, async () => {
      await this.#quickInput("F1", `>${title}`);
      if (await appears(entry, 3000)) {
        await entry.first().click();
        return true;
      }
      await this.page.keyboard.press("Escape");
      return false;
    });
  }

  /**
   * Opens a file of the workspace by its name.
   * @param {string} file its path in the workspace
   */
  async openFile(file) {
    const name = path.basename(file);
    const entry = this.page.locator(".quick-input-list .monaco-list-row", {
      has: this.page.locator(".label-name", { hasText: exactly(name) }),
    });
    await this.eventually(`Quick open does not find ${file}`, async () => {
      await this.#quickInput("Control+P", file);
      if (await appears(entry, 3000)) {
        await entry.first().click();
        return true;
      }
      await this.page.keyboard.press("Escape");
      return false;
    });
    await this.page.locator(".tab.active", { hasText: name }).first().waitFor({ timeout: PATIENCE });
    await this.page
      .locator(".part.editor .editor-group-container.active .view-line")
      .first()
      .waitFor({ timeout: PATIENCE });
  }

  /**
   * Shows a view container by its item in the activity bar.
   * @param {string} title
   */
  async openView(title) {
    const item = this.page.locator(".activitybar .action-item", {
      has: this.page.locator(`a[aria-label^="${title}"]`),
    });
    await item.first().waitFor({ timeout: PATIENCE });
    // A click on the one that is shown would hide the side bar.
    if ((await item.first().getAttribute("class"))?.split(" ").includes("checked") !== true) {
      await item.first().click();
    }
    await this.page
      .locator(".part.sidebar .title-label", { hasText: new RegExp(`^\\s*${literally(title)}`, "i") })
      .waitFor({
        timeout: PATIENCE,
      });
  }

  /** The rows of the trees in the side bar, from top to bottom. */
  rows() {
    return readRows(this.page);
  }

  /** The same as text, one row a line. */
  async tree() {
    return drawRows(await this.rows());
  }

  /**
   * Waits for a row of a tree.
   * @param {string[]} labels one per level, from a root on; each but the last has to be expanded already
   * @returns {Promise<import("playwright-core").Locator>}
   */
  async row(...labels) {
    let found;
    await this.eventually(`The tree does not show ${labels.join(" → ")}`, async () => {
      found = findRow(await this.rows(), labels);
      return found !== undefined;
    });
    return locateRow(this.page, found);
  }

  /**
   * Expands rows along a path, by clicking those that are collapsed.
   * @param {string[]} labels one per level, from a root on
   * @returns {Promise<import("playwright-core").Locator>} the last row
   */
  async expand(...labels) {
    for (let depth = 1; depth <= labels.length; depth++) {
      const part = labels.slice(0, depth);
      await this.row(...part);
      await this.eventually(`${part.join(" → ")} does not expand`, async () => {
        const row = findRow(await this.rows(), part);
        if (row?.expanded === false) {
          await locateRow(this.page, row).locator(".monaco-tl-twistie").click();
        }
        return row?.expanded === true;
      });
    }
    return this.row(...labels);
  }

  /**
   * Waits until an expanded row has rows below it, none of which is still loading.
   * @param {string[]} labels one per level, from a root on
   * @returns {Promise<import("./tree.mjs").Row[]>} its children in sight
   */
  async children(...labels) {
    let found = [];
    await this.eventually(`${labels.join(" → ")} shows nothing below it`, async () => {
      found = childrenOf(await this.rows(), labels);
      return found.length > 0;
    });
    return found;
  }

  /**
   * Waits for a row right below another one, known by part of its text.
   * @param {RegExp} text of its label or description
   * @param {string[]} labels path of the other row, which has to be expanded already
   * @returns {Promise<import("playwright-core").Locator>}
   */
  async rowWith(text, ...labels) {
    let found;
    await this.eventually(`${labels.join(" → ")} shows nothing with ${text} below it`, async () => {
      const rows = childrenOf(await this.rows(), labels);
      found = rows.find(({ label, description }) => text.test(`${label} ${description}`));
      return found !== undefined;
    });
    return locateRow(this.page, found);
  }

  /**
   * Waits for the active editor to have this title.
   * @param {RegExp} title
   */
  async openedEditor(title) {
    const tab = this.page.locator(".part.editor .editor-group-container.active .tab.active", { hasText: title });
    await this.eventually(`No editor opens with the title ${title}`, () => appears(tab, 1000));
  }

  /**
   * Waits for the embedded Flyte that the extension starts.
   * @returns {Promise<{endpoint: string, data: string, pid: number}>}
   */
  async localFlyte() {
    let found;
    await this.eventually("The embedded Flyte does not run", async () => {
      found = findLocalFlyte(this.#server.folder);
      return found !== undefined;
    });
    return found;
  }

  /** Texts of the notifications, also of those that no longer show as a toast. */
  async notifications() {
    await this.#openNotifications();
    return this.page.locator(".notification-list-item-message:visible").allInnerTexts();
  }

  /**
   * Waits for a notification.
   * @param {string | RegExp} text part of its text
   * @param {number} [timeout] in milliseconds
   * @returns {Promise<import("playwright-core").Locator>} the whole notification, with its buttons
   */
  async notification(text, timeout) {
    const found = this.page.locator(".notification-list-item:visible", { hasText: text }).first();
    await this.eventually(
      `No notification says ${text}`,
      async () => {
        if (await appears(found, 1000)) {
          return true;
        }
        await this.#openNotifications();
        return false;
      },
      timeout,
    );
    return found;
  }

  /** Text of the active editor, as far as it is scrolled into sight. */
  async editorText() {
    let text = await readEditor(this.page);
    await this.eventually("The editor does not come to rest", async () => {
      await this.page.waitForTimeout(200);
      const before = text;
      text = await readEditor(this.page);
      return text === before;
    });
    return text;
  }

  /**
   * Moves the mouse over a word in the active editor and waits for the hover.
   * @param {string} word a whole token, such as a function's name; its first place in sight
   * @returns {Promise<string>} the hover's text
   */
  async hover(word) {
    const token = this.page
      .locator(".part.editor .editor-group-container.active .view-line span span", { hasText: exactly(word) })
      .first();
    const hover = this.page.locator(".monaco-hover:visible .hover-contents");
    await this.eventually(`Nothing shows on hovering over ${word}`, async () => {
      await this.page.mouse.move(1, 1);
      await token.hover();
      return appears(hover.first(), 5000);
    });
    return (await hover.allInnerTexts()).join("\n");
  }

  /** Removes the notifications that are shown. */
  async clearNotifications() {
    await this.runCommand("Notifications: Clear All Notifications");
  }

  /**
   * Drags the edge of the side bar.
   * @param {number} width in pixels
   */
  async resizeSideBar(width) {
    const sideBar = await this.page.locator(".part.sidebar").boundingBox();
    const middle = sideBar.y + sideBar.height / 2;
    await this.page.mouse.move(sideBar.x + sideBar.width, middle);
    await this.page.mouse.down();
    await this.page.mouse.move(sideBar.x + width, middle, { steps: 5 });
    await this.page.mouse.up();
  }

  /**
   * Takes a picture of the window.
   * @param {string} name of the file, without its extension
   * @returns {Promise<string>} path of the file
   */
  async screenshot(name) {
    const file = path.join(artifacts(), `${name}.png`);
    await this.page.screenshot({ path: file, animations: "disabled" });
    return file;
  }

  /** What went wrong in the page, and the end of the server's log: for a message about a failed test. */
  logs() {
    return `The page's errors:\n${this.#browser.errors()}\nThe end of the server's log:\n${this.#server.log().slice(-4000)}`;
  }

  /** Closes the window as a person closes a browser's tab: its extension host ends, the server goes on. */
  async leave() {
    await this.page.goto("about:blank");
    await this.#browser.close();
  }

  /** Ends VS Code and removes what was temporary. */
  async close() {
    writeFileSync(path.join(artifacts(), "page.log"), `${this.#browser.errors()}\n\n${this.#server.log()}`);
    await this.#browser.close();
    await this.#server.stop();
  }

  async #quickInput(key, text) {
    const input = this.page.locator(".quick-input-widget:visible input.input");
    await this.page.keyboard.press(key);
    if (!(await appears(input, 3000))) {
      return;
    }
    await input.fill(text);
  }

  /** Shows the notification centre, unless a toast is there; a workbench with an extension under development has no toasts. */
  async #openNotifications() {
    if ((await this.page.locator(".notifications-toasts.visible, .notifications-center.visible").count()) === 0) {
      await this.page.locator('[id="status.notifications"]').click();
    }
  }

  /**
   * Asks until the answer is yes.
   * @param {string} complaint what is wrong otherwise; a screenshot is kept then, and what is shown is told
   * @param {() => Promise<boolean>} question
   * @param {number} [timeout] in milliseconds
   */
  async eventually(complaint, question, timeout = PATIENCE) {
    const until = Date.now() + timeout;
    while (Date.now() < until) {
      if (await Promise.race([question(), this.#server.failed])) {
        return;
      }
      await this.page.waitForTimeout(100);
    }
    const picture = await this.screenshot("failure");
    const notifications = await this.notifications().catch((error) => [error.message]);
    const shown = `Notifications: ${notifications.join(" | ") || "none"}\nThe tree:\n${await this.tree()}`;
    throw new Error(`${complaint} after ${timeout / 1000} s (${picture}).\n${shown}`);
  }
}

async function appears(locator, timeout) {
  return locator
    .first()
    .waitFor({ state: "visible", timeout })
    .then(
      () => true,
      () => false,
    );
}

function exactly(text) {
  return new RegExp(`^\\s*${literally(text)}\\s*$`);
}

function literally(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
