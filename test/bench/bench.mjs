// `npm run bench`: the addon beside its peers, in one run on one machine, on the same server with the same data.
//
// What is compared, and the goal for each line, is in the table that it prints. Absolute times vary from machine to
// machine; the ratios are what counts. Exit code 1 means that the peers did not arrive at the same rows.

import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { seedLocal, serveLocal } from "../fixtures/local-server.mjs";
import { bundleAddon } from "./bundle-addon.mjs";
import { median, spread, table } from "./statistics.mjs";

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const ROWS = 10_000;
const PROCESSES = 5;
const REPEATS = 5;
const SCOPE = { project: "flytesnacks", domain: "development" };

const data = await mkdtemp(path.join(os.tmpdir(), "flyte-bench-"));
let server;
try {
  await bundleAddon();
  console.log(`Filling a data directory with ${ROWS.toLocaleString("en")} executions…`);
  await seedLocal(data, ROWS, SCOPE);
  server = await serveLocal(data);
  const results = await measureAll(["addon", "grpc-js"]);
  report(results);
} finally {
  await server?.stop();
  await rm(data, { recursive: true, force: true });
}

/** Fresh processes, the peers taking turns, so that a slow moment of the machine hits all of them. */
async function measureAll(peers) {
  const results = new Map(peers.map((peer) => [peer, []]));
  for (let round = 1; round <= PROCESSES; round++) {
    for (const peer of peers) {
      console.log(`Round ${round} of ${PROCESSES}: ${peer}`);
      const { stdout } = await run(process.execPath, [
        path.join(here, "measure.mjs"),
        peer,
        server.endpoint,
        SCOPE.project,
        SCOPE.domain,
        String(ROWS),
        String(REPEATS),
      ]);
      results.get(peer).push(JSON.parse(stdout));
    }
  }
  return results;
}

function report(results) {
  const digests = new Set([...results.values()].flat().map(({ rows, digest }) => `${rows} rows, ${digest}`));
  if (digests.size !== 1 || !digests.values().next().value.startsWith(`${ROWS} rows`)) {
    console.error(`The peers did not arrive at the same ${ROWS} rows:\n${[...digests].join("\n")}`);
    process.exitCode = 1;
    return;
  }
  const [ours, theirs] = [...results.values()];
  const warm = (key) => (processes) => processes.flatMap((one) => one.warm.map((listing) => listing[key]));
  const lines = [
    ["load the client", "ms", (processes) => processes.map((one) => one.load), 15],
    [`list ${ROWS.toLocaleString("en")} executions, warm`, "ms", warm("wall"), 5],
    ["the same, cold", "ms", (processes) => processes.map((one) => one.cold), 10],
    ["the same: busy main thread", "ms", warm("busy"), 8],
    ["the same: longest block of the event loop", "ms", warm("block"), undefined],
    ["memory after it", "MB", (processes) => processes.map((one) => one.rss / 1e6), undefined],
  ];
  console.log(
    `\n${PROCESSES} processes of each, ${REPEATS} warm listings in each, ${os.cpus().length} × ${os.cpus()[0]?.model ?? "CPU"}, Node ${process.version}.\nMedians, with the range in brackets; blocks are measured with a resolution of 1 ms.\n`,
  );
  console.log(
    table(
      ["work", "unit", "addon", "@grpc/grpc-js", "times less", "goal"],
      lines.map(([work, unit, values, goal]) => {
        const [a, b] = [values(ours), values(theirs)];
        return [
          work,
          unit,
          `${median(a).toFixed(1)} ${spread(a)}`,
          `${median(b).toFixed(1)} ${spread(b)}`,
          (median(b) / median(a)).toFixed(1),
          goal === undefined ? "" : `≥ ${goal}`,
        ];
      }),
    ),
  );
}
