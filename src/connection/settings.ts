import path from "node:path";
import type { L10n } from "../l10n";
import type { Configured, ConnectionEntry } from "./entry";

/** The setting that lists connections. */
export const CONNECTIONS_SETTING = "connections";

const KEYS = {
  name: "string",
  endpoint: "string",
  insecure: "boolean",
  caCertFile: "string",
  insecureSkipVerify: "boolean",
} as const;

/**
 * Reads the value of the setting `flyte.connections`. VS Code hands on whatever the file says, so everything is
 * checked. A connection with a mistake is left out, the others stay.
 */
export function readSettings(value: unknown, l10n: L10n): Configured {
  const entries: ConnectionEntry[] = [];
  const problems: { message: string }[] = [];
  if (!Array.isArray(value)) {
    const message = l10n.t('The setting flyte.connections must be a list of objects with "name" and "endpoint".');
    return { entries, problems: [{ message }] };
  }
  for (const [index, element] of value.entries()) {
    const label = `flyte.connections[${index}]`;
    const mistake = mistakeIn(element, label, l10n) ?? duplicate(element.name, entries, label, l10n);
    if (mistake === undefined) {
      entries.push(toEntry(element, l10n));
    } else {
      problems.push({ message: mistake });
    }
  }
  return { entries, problems };
}

function mistakeIn(element: unknown, label: string, l10n: L10n): string | undefined {
  if (typeof element !== "object" || element === null || Array.isArray(element)) {
    return l10n.t('{0} must be an object with "name" and "endpoint".', label);
  }
  for (const [key, value] of Object.entries(element)) {
    const type = KEYS[key as keyof typeof KEYS];
    if (type === undefined) {
      return l10n.t('{0} has "{1}", which is not known. Known are: {2}.', label, key, Object.keys(KEYS).join(", "));
    }
    if (typeof value !== type) {
      return type === "string"
        ? l10n.t('"{1}" of {0} must be a text in quotes.', label, key)
        : l10n.t('"{1}" of {0} must be true or false.', label, key);
    }
  }
  const texts = element as Readonly<Record<string, string | undefined>>;
  for (const key of ["name", "endpoint"]) {
    if (!texts[key]?.trim()) {
      return l10n.t('{0} has no "{1}".', label, key);
    }
  }
  if (texts.caCertFile?.trim() && !path.isAbsolute(texts.caCertFile.trim())) {
    return l10n.t('"caCertFile" of {0} must be an absolute path, but is "{1}".', label, texts.caCertFile);
  }
  return undefined;
}

function duplicate(name: string, entries: readonly ConnectionEntry[], label: string, l10n: L10n): string | undefined {
  const isTaken = entries.some((entry) => entry.name === name.trim());
  return isTaken ? l10n.t('{0} has the name "{1}" that another one has.', label, name.trim()) : undefined;
}

function toEntry(
  element: { name: string; endpoint: string; insecure?: boolean; caCertFile?: string; insecureSkipVerify?: boolean },
  l10n: L10n,
): ConnectionEntry {
  const { endpoint, insecure = false, caCertFile, insecureSkipVerify = false } = element;
  const name = element.name.trim();
  return {
    id: `settings:${name}`,
    name,
    origin: l10n.t("setting flyte.connections"),
    config: {
      endpoint: endpoint.trim(),
      insecure,
      insecureSkipVerify,
      ...(caCertFile?.trim() ? { caCertFile: caCertFile.trim() } : {}),
    },
  };
}
