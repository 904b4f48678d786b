// `npm run bench:pages`: what a page of executions costs by its place in the list, and by how many there are in all.
//
// The first page of 100,000 executions against that of 100 (goal: at most 1.2 times its time), and a whole list of
// 100,000 by page: with a page that costs the more the further back it is, the last tenth would take longest.

import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { seedLocal, serveLocal } from "../fixtures/local-server.mjs";
import { bundleAddon } from "./bundle-addon.mjs";
import * as peer from "./peers/addon.mjs";
import { median, spread, table } from "./statistics.mjs";

const SCOPE = { project: "flytesnacks", domain: "development" };
const [FEW, MANY] = [100, 100_000];
const [FIRST_PAGE, PAGE] = [100, 1000];
const REPEATS = 50;
const ROUNDS = 5;

const folder = await mkdtemp(path.join(os.tmpdir(), "flyte-bench-"));
const servers = [];
try {
  await bundleAddon();
  const loaded = await peer.load();
  const clients = new Map();
  for (const rows of [FEW, MANY]) {
    console.log(`Filling a data directory with ${rows.toLocaleString("en")} executions…`);
    const data = path.join(folder, String(rows));
    await seedLocal(data, rows, SCOPE);
    const server = await serveLocal(data);
    servers.push(server);
    clients.set(rows, peer.open(loaded, server.endpoint));
  }
  report(await firstPages(clients), await walks(clients.get(MANY)));
  for (const client of clients.values()) {
    client.close();
  }
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
}

/** Times of the first page, by how many executions there are; the servers take turns. */
async function firstPages(clients) {
  const times = new Map([...clients.keys()].map((rows) => [rows, []]));
  for (const client of clients.values()) {
    await client.page(SCOPE, FIRST_PAGE);
  }
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const [rows, client] of clients) {
      const started = performance.now();
      const page = await client.page(SCOPE, FIRST_PAGE);
      times.get(rows).push(performance.now() - started);
      if (page.rows.length !== FIRST_PAGE) {
        throw new Error(`The first page of ${rows} executions has ${page.rows.length} rows.`);
      }
    }
  }
  return times;
}

/** Times of the pages of whole lists, one list a round. */
async function walks(client) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const times = [];
    let rows = 0;
    let token;
    do {
      const started = performance.now();
      const page = await client.page(SCOPE, PAGE, token);
      times.push(performance.now() - started);
      rows += page.rows.length;
      token = page.nextToken;
    } while (token !== undefined);
    if (rows !== MANY) {
      throw new Error(`The list of ${MANY} executions has ${rows} rows.`);
    }
    rounds.push(times.slice(0, MANY / PAGE));
  }
  return rounds;
}

function report(first, rounds) {
  const tenth = MANY / PAGE / 10;
  const line = (what, times, base, goal) => [
    what,
    `${median(times).toFixed(2)} ${spread(times)}`,
    base ? (median(times) / median(base)).toFixed(2) : "",
    goal,
  ];
  const front = rounds.flatMap((times) => times.slice(0, tenth));
  const back = rounds.flatMap((times) => times.slice(-tenth));
  console.log(`\nMedians in ms, with the range in brackets.\n`);
  console.log(
    table(
      ["page", "time", "times that of the line above", "goal"],
      [
        line(`first ${FIRST_PAGE} of ${FEW}`, first.get(FEW), undefined, ""),
        line(`first ${FIRST_PAGE} of ${MANY.toLocaleString("en")}`, first.get(MANY), first.get(FEW), "≤ 1.2"),
        line(`${PAGE} in the first tenth of the list`, front, undefined, ""),
        line(`${PAGE} in the last tenth of the list`, back, front, ""),
      ],
    ),
  );
}
