// Puts the extension together in dist: the bundle, the addon, the embedded Flyte, and the serialiser's Python files, and
// the README of the package.
//
//   node esbuild.mjs          as it is shipped
//   node esbuild.mjs --dev    readable, with a source map
//
// The addon and the server are built before, by `npm run build:native` and `npm run build:local`. Cargo's own variable
// CARGO_TARGET_DIR says where the server is; FLYTE_BUILD_PROFILE=debug takes the one of a debug build.

import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

/** Something that has to be there first. */
class Missing extends Error {}

const root = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(root, "dist");
const { values: options } = parseArgs({ options: { dev: { type: "boolean", default: false } } });

try {
  const { entry, addon, server, serializer } = inputs();
  // Removed and not written over: a process that runs the old files keeps them.
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  await build({
    entryPoints: [entry],
    outfile: path.join(dist, "extension.js"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["vscode"],
    minify: !options.dev,
    sourcemap: options.dev,
    logLevel: "warning",
  });
  copyFileSync(addon, path.join(dist, "flyte-node.node"));
  copyFileSync(server, path.join(dist, path.basename(server)));
  cpSync(serializer, path.join(dist, "serialize"), {
    recursive: true,
    filter: (file) => (statSync(file).isDirectory() ? path.basename(file) !== "__pycache__" : file.endsWith(".py")),
  });
  // vsce takes pictures from https addresses only, and what a package shows must not depend on the network.
  const readme = readFileSync(path.join(root, "README.md"), "utf8");
  writeFileSync(path.join(dist, "README.md"), readme.replace(/^!\[[^\]]*\]\([^)]*\)\n+/gm, ""));
  for (const [name, bytes] of sizes(dist)) {
    console.log(`dist/${name.padEnd(18)}${(bytes / 1e6).toFixed(2).padStart(8)} MB`);
  }
} catch (error) {
  // esbuild has shown its own errors already.
  if (!error.errors) {
    console.error(error instanceof Missing ? error.message : error);
  }
  process.exitCode = 1;
}

/** Paths of all that goes in. Throws {@link Missing}, saying for all that is not there how to get it. */
function inputs() {
  const profile = process.env.FLYTE_BUILD_PROFILE ?? "release";
  const target = path.resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
  const executable = process.platform === "win32" ? "flyte-local.exe" : "flyte-local";
  const needed = {
    entry: [path.join(root, "src/extension.ts"), "The checkout is not whole."],
    addon: [addonOfThisMachine(), "Run `npm run build:native`."],
    server: [path.join(target, profile, executable), "Run `npm run build:local`."],
    serializer: [path.join(root, "src/register/serialize"), "The checkout is not whole."],
  };
  const missing = Object.values(needed).filter(([file]) => !existsSync(file));
  if (missing.length > 0) {
    throw new Missing(missing.map(([file, advice]) => `${file} is missing. ${advice}`).join("\n"));
  }
  return Object.fromEntries(Object.entries(needed).map(([name, [file]]) => [name, file]));
}

/** The addon's file as `napi build --platform` names it. Beside it there may be those built for other machines. */
function addonOfThisMachine() {
  const folder = path.join(root, "native/node");
  const { platform, arch } = process;
  const libc = process.report.getReport().header.glibcVersionRuntime ? "-gnu" : "-musl";
  const name = `flyte-node.${platform}-${arch}${{ linux: libc, win32: "-msvc" }[platform] ?? ""}`;
  // 32-bit ARM has an ending of its own after the library's name.
  const file = readdirSync(folder).find((file) => file.startsWith(name) && file.endsWith(".node"));
  return path.join(folder, file ?? `${name}.node`);
}

/** What is directly in a folder, with its size in bytes; of a folder, all that is in it. */
function sizes(folder) {
  return readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const whole = path.join(folder, entry.name);
    if (!entry.isDirectory()) {
      return [entry.name, statSync(whole).size];
    }
    return [`${entry.name}/`, sizes(whole).reduce((sum, [, bytes]) => sum + bytes, 0)];
  });
}
