// The README says what the manifest has, and what it says of commands, settings, scripts and files is so.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../setup/setup.mjs";
import { suites } from "../suites/suites.mjs";

const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const readme = read("README.md");
const manifest = JSON.parse(read("package.json"));
const texts: Record<string, string> = JSON.parse(read("package.nls.json"));
const { commands, menus, configuration } = manifest.contributes as {
  commands: { command: string; title: string; category: string }[];
  menus: { commandPalette: { command: string; when: string }[] };
  configuration: { properties: Record<string, { default?: unknown }> }[];
};
const settings = Object.assign({}, ...configuration.map(({ properties }) => properties)) as Record<
  string,
  { default?: unknown }
>;

/** A section of the README, below its heading. */
function section(heading: string): string {
  const text = readme.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  assert.ok(text, `There is no section ${heading}`);
  return text;
}

/** The cells of a section's table. */
function table(heading: string): string[][] {
  const [, , ...rows] = section(heading).match(/^\|.*\|$/gm) ?? [];
  return rows.map((row) => row.split("|").map((cell) => cell.trim()));
}

/** What stands in backquotes. */
function codes(text = ""): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

describe("the README", () => {
  const hidden = new Set(menus.commandPalette.filter(({ when }) => when === "false").map(({ command }) => command));
  const title = ({ title }: { title: string }) => texts[title.slice(1, -1)] ?? title;

  it("has each command of the palette, and no other", () => {
    const inPalette = commands.filter(({ command }) => !hidden.has(command));
    assert.deepEqual(
      table("Commands")
        .flatMap(([, command]) => codes(command))
        .sort(),
      inPalette.map((one) => `${one.category}: ${title(one)}`).sort(),
    );
  });

  it("has each command for items of the tree, and no other", () => {
    const listed = /On items of the tree: ([^.]*)\./.exec(section("Commands"))?.[1]?.split(/,\s+/);
    const onItems = commands.filter(({ command }) => hidden.has(command)).map(title);
    assert.deepEqual(listed?.map((one) => one.replaceAll(/\s+/g, " ")).sort(), onItems.sort());
  });

  it("has each setting with its default, and no other", () => {
    const said = table("Settings").map(([, name, value]) => [...codes(name), value?.replaceAll("`", "")]);
    const shown = (value: unknown) => (value === "" ? "empty" : JSON.stringify(value));
    assert.deepEqual(
      said.sort(),
      Object.entries(settings)
        .map(([name, one]) => [name, shown(one.default)])
        .sort(),
    );
  });

  it("names scripts and parts of the tests that there are", () => {
    const scripts = [...readme.matchAll(/`?npm run ([\w:]+)/g)].map(([, script = ""]) => script);
    assert.ok(scripts.length > 5);
    for (const script of scripts) {
      assert.ok(manifest.scripts[script], `npm run ${script}`);
    }
    const parts = /parts of the tests: ([^|]*)\|/.exec(readme)?.[1] ?? "";
    assert.deepEqual(codes(parts), ["build", "check", ...suites.map(({ name }) => name)]);
  });

  it("names the versions that are needed", () => {
    const [, code] = /^\^(\d+\.\d+)\.0$/.exec(manifest.engines.vscode) ?? [];
    const [, rust] = /rust-version = "(\d+\.\d+)"/.exec(read("Cargo.toml")) ?? [];
    const [, ...flytekit] = /OLDEST_FLYTEKIT = \((\d+), (\d+)\)/.exec(
      read("src/register/serialize/flyte_serialize/cli.py"),
    ) ?? [""];
    assert.ok(section("Install").includes(`VS Code ${code} or newer`), `VS Code ${code}`);
    assert.ok(section("Install").includes(`flytekit ${flytekit.join(".")} or newer`), `flytekit ${flytekit.join(".")}`);
    assert.ok(readme.includes(`Rust ${rust}`), `Rust ${rust}`);
    assert.ok(readme.includes(`${manifest.name}-${manifest.version}.vsix`));
  });

  it("shows and links to what is there", () => {
    const targets = [...readme.matchAll(/\]\(([^)]+)\)|^\[[^\]]+\]: (\S+)/gm)].map(
      ([, inline, named]) => inline ?? named,
    );
    const files = targets.filter((target) => target && !/^https?:/.test(target));
    assert.ok(files.includes("media/screenshot.png"));
    for (const file of files) {
      assert.ok(existsSync(path.join(root, file ?? "")), file);
    }
    for (const [, folder = ""] of readme.matchAll(/^\| `([\w/]+\/\w*)` +\|/gm)) {
      assert.ok(existsSync(path.join(root, folder)), folder);
    }
  });
});
