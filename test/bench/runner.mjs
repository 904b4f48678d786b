// `npm run bench:runner -- [--repeats N] [--executions N] [--kills N]`: the runner of the embedded Flyte.
//
// What a task costs beyond the process that it is, and whether anything is lost when the server is killed while many
// executions are queued. It ends with an error when one of them was lost or did not succeed.

import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { localBinary } from "../fixtures/local-server.mjs";
import { pythons } from "../setup/python.mjs";
import { median, spread, table } from "./statistics.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    repeats: { type: "string", default: "10" },
    executions: { type: "string", default: "1000" },
    kills: { type: "string", default: "5" },
  },
});

const { overhead, storm } = JSON.parse(await measure());
console.log(`\nMedians of ${options.repeats} in ms, with the range in brackets; two tasks in a row per execution.\n`);
console.log(
  table(
    ["one task", "on the server", "its bare process", "overhead"],
    overhead.map(([name, results]) => {
      const [task, bare] = [results.map((result) => result.task), results.map((result) => result.bare)];
      return [
        name,
        `${median(task).toFixed(1)} ${spread(task)}`,
        `${median(bare).toFixed(1)} ${spread(bare)}`,
        (median(task) - median(bare)).toFixed(1),
      ];
    }),
  ),
);
console.log(
  `\n${options.executions} executions queued at once, the server killed ${options.kills} times on the way: ` +
    `all succeeded with the right output, in ${storm.toFixed(1)} s.`,
);

/** What runner_measure.py prints; its progress is shown. */
async function measure() {
  const binary = process.env.FLYTE_LOCAL_BINARY ?? localBinary();
  const script = path.join(here, "runner_measure.py");
  const args = ["-B", script, binary, options.repeats, options.executions, options.kills];
  const child = spawn(pythons().python, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) {
    throw new Error(`${script} ended with ${code}.`);
  }
  return output;
}
