import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { commandIds } from "../../src/commands";
import { root } from "../setup/setup.mjs";

interface Command {
  command: string;
  title: string;
  category?: string;
  when?: string;
}

interface Setting {
  type?: string;
  description?: string;
  markdownDescription?: string;
  scope?: string;
}

const manifestText = read("package.json");
const manifest = JSON.parse(manifestText);
const texts: Record<string, string> = JSON.parse(read("package.nls.json"));
const { commands, menus, keybindings, views, viewsContainers, viewsWelcome, configuration } = manifest.contributes as {
  commands: Command[];
  menus: Record<string, Command[]>;
  keybindings: Command[];
  views: Record<string, { id: string }[]>;
  viewsContainers: Record<string, { id: string; icon: string }[]>;
  viewsWelcome: { view: string; contents: string; when: string }[];
  configuration: { properties: Record<string, Setting> }[];
};
const known: ReadonlySet<string> = new Set(commandIds);
const settings = Object.assign({}, ...configuration.map(({ properties }) => properties)) as Record<string, Setting>;
const sources = filesBelow("src")
  .filter((file) => file.endsWith(".ts"))
  .map(read)
  .join("\n");

describe("the manifest", () => {
  it("contributes the commands that there are, each once", () => {
    assert.deepEqual(commands.map(({ command }) => command).sort(), [...commandIds].sort());
    for (const { command, category } of commands) {
      assert.equal(category, "Flyte", command);
    }
  });

  it("refers to existing commands in menus, keys and welcome views", () => {
    for (const [menu, items] of Object.entries(menus)) {
      for (const { command } of items) {
        assert.ok(known.has(command), `${menu}: ${command}`);
      }
    }
    for (const { command } of keybindings) {
      assert.ok(known.has(command), command);
    }
    for (const text of Object.values(texts)) {
      for (const [, command = ""] of text.matchAll(/\(command:([\w.]+)\)/g)) {
        assert.ok(known.has(command) || command.startsWith("workbench."), command);
      }
    }
  });

  it("makes each command reachable: by the palette, a menu or a click on an item", () => {
    const hidden = new Set(menus.commandPalette?.filter(({ when }) => when === "false").map(({ command }) => command));
    const inMenus = new Set(
      Object.entries(menus)
        .filter(([menu]) => menu !== "commandPalette")
        .flatMap(([, items]) => items.map(({ command }) => command)),
    );
    const isClicked = (command: string) =>
      new RegExp(`command: [^,]*"${command.replaceAll(".", "\\.")}"`).test(sources);
    for (const command of commandIds) {
      assert.ok(!hidden.has(command) || inMenus.has(command) || isClicked(command), command);
    }
  });

  it("hides from the palette what needs an item of the tree", () => {
    const hidden = menus.commandPalette?.filter(({ when }) => when === "false").map(({ command }) => command);
    const onItems = menus["view/item/context"]?.map(({ command }) => command) ?? [];
    const withoutItem = ["flyte.startLocal", "flyte.stopLocal"];
    for (const command of onItems) {
      assert.ok(hidden?.includes(command) || withoutItem.includes(command), command);
    }
  });

  it("describes every setting, and every setting is read", () => {
    for (const [name, setting] of Object.entries(settings)) {
      assert.match(name, /^flyte\./);
      assert.ok(setting.description ?? setting.markdownDescription, name);
      assert.ok(setting.type, name);
      const key = name.replace(/^flyte\./, "");
      assert.ok(sources.includes(`"${key}"`), `${name} is not read anywhere`);
    }
  });

  it("restricts what an untrusted workspace must not decide", () => {
    const { untrustedWorkspaces, virtualWorkspaces } = manifest.capabilities;
    assert.equal(untrustedWorkspaces.supported, "limited");
    assert.equal(virtualWorkspaces.supported, false);
    for (const name of untrustedWorkspaces.restrictedConfigurations) {
      assert.equal(settings[name]?.scope, "machine-overridable", name);
    }
    assert.ok(untrustedWorkspaces.restrictedConfigurations.includes("flyte.connections"));
    assert.deepEqual(manifest.extensionKind, ["workspace"]);
  });

  it("has a text for every key, and no other texts", () => {
    const used = new Set([...manifestText.matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key));
    assert.deepEqual([...used].sort(), Object.keys(texts).sort());
    for (const [key, text] of Object.entries(texts)) {
      assert.ok(text.trim(), key);
    }
  });

  it("has no text for people outside of the texts", () => {
    for (const { title } of commands) {
      assert.match(title, /^%.+%$/);
    }
    for (const { contents } of viewsWelcome) {
      assert.match(contents, /^%.+%$/);
    }
    for (const { description, markdownDescription } of Object.values(settings)) {
      assert.match(description ?? markdownDescription ?? "", /^%.+%$/);
    }
  });

  it("has the views that are shown, with their icons", () => {
    const ids = Object.values(views).flatMap((list) => list.map(({ id }) => id));
    assert.deepEqual(ids, ["flyte.explorer"]);
    assert.ok(sources.includes('"flyte.explorer"'));
    for (const { view } of viewsWelcome) {
      assert.ok(ids.includes(view), view);
    }
    const icons = [manifest.icon, ...Object.values(viewsContainers).flatMap((list) => list.map(({ icon }) => icon))];
    for (const icon of icons) {
      assert.ok(existsSync(path.join(root, icon)), icon);
    }
    assert.deepEqual(
      Object.keys(views),
      viewsContainers.activitybar?.map(({ id }) => id),
    );
  });

  it("uses context values that items have", () => {
    const items = Object.values(menus)
      .flat()
      .flatMap(({ when = "" }) => [...when.matchAll(/viewItem == ([\w.]+)/g)].map(([, value = ""]) => value));
    assert.ok(items.length > 0);
    for (const value of items) {
      const [prefix = ""] = value.split(/(?<=^flyte\.[a-z]+)\./i);
      assert.ok(sources.includes(`"${prefix}`) || sources.includes(`\`${prefix}`), value);
    }
  });
});

function read(file: string): string {
  return readFileSync(path.join(root, file), "utf8");
}

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" }).map((file) =>
    path.join(folder, file),
  );
}
