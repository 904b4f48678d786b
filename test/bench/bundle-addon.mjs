// The extension's own client as plain Node loads it.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Bundles src/flyte/addon.ts to where peers/addon.mjs loads it from. The addon itself is the one in dist. */
export async function bundleAddon() {
  await build({
    entryPoints: [path.join(root, "src/flyte/addon.ts")],
    outfile: path.join(root, "test/out/bench/addon.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    define: { __dirname: JSON.stringify(path.join(root, "dist")) },
  });
}
