import { readFileSync } from "node:fs";
import path from "node:path";

/** Where a `flyte-local` listens, as it says on its first line and in `server.json` of its data directory. */
export interface ServerAddress {
  readonly endpoint: string;
  readonly pid: number;
}

/** Reads the line of JSON; undefined when it is not such a line. */
export function parseServerLine(line: string): ServerAddress | undefined {
  try {
    const { endpoint, pid } = JSON.parse(line);
    return typeof endpoint === "string" && Number.isSafeInteger(pid) ? { endpoint, pid } : undefined;
  } catch {
    return undefined;
  }
}

/** What the server that holds a data directory left there; undefined when it has not, or not yet. */
export function readServerFile(data: string): ServerAddress | undefined {
  try {
    return parseServerLine(readFileSync(path.join(data, "server.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/** Whether there is a process of that number. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user cannot be asked, and so is there.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
