import { isCancelled } from "../flyte/advice";
import type { Page, PageRequest } from "../flyte/types";

/** A first page fills a window; the later ones are for who wants many. */
export const FIRST_PAGE = 100;
export const NEXT_PAGE = 500;
/** Most rows that one call asks for. */
const LARGEST_PAGE = 1000;

export interface BranchOptions<Row, Child> {
  fetch(page: PageRequest, signal: AbortSignal): Promise<Page<Row>>;
  /** What tells a row from the others for as long as it exists. */
  key(row: Row): string;
  create(row: Row): Child;
  /** Takes over what a row says now; whether anything of it changed. */
  update(child: Child, row: Row): boolean;
}

/** What a call changed: the list itself, or only what some of its children show. */
export interface Change<Child> {
  readonly list: boolean;
  readonly children: readonly Child[];
  /** Present when a poll failed, with what. Other failures stay in the branch. */
  readonly failure?: unknown;
}

type Call = "load" | "more" | "poll";

const NOTHING: Change<never> = { list: false, children: [] };

/**
 * The children of one tree item, loaded page by page. At most one call is under way; who asks meanwhile waits for it.
 * A child stays the same object for as long as its row exists. A failure keeps what is there.
 */
export class Branch<Row, Child> {
  readonly #options: BranchOptions<Row, Child>;
  #children = new Map<string, Child>();
  #token: string | undefined;
  #error: unknown;
  #failedCall: Call = "load";
  #isFresh = false;
  #isLoaded = false;
  #isCancelled = false;
  /** Counts the times that it was marked stale: an answer to an earlier question is no fresh one. */
  #epoch = 0;
  #work: Promise<Change<Child>> | undefined;
  #workCall: Call = "load";
  #aborter = new AbortController();

  constructor(options: BranchOptions<Row, Child>) {
    this.#options = options;
  }

  /** The children loaded so far, in the server's order. */
  get children(): readonly Child[] {
    return [...this.#children.values()];
  }

  get hasMore(): boolean {
    return this.#token !== undefined;
  }

  /** Whether a call ever went well, so that no children means that there are none. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Whether the last call was given up: what is loaded is then what was there before. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** What the last call failed with; undefined when it went well. */
  get error(): unknown {
    return this.#error;
  }

  /** Whether that was a call for more, behind what is loaded. */
  get hasFailedOnMore(): boolean {
    return this.#error !== undefined && this.#failedCall === "more";
  }

  /** Has the next `load` ask the server again. */
  markStale(): void {
    this.#isFresh = false;
    this.#epoch += 1;
  }

  /** Loads as much as was loaded before, at least the first page; nothing when that was done and is not stale. */
  async load(): Promise<Change<Child>> {
    const pending = this.#work;
    if (pending) {
      const change = await pending;
      if (this.#isFresh || this.#isCancelled) {
        return change;
      }
    }
    return this.#isFresh ? NOTHING : this.refresh();
  }

  /** Asks again for what is loaded, as far as one page reaches, and takes over what changed. */
  refresh(): Promise<Change<Child>> {
    return this.#only("load", (signal) => this.#reload(signal));
  }

  /** The same, leaving a failure to the caller. */
  poll(): Promise<Change<Child>> {
    return this.#only("poll", (signal) => this.#reload(signal));
  }

  /** Loads the next page, if there is one. */
  async loadMore(): Promise<Change<Child>> {
    // A look at what is loaded gives no more; this must not be lost to one that is under way.
    while (this.#work && this.#workCall !== "more") {
      await this.#work;
    }
    const token = this.#token;
    if (token === undefined) {
      return this.load();
    }
    return this.#only("more", async (signal) => {
      const page = await this.#options.fetch({ limit: NEXT_PAGE, token }, signal);
      const loaded = [...this.#children];
      const change = this.#take(page.rows, [], page.nextToken);
      // Tokens are offsets: what came on top meanwhile pushes rows that are known into the next page.
      this.#children = new Map([...loaded, ...this.#children]);
      return change;
    });
  }

  /** Tries again what failed. */
  retry(): Promise<Change<Child>> {
    return this.#failedCall === "more" ? this.loadMore() : this.refresh();
  }

  /** Keeps the failure of polls, once the caller has had enough of them. */
  fail(error: unknown): void {
    this.#error = error;
    this.#failedCall = "load";
  }

  /** Gives up the call under way; the next `load` starts anew. */
  cancel(): void {
    this.#aborter.abort();
  }

  async #reload(signal: AbortSignal): Promise<Change<Child>> {
    // A list that is loaded to its end has room for what came since: an exactly full page would promise more.
    const wanted = this.hasMore ? Math.max(FIRST_PAGE, this.#children.size) : this.#children.size + FIRST_PAGE;
    const limit = Math.min(LARGEST_PAGE, wanted);
    const page = await this.#options.fetch({ limit }, signal);
    if (page.nextToken === undefined) {
      return this.#take(page.rows, [], undefined);
    }
    // What was behind the page's last row is behind it still: new rows at the top must not push away what someone looks at.
    const keys = new Set(page.rows.map((row) => this.#options.key(row)));
    const loaded = [...this.#children];
    const rest = loaded.slice(loaded.map(([key]) => keys.has(key)).lastIndexOf(true) + 1);
    return this.#take(page.rows, rest, loaded.length >= limit ? this.#token : page.nextToken);
  }

  /** Runs one call at a time. It never rejects. */
  #only(call: Call, work: (signal: AbortSignal) => Promise<Change<Child>>): Promise<Change<Child>> {
    if (!this.#work) {
      this.#workCall = call;
      this.#work = this.#run(call, work).finally(() => {
        this.#work = undefined;
      });
    }
    return this.#work;
  }

  async #run(call: Call, work: (signal: AbortSignal) => Promise<Change<Child>>): Promise<Change<Child>> {
    this.#aborter = new AbortController();
    const { signal } = this.#aborter;
    const epoch = this.#epoch;
    this.#isCancelled = false;
    try {
      const change = await work(signal);
      this.#error = undefined;
      this.#isLoaded = true;
      this.#isFresh = epoch === this.#epoch;
      return change;
    } catch (error) {
      if (signal.aborted || isCancelled(error)) {
        this.#isCancelled = true;
        this.#isFresh = false;
        return NOTHING;
      }
      if (call === "poll") {
        return { ...NOTHING, failure: error };
      }
      this.#error = error;
      this.#failedCall = call;
      // Asked again by a retry or a refresh, but not by a mere redraw.
      this.#isFresh = epoch === this.#epoch;
      return { list: true, children: [] };
    }
  }

  #take(rows: readonly Row[], rest: readonly [string, Child][], token: string | undefined): Change<Child> {
    const before = this.#children;
    const next = new Map<string, Child>();
    const changed: Child[] = [];
    for (const row of rows) {
      const key = this.#options.key(row);
      const known = before.get(key);
      if (known === undefined) {
        next.set(key, this.#options.create(row));
      } else {
        next.set(key, known);
        if (this.#options.update(known, row)) {
          changed.push(known);
        }
      }
    }
    for (const [key, child] of rest) {
      if (!next.has(key)) {
        next.set(key, child);
      }
    }
    const isSameList = sameKeys(before, next) && (this.#token === undefined) === (token === undefined);
    // An error that was shown goes.
    const list = !isSameList || this.#error !== undefined;
    this.#children = next;
    this.#token = token;
    return { list, children: changed };
  }
}

function sameKeys(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  const keys = [...other.keys()];
  return one.size === other.size && [...one.keys()].every((key, index) => key === keys[index]);
}
