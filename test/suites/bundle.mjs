// Bundles TypeScript tests, each file by itself, to what Node or VS Code's extension host loads.

import { rmSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { root } from "../setup/setup.mjs";

/** Imports of plain modules stay imports: those may ask where they are, and keep one state for all tests of a process. */
const plainModules = {
  name: "plain-modules",
  setup(build) {
    build.onResolve({ filter: /^\.{1,2}\/.*\.mjs$/ }, ({ path: imported, resolveDir }) => ({
      path: path.resolve(resolveDir, imported),
      external: true,
    }));
  },
};

/**
 * Bundles tests that run in plain Node.
 * @param {string} suite names the folder of test/out
 * @param {string[]} files
 * @returns {Promise<string[]>} the bundles
 */
export function bundleForNode(suite, files) {
  return bundle(suite, files, path.join(root, "test", suite), {
    format: "esm",
    outExtension: { ".js": ".mjs" },
    // The product's bundle is CommonJS in dist, and finds the addon from there.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    define: { __dirname: JSON.stringify(path.join(root, "dist")) },
    plugins: [plainModules],
  });
}

/**
 * Bundles tests that run in VS Code's extension host, with the module that runs them.
 * @param {string[]} files
 * @returns {Promise<string>} that module
 */
export async function bundleForHost(files) {
  const harness = path.join(root, "test/vscode/harness");
  const folder = path.join(root, "test/vscode/host");
  await bundle("vscode/host", files, folder, { format: "cjs", external: ["vscode"], plugins: [plainModules] });
  const outfile = path.join(root, "test/out/vscode/host/index.js");
  await build({
    entryPoints: [path.join(harness, "host-entry.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    // mocha finds parts of itself by their place.
    external: ["vscode", "mocha"],
  });
  return outfile;
}

async function bundle(suite, files, outbase, options) {
  const outdir = path.join(root, "test/out", suite);
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: files,
    outdir,
    outbase,
    bundle: true,
    platform: "node",
    target: "node20",
    sourcemap: "inline",
    packages: "external",
    logLevel: "warning",
    metafile: true,
    absWorkingDir: root,
    ...options,
  });
  return Object.keys(metafile.outputs).map((file) => path.join(root, file));
}
