import { connect } from "../../src/flyte/addon";
import type { FlyteClient } from "../../src/flyte/client";
import { FlyteError } from "../../src/flyte/error";
import type { Page, PageRequest, Scope } from "../../src/flyte/types";
import { serveLocal } from "../fixtures/local-server.mjs";
import { temporaryFolder } from "../vscode/harness/cleanup.mjs";

/** Where the tests work: what a new server has. */
export const SCOPE: Scope = { project: "flytesnacks", domain: "development" };

/** A server on a data directory of its own, with a client. */
export interface Local {
  readonly server: Awaited<ReturnType<typeof serveLocal>>;
  readonly client: FlyteClient;
  /** Ends both and removes the data. */
  close(): Promise<void>;
}

/** Serves a new data directory, after `prepare` has filled it. */
export async function startLocal(prepare: (data: string) => Promise<void> = async () => {}): Promise<Local> {
  const { folder, remove } = temporaryFolder("flyte-contract");
  await prepare(folder);
  const server = await serveLocal(folder);
  const client = connect({ endpoint: server.endpoint, insecure: true });
  return {
    server,
    client,
    close: async () => {
      client.close();
      await server.stop();
      remove();
    },
  };
}

/** What a call rejects with, which must be a `FlyteError`. */
export async function failure(call: Promise<unknown>): Promise<FlyteError> {
  const error = await call.then(
    (answer) => new Error(`It did not fail but gave ${JSON.stringify(answer)}`),
    (error: unknown) => error,
  );
  if (!(error instanceof FlyteError)) {
    throw error;
  }
  return error;
}

/** All rows of a list, page by page. */
export async function allRows<Row>(list: (page: PageRequest) => Promise<Page<Row>>, limit: number): Promise<Row[][]> {
  const pages: Row[][] = [];
  let token: string | undefined;
  do {
    const page: Page<Row> = await list(token === undefined ? { limit } : { limit, token });
    pages.push([...page.rows]);
    token = page.nextToken;
  } while (token !== undefined);
  return pages;
}
