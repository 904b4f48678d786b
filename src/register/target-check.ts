import type { CallOptions, FlyteClient } from "../flyte/client";
import type { Scope } from "../flyte/types";
import type { L10n } from "../l10n";

const PAGE = 100;

/** A project or domain that the server does not have. `message` names those that it has. */
export class UnknownScope extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnknownScope";
  }
}

/**
 * Makes sure that there is a Flyte with this project and domain before anything is done: a code bundle would be stored
 * for a project that does not exist.
 *
 * @param name the connection's, for messages
 * @throws {UnknownScope} when there is not, `FlyteError` when the server cannot be asked
 */
export async function checkTarget(
  client: FlyteClient,
  { project, domain }: Scope,
  name: string,
  options: CallOptions,
  l10n: L10n,
): Promise<void> {
  const ids: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.listProjects({ limit: PAGE, ...(token ? { token } : {}) }, options);
    const found = page.rows.find(({ id }) => id === project);
    if (found?.domains.some(({ id }) => id === domain)) {
      return;
    }
    if (found) {
      const domains = found.domains.map(({ id }) => id).join(", ");
      throw new UnknownScope(
        l10n.t("The project {0} on {1} has no domain {2}. Its domains are {3}.", project, name, domain, domains),
      );
    }
    ids.push(...page.rows.map(({ id }) => id));
    token = page.nextToken;
  } while (token);
  throw new UnknownScope(
    ids.length === 0
      ? l10n.t("The project {0} does not exist on {1}, which has no projects.", project, name)
      : l10n.t(
          "The project {0} does not exist on {1}, or is archived. Its projects are {2}.",
          project,
          name,
          some(ids),
        ),
  );
}

function some(ids: readonly string[]): string {
  const most = 8;
  return ids.length > most ? `${ids.slice(0, most).join(", ")}, …` : ids.join(", ");
}
