import { logicalLines } from "./logical-lines";

/** A function in Python source that Flyte makes an entity of. */
export interface Definition {
  readonly kind: "task" | "workflow";
  readonly name: string;
  /** Of the name, in the source. */
  readonly offset: number;
}

/** flytekit's decorators by the kind of entity that they make. */
const DECORATORS: Readonly<Record<string, Definition["kind"]>> = {
  task: "task",
  dynamic: "task",
  eager: "task",
  workflow: "workflow",
};

/**
 * The functions of a module that carry one of flytekit's decorators, in the order of the source. Only those that Flyte
 * registers by the name `module.function`: functions of the module itself, also under `if` or `try`, and neither methods
 * nor functions in functions. A decorator is flytekit's when its name was imported from flytekit, under any name, or from a
 * module of the user's with `flyte` in its name.
 */
export function definitions(source: string): Definition[] {
  const found: Definition[] = [];
  const names = new Names();
  let decorated: Definition["kind"] | undefined;
  /** Indentation of the innermost function or class that is open; what is deeper belongs to it. */
  let enclosing = Number.POSITIVE_INFINITY;
  for (const { indent, offset, code } of logicalLines(source)) {
    if (indent <= enclosing) {
      enclosing = Number.POSITIVE_INFINITY;
    }
    const isInner = indent > enclosing;
    const definition = /^(?:async\s+)?(def|class)\s+([^\W\d]\w*)/u.exec(code);
    if (code.startsWith("@")) {
      decorated ??= names.kindOf(/^@\s*([\w.]+)/u.exec(code)?.[1] ?? "");
      continue;
    }
    if (definition && !isInner) {
      const [head, keyword, name = ""] = definition;
      if (decorated && keyword === "def") {
        found.push({ kind: decorated, name, offset: offset + head.length - name.length });
      }
      enclosing = indent;
    } else if (!isInner) {
      names.read(code);
    }
    decorated = undefined;
  }
  return found;
}

/** What the names of a module mean, as far as its imports tell. */
class Names {
  /** Names of decorators. */
  readonly #decorators = new Map<string, Definition["kind"]>();
  /** Names of modules of flytekit, such as `flytekit` or `fk`. */
  readonly #modules = new Set<string>();

  read(code: string): void {
    const from = /^from\s+([\w.]+)\s+import\s*(.*)$/su.exec(code);
    if (from) {
      this.#readFrom(from[1] ?? "", (from[2] ?? "").replace(/[()]/g, " "));
      return;
    }
    const plain = /^import\s+(.*)$/su.exec(code)?.[1];
    for (const [module, alias] of plain ? imported(plain) : []) {
      if (isFlyte(module)) {
        this.#modules.add(alias ?? module.split(".")[0] ?? module);
      }
    }
  }

  /** The kind of entity that a decorator of this dotted name makes; undefined when it is not flytekit's. */
  kindOf(decorator: string): Definition["kind"] | undefined {
    const [root = "", ...rest] = decorator.split(".");
    if (rest.length === 0) {
      return this.#decorators.get(root);
    }
    return this.#modules.has(root) ? DECORATORS[rest.at(-1) ?? ""] : undefined;
  }

  #readFrom(module: string, names: string): void {
    for (const [name, alias] of imported(names)) {
      const kind = DECORATORS[name];
      // A later import of the same name takes its place, whatever it is.
      this.#decorators.delete(alias ?? name);
      if (!isFlyte(module)) {
        continue;
      }
      if (name === "*") {
        for (const [every, its] of Object.entries(DECORATORS)) {
          this.#decorators.set(every, its);
        }
        continue;
      }
      // `flytekit.core.task` is a module, too.
      this.#modules.add(alias ?? name);
      if (kind) {
        this.#decorators.set(alias ?? name, kind);
      }
    }
  }
}

/** The parts of `a, b as c`: names with what they are called here. */
function imported(list: string): (readonly [string, string | undefined])[] {
  return list
    .split(",")
    .map((part) => /^\s*([\w.*]+)(?:\s+as\s+(\w+))?\s*$/u.exec(part))
    .filter((match) => match !== null)
    .map(([, name = "", alias]) => [name, alias] as const);
}

function isFlyte(module: string): boolean {
  return /flyte/i.test(module);
}
