// `npm test`: sets everything up, builds, checks, runs all suites. Nothing has to be installed before but the languages.
//
//   npm test                                  everything
//   npm test -- unit host                     these parts only, on what was built before
//   npm test -- build page --grep "register"  mocha's filter, for the suites in TypeScript
//
// The last line is `N passed, M failed`. A part that is no suite counts as one failure when it fails.

import { parseArgs } from "node:util";
import { check } from "./check.mjs";
import { setUp } from "./setup/setup.mjs";
import { tell } from "./setup/step.mjs";
import { show } from "./suites/commands.mjs";
import { suites } from "./suites/suites.mjs";

const BUILD = "build";
const CHECK = "check";

const { values: options, positionals: selected } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: "string" } },
});
const names = [BUILD, CHECK, ...suites.map(({ name }) => name)];
const unknown = selected.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(", ")}. The parts of \`npm test\` are ${names.join(", ")}.`);
  process.exit(2);
}

/** @type {{name: string, passed: number, failed: number, seconds: number, note: string}[]} */
const results = [];
const isSelected = (name) => selected.length === 0 || selected.includes(name);

try {
  await setUp();
} catch (error) {
  tell(error);
  console.log("0 passed, 1 failed");
  process.exit(1);
}

// The addon's types, which the check needs, come from the build.
const isBuilt = await part(BUILD, "Build", async () => {
  const { code } = await show("npm", ["run", "build"]);
  return { failed: code === 0 ? 0 : 1, note: code === 0 ? "" : "the build failed" };
});
await part(CHECK, "Format, lint and types", async () => {
  const failed = await check();
  return { failed: failed.length > 0 ? 1 : 0, note: failed.length > 0 ? `failed: ${failed.join(", ")}` : "" };
});
for (const suite of suites) {
  const files = suite.files();
  if (files.length > 0) {
    await part(suite.name, suite.title, () => runSuite(suite, files));
  } else if (selected.includes(suite.name)) {
    results.push({ name: suite.name, passed: 0, failed: 1, seconds: 0, note: "there are no files" });
  }
}
summarise();

/** Runs one part under its heading and notes how it ended; whether it went well. */
async function part(name, title, work) {
  if (!isSelected(name)) {
    return true;
  }
  console.log(`\n=== ${title} (${name})`);
  const start = Date.now();
  let ended;
  try {
    ended = await work();
  } catch (error) {
    console.error(error);
    ended = { failed: 1, note: "it broke off" };
  }
  const result = { name, passed: 0, note: "", ...ended, seconds: (Date.now() - start) / 1000 };
  results.push(result);
  console.log(`=== ${line(result)}`);
  return result.failed === 0;
}

async function runSuite(suite, files) {
  if (suite.needsBuild && !isBuilt) {
    return { failed: 1, note: "not run, because the build failed" };
  }
  const { code, counts } = await suite.run(files, { grep: options.grep });
  if (!counts) {
    return { failed: 1, note: `it ended with exit code ${code} before it had run its tests` };
  }
  const { passed, failed, skipped = 0 } = counts;
  // Whatever does not show in a count is a failure all the same.
  if (failed === 0 && (code !== 0 || skipped > 0 || passed === 0)) {
    const why = code !== 0 ? `exit code ${code}` : skipped > 0 ? `${skipped} skipped` : "no test ran";
    return { passed, failed: 1, note: why };
  }
  return { passed, failed };
}

function line({ name, passed, failed, seconds, note }) {
  const counted =
    name === BUILD || name === CHECK ? (failed === 0 ? "ok" : "failed") : `${passed} passed, ${failed} failed`;
  return `${name}: ${counted} in ${seconds.toFixed(1)} s${note && ` (${note})`}`;
}

function summarise() {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`\n=== Summary\n${results.map(line).join("\n")}\n\n${sum("passed")} passed, ${sum("failed")} failed`);
  process.exitCode = sum("failed") === 0 && results.length > 0 ? 0 : 1;
}
