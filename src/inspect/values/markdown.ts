import { escapeMarkdown } from "../../flyte/escape-markdown";
import { tooLargeWords } from "../../flyte/size";
import { summarize } from "../../flyte/summary";
import type { NamedValue, ValueMap } from "../../flyte/types";
import type { L10n } from "../../l10n";

const MOST_VALUES = 5;
const MOST_CHARACTERS = 120;

/**
 * Outputs or inputs as short Markdown for a hover: one line of a list for each value, at most five. Whatever a value
 * holds, it can neither leave its code span nor become a link.
 */
export function markdownValues(map: ValueMap, l10n: L10n): string {
  if (map.state === "tooLarge") {
    return tooLargeWords(map, l10n);
  }
  const lines = map.values.slice(0, MOST_VALUES).map((value) => markdownLine(value, l10n));
  const left = map.values.length - lines.length;
  if (left > 0) {
    lines.push(`- ${l10n.t("… {0} more", left)}`);
  }
  return lines.join("\n");
}

function markdownLine({ key, value }: NamedValue, l10n: L10n): string {
  const type = value.type && ` _${escapeMarkdown(value.type)}_`;
  return `- ${codeSpan(key)}: ${codeSpan(summarize(value, MOST_CHARACTERS, l10n))}${type}`;
}

/** A code span that holds the text as it is: its fence is longer than any run of backticks inside. */
export function codeSpan(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const padding = longest > 0 || /^ .* $/.test(text) || text.trim() === "" ? " " : "";
  return `${fence}${padding}${text.replace(/\s/g, " ")}${padding}${fence}`;
}
