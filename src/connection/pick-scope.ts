import * as vscode from "vscode";
import { isCancelled } from "../flyte/advice";
import type { Connection } from "../flyte/connection";
import type { Project, Scope } from "../flyte/types";

type Item = vscode.QuickPickItem & { readonly scope: Scope };

/** Projects asked for at once; a server with more is asked again until it has no more. */
const PAGE = 500;

/**
 * Asks for a project and domain of a connection, of which the list fills as the server answers.
 * @returns undefined when the person cancels
 * @throws what the server answers with
 */
export async function pickScope(connection: Connection, chosen: Scope | undefined): Promise<Scope | undefined> {
  const aborter = new AbortController();
  const picker = vscode.window.createQuickPick<Item>();
  picker.title = vscode.l10n.t("Select a Flyte Project and Domain on {0}", connection.name);
  picker.placeholder = vscode.l10n.t("Project and domain to register to and to look up executions in");
  picker.matchOnDescription = true;
  picker.busy = true;
  picker.show();
  try {
    return await new Promise((resolve, reject) => {
      picker.onDidAccept(() => resolve(picker.selectedItems[0]?.scope));
      picker.onDidHide(() => resolve(undefined));
      fill(picker, connection, chosen, aborter.signal).catch((error) => {
        if (!isCancelled(error)) {
          reject(error);
        }
      });
    });
  } finally {
    aborter.abort();
    picker.dispose();
  }
}

async function fill(
  picker: vscode.QuickPick<Item>,
  connection: Connection,
  chosen: Scope | undefined,
  signal: AbortSignal,
): Promise<void> {
  const client = await connection.client();
  let token: string | undefined;
  do {
    const page = await client.listProjects({ limit: PAGE, ...(token ? { token } : {}) }, { signal });
    picker.items = [...picker.items, ...page.rows.flatMap(toItems)];
    const active = picker.items.find(
      ({ scope }) => scope.project === chosen?.project && scope.domain === chosen.domain,
    );
    if (active && picker.value === "") {
      picker.activeItems = [active];
    }
    token = page.nextToken;
  } while (token && !signal.aborted);
  picker.busy = false;
  if (picker.items.length === 0) {
    picker.placeholder = vscode.l10n.t("This server has no projects.");
  }
}

function toItems({ id, name, domains }: Project): Item[] {
  return domains.map((domain) => ({
    label: `${id} / ${domain.id}`,
    description: name === id ? "" : name,
    scope: { project: id, domain: domain.id },
  }));
}
