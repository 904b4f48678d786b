import { cpSync } from "node:fs";
import path from "node:path";
import type { FlyteClient } from "../../src/flyte/client";
import type { RegistrationPlan, Scope } from "../../src/flyte/types";
import { type Manifest, toPlan } from "../../src/register/manifest";
import { serialize } from "../../src/register/serialize-process";
import { execute as runWorkflow } from "../demo/job.mjs";
import { pythons } from "../setup/python.mjs";
import { root } from "../setup/setup.mjs";
import { english } from "../unit/english";
import { temporaryFolder } from "../vscode/harness/cleanup.mjs";

/** A copy of the sample workspace, serialised by the user's flytekit as the extension does it. */
export interface Project {
  readonly workspace: string;
  readonly plan: RegistrationPlan;
  readonly manifest: Manifest;
  remove(): void;
}

/** The sample project. */
export const SAMPLE = path.join(root, "test/fixtures/workspace");

/**
 * Serialises a file of the sample workspace for a server, which says where the code bundle will be.
 * @param options `python` is an interpreter with flytekit; `workspace` is where the sample is, else it is copied
 */
export async function serializeProject(
  client: FlyteClient,
  scope: Scope,
  file: string,
  options: { python?: string; workspace?: string } = {},
): Promise<Project> {
  const { folder, remove } = temporaryFolder("flyte-project", ["output"]);
  const workspace = options.workspace ?? path.join(folder, "workspace");
  const output = path.join(folder, "output");
  if (options.workspace === undefined) {
    cpSync(SAMPLE, workspace, { recursive: true });
  }
  const manifest = await serialize(
    {
      interpreter: { command: options.python ?? pythons().python, args: [], source: "setting" },
      serializer: path.join(root, "dist/serialize"),
      file: path.join(workspace, file),
      scope,
      output,
      cwd: workspace,
    },
    {
      step: () => {},
      output: () => {},
      address: (bundle) => client.bundleAddress(scope, { fileName: path.basename(bundle.file), md5: bundle.md5 }),
    },
    { signal: new AbortController().signal, timeoutMs: 60_000 },
    english,
  );
  return { workspace, plan: toPlan(manifest, output, scope), manifest, remove };
}

/** Runs a registered workflow task by task on this machine; gives the name of the execution. */
export async function execute(
  endpoint: string,
  { workspace, plan: { version } }: Project,
  workflow: string,
  options: { inputs?: Record<string, unknown>; fail?: boolean } = {},
): Promise<string> {
  const { execution } = await runWorkflow({ endpoint }, { workspace, workflow, version, ...options });
  return execution;
}
