// The usual Node client: @grpc/grpc-js with flyteidl loaded at run time by proto-loader.

import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const name = "@grpc/grpc-js";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const PHASES = [
  "undefined",
  "queued",
  "running",
  "succeeding",
  "succeeded",
  "failing",
  "failed",
  "aborted",
  "timedOut",
  "aborting",
];

export async function load() {
  const require = createRequire(import.meta.url);
  const grpc = require("@grpc/grpc-js");
  const protoLoader = require("@grpc/proto-loader");
  const definition = protoLoader.loadSync("flyteidl/service/admin.proto", {
    includeDirs: [path.join(root, "node_modules/@flyteorg/flyteidl/protos"), path.join(root, "native/idl/proto")],
    keepCase: true,
    longs: String,
    enums: Number,
    defaults: true,
  });
  return { grpc, service: grpc.loadPackageDefinition(definition).flyteidl.service };
}

export function open({ grpc, service }, endpoint) {
  const client = new service.AdminService(endpoint, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": 256 * 1024 * 1024,
  });
  return {
    page: (scope, limit, token) =>
      new Promise((resolve, reject) => {
        const request = {
          id: scope,
          limit,
          token: token ?? "",
          sort_by: { key: "created_at", direction: 0 },
        };
        const deadline = Date.now() + 60_000;
        client.ListExecutions(request, { deadline }, (error, answer) => {
          if (error) {
            reject(error);
          } else {
            resolve({ rows: answer.executions.map(toRow), nextToken: answer.token === "" ? undefined : answer.token });
          }
        });
      }),
    close: () => client.close(),
  };
}

/** The same row as the addon's: what the tree shows of an execution. */
function toRow({ id, spec, closure }) {
  const row = {
    id: { project: id.project, domain: id.domain, name: id.name },
    phase: PHASES[closure.phase] ?? "undefined",
    launchedName: spec.launch_plan.name,
    launchedVersion: spec.launch_plan.version,
    principal: spec.metadata?.principal ?? "",
    error: closure.error?.message ?? closure.abort_metadata?.cause ?? closure.abort_cause ?? "",
  };
  if (closure.created_at) row.createdAt = milliseconds(closure.created_at);
  if (closure.started_at) row.startedAt = milliseconds(closure.started_at);
  if (closure.duration) row.duration = milliseconds(closure.duration);
  return row;
}

function milliseconds({ seconds, nanos }) {
  return Number(seconds) * 1000 + Math.floor(nanos / 1_000_000);
}
