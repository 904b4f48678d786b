import { access } from "node:fs/promises";
import path from "node:path";

/**
 * The name under which flytekit registers what a Python file defines: its path from the source root, which is the first
 * folder above it without an `__init__.py`, with dots (flytekit's `core/tracker.py`).
 *
 * @param file absolute path
 */
export async function moduleName(file: string): Promise<string> {
  const names = [path.basename(file, ".py")];
  let folder = path.dirname(file);
  while (folder !== path.dirname(folder) && (await exists(path.join(folder, "__init__.py")))) {
    names.unshift(path.basename(folder));
    folder = path.dirname(folder);
  }
  return names.join(".");
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
