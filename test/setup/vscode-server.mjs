// A real VS Code, from npm: code-server carries VS Code's server and web workbench. What Microsoft serves for tests needs
// a host that many networks do not reach.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { cached, installOnce, isInstalled } from "./cache.mjs";
import { node24 } from "./node24.mjs";
import { run, say } from "./step.mjs";

const VERSION = "4.139.1";
const NAME = `code-server-${VERSION}`;

/** Script of VS Code's server itself: the `code-server` command does not pass on the flags that tests need. */
export function vscodeServer() {
  return path.join(cached(NAME), "node_modules/code-server/lib/vscode/out/server-main.js");
}

/** Whether it is there. */
export function hasVscodeServer() {
  return isInstalled(NAME);
}

/** Installs it unless it is there. Node 24 and what system.mjs names have to be. */
export async function installVscodeServer() {
  const installed = await installOnce(NAME, async (folder) => {
    say(
      `VS Code's server: compiling code-server ${VERSION} (VS Code 1.${VERSION.split(".")[1]}) in ${folder}; takes a few minutes`,
    );
    writeFileSync(path.join(folder, "package.json"), `${JSON.stringify({ private: true })}\n`);
    const { node, npm, bin, prefix } = node24();
    await run(node, [npm, "install", `code-server@${VERSION}`, "--save-exact", "--no-audit", "--no-fund"], {
      cwd: folder,
      env: {
        ...withoutNpm(process.env),
        PATH: `${bin}${path.delimiter}${process.env.PATH}`,
        npm_config_nodedir: prefix,
        // Its install scripts install and compile VS Code's own modules, so a user's npm configuration must not stop them.
        npm_config_ignore_scripts: "false",
        npm_config_strict_allow_scripts: "false",
      },
      what: `Installing code-server ${VERSION}`,
    });
  });
  if (!installed) {
    say(`VS Code's server: code-server ${VERSION} present in ${cached(NAME)}`);
  }
}

// `npm run` hands its own settings down, which are for another npm and another package.
function withoutNpm(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.toLowerCase().startsWith("npm_")));
}
