// One client, one fresh process: `node measure.mjs PEER ENDPOINT PROJECT DOMAIN ROWS REPEATS` prints one line of JSON.
//
// load: importing the client with whatever it needs before its first call, and making one. cold: the first listing of that
// process. warm: the following ones. busy: milliseconds for which the main thread was not idle (event loop utilisation).
// block: the longest time for which the event loop did not turn, from a histogram of 1 ms resolution.

import { createHash } from "node:crypto";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

const [peerName, endpoint, project, domain, rowsText, repeatsText] = process.argv.slice(2);
const PAGE = 1000;
const peer = await import(`./peers/${peerName}.mjs`);
const wanted = Number(rowsText);

const loadStarted = performance.now();
const client = peer.open(await peer.load(), endpoint);
const load = performance.now() - loadStarted;

const first = await listing();
const warm = [];
for (let repeat = 0; repeat < Number(repeatsText); repeat++) {
  warm.push(await listing());
}
client.close();
console.log(
  JSON.stringify({
    peer: peer.name,
    load,
    cold: first.wall,
    warm,
    rows: first.rows,
    digest: first.digest,
    rss: process.memoryUsage.rss(),
  }),
);
process.exit(0);

async function listing() {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const rows = [];
  const before = performance.eventLoopUtilization();
  const started = performance.now();
  delay.enable();
  let token;
  do {
    const page = await client.page({ project, domain }, PAGE, token);
    for (const row of page.rows) rows.push(row);
    token = page.nextToken;
  } while (token !== undefined && rows.length < wanted);
  const wall = performance.now() - started;
  delay.disable();
  const { active } = performance.eventLoopUtilization(before);
  return { wall, busy: active, block: delay.max / 1e6, rows: rows.length, digest: digest(rows) };
}

/** Every peer must arrive at the same rows, or the comparison means nothing. */
function digest(rows) {
  const hash = createHash("sha256");
  for (const { id, phase, launchedName, launchedVersion, createdAt, startedAt, duration, principal, error } of rows) {
    hash.update(
      JSON.stringify([
        id.project,
        id.domain,
        id.name,
        phase,
        launchedName,
        launchedVersion,
        createdAt,
        startedAt,
        duration,
        principal,
        error,
      ]),
    );
  }
  return hash.digest("hex");
}
