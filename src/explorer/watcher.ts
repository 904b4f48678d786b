import type { Change } from "./branch";
import type { ExplorerNode } from "./node";
import { snapshots } from "./snapshots";

/** What can be looked at again: a list in the tree. */
export interface Watchable {
  isUnfinished(): boolean;
  readonly hasFailed: boolean;
  poll(): Promise<Change<ExplorerNode> | undefined>;
  fail(error: unknown): void;
}

/** Keeps lists up to date as long as they are in sight and something in them is still changing. */
export class Watcher<Node extends Watchable> {
  readonly #watches = new Map<Node, AbortController>();
  readonly #changed: (node: Node, change: Change<ExplorerNode>) => void;

  /** `changed` draws what a look at a list changed. */
  constructor(changed: (node: Node, change: Change<ExplorerNode>) => void) {
    this.#changed = changed;
  }

  /** The lists that are looked at. */
  get watched(): readonly Node[] {
    return [...this.#watches.keys()];
  }

  /** Takes the lists in sight, to look at those of them that need it, and at no others. */
  watch(inSight: readonly Node[]): void {
    const wanted = new Set(inSight.filter((node) => node.isUnfinished() && !node.hasFailed));
    for (const [node, aborter] of this.#watches) {
      if (!wanted.has(node)) {
        aborter.abort();
        this.#watches.delete(node);
      }
    }
    for (const node of wanted) {
      if (!this.#watches.has(node)) {
        const aborter = new AbortController();
        this.#watches.set(node, aborter);
        void this.#follow(node, aborter.signal);
      }
    }
  }

  dispose(): void {
    this.watch([]);
  }

  async #follow(node: Node, signal: AbortSignal): Promise<void> {
    try {
      for await (const change of snapshots(() => node.poll(), signal)) {
        this.#changed(node, change);
        if (!node.isUnfinished()) {
          break;
        }
      }
    } catch (error) {
      if (!signal.aborted) {
        node.fail(error);
        this.#changed(node, { list: true, children: [] });
      }
    }
    if (!signal.aborted) {
      this.#watches.delete(node);
    }
  }
}
