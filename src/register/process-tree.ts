import { type ChildProcess, execFile } from "node:child_process";

/** Options for `spawn` with which {@link killTree} reaches all that the process starts. */
export const TREE_OPTIONS = { detached: process.platform !== "win32", windowsHide: true };

/** Ends a process that was spawned with {@link TREE_OPTIONS} and all that it started, at once. Harmless when it has ended. */
export function killTree(child: ChildProcess): void {
  if (child.pid === undefined) {
    return;
  }
  if (process.platform === "win32") {
    // There are no process groups. An error means that it has ended already.
    execFile("taskkill", ["/pid", String(child.pid), "/T", "/F"], { windowsHide: true }, () => {});
    return;
  }
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
}
