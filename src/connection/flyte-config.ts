import { readFileSync } from "node:fs";
import path from "node:path";
import type * as Yaml from "yaml";
import type { L10n } from "../l10n";
import type { Configured } from "./entry";

/** Where Flyte's own tools look for their configuration. */
export interface FlyteEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** The config file: what `FLYTECTL_CONFIG` names, else `~/.flyte/config.yaml`. */
export function flyteConfigFile({ env, home }: FlyteEnvironment): string {
  const named = env.FLYTECTL_CONFIG?.trim();
  return named ? path.resolve(expandHome(named, home)) : path.join(home, ".flyte", "config.yaml");
}

/**
 * Reads the connection of Flyte's config file, as flytectl and flytekit do: `admin.endpoint`, `admin.insecure`,
 * `admin.insecureSkipVerify` and `admin.caCertFilePath`, with flytectl's environment variables `FLYTE_ADMIN_ENDPOINT`
 * and `FLYTE_ADMIN_INSECURE` over those of the file.
 * No file is no connection; a file that cannot be read or understood is a problem.
 */
export function readFlyteConfig(where: FlyteEnvironment, l10n: L10n): Configured {
  const file = flyteConfigFile(where);
  const problem = (message: string): Configured => ({ entries: [], problems: [{ message, file }] });
  const fromEnvironment = where.env.FLYTE_ADMIN_ENDPOINT?.trim();
  const insecureByEnvironment = where.env.FLYTE_ADMIN_INSECURE?.trim() || undefined;
  let admin: Record<string, unknown>;
  try {
    admin = readAdmin(file, l10n);
  } catch (error) {
    return problem(error instanceof Error ? error.message : String(error));
  }
  const endpoint = fromEnvironment || admin.endpoint;
  if (endpoint === undefined || endpoint === null || endpoint === "") {
    return { entries: [], problems: [] };
  }
  if (typeof endpoint !== "string") {
    return problem(l10n.t("admin.endpoint in {0} must be a text such as dns:///flyte.example.com.", file));
  }
  for (const key of ["insecure", "insecureSkipVerify"]) {
    if (!["boolean", "undefined"].includes(typeof admin[key])) {
      return problem(l10n.t("admin.{0} in {1} must be true or false.", key, file));
    }
  }
  const caCertFile = admin.caCertFilePath;
  if (caCertFile !== undefined && typeof caCertFile !== "string") {
    return problem(l10n.t("admin.caCertFilePath in {0} must be the path of a file.", file));
  }
  return {
    entries: [
      {
        id: "config",
        name: endpoint.replace(/^[a-z]+:\/\/\/?/i, ""),
        origin: fromEnvironment ? l10n.t("environment variable FLYTE_ADMIN_ENDPOINT") : file,
        config: {
          endpoint,
          insecure: insecureByEnvironment === undefined ? admin.insecure === true : isTrue(insecureByEnvironment),
          insecureSkipVerify: admin.insecureSkipVerify === true,
          ...(caCertFile ? { caCertFile: expandHome(caCertFile, where.home) } : {}),
        },
      },
    ],
    problems: [],
  };
}

/** The mapping `admin` of the file; empty when there is no file or no such mapping in it. */
function readAdmin(file: string, l10n: L10n): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return {};
    }
    throw new Error(l10n.t("{0} cannot be read: {1}", file, error instanceof Error ? error.message : String(error)));
  }
  // Loaded where there is a file: the parser is most of what loading this extension would cost.
  const { parseDocument }: typeof Yaml = require("yaml");
  const document = parseDocument(text, { prettyErrors: true });
  const mistake = document.errors[0];
  if (mistake) {
    // Of the message the first line: the rest draws the place with characters.
    const [what = ""] = mistake.message.split("\n");
    throw new Error(l10n.t("{0} is not valid YAML: {1}", file, what.replace(/:$/, "")));
  }
  const content: unknown = document.toJS({ maxAliasCount: 100 });
  const admin = isMapping(content) ? content.admin : content === null ? undefined : content;
  if (admin === undefined || admin === null) {
    return {};
  }
  if (!isMapping(admin)) {
    throw new Error(l10n.t('{0} must hold "admin:" with "endpoint:" below it.', file));
  }
  return admin;
}

// As Go reads a boolean from a text.
function isTrue(text: string): boolean {
  return /^(1|t|true)$/i.test(text);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function expandHome(file: string, home: string): string {
  return file === "~" || file.startsWith("~/") ? path.join(home, file.slice(1)) : file;
}
