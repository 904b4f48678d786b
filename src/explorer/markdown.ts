import * as vscode from "vscode";
import { escapeMarkdown } from "../flyte/escape-markdown";

/** A heading with paragraphs below it; empty ones are left out. All of it is text, whatever it holds. */
export function tooltip(heading: string, ...paragraphs: readonly string[]): vscode.MarkdownString {
  const shown = paragraphs.filter(Boolean).map(escapeMarkdown);
  return new vscode.MarkdownString([bold(heading), ...shown].join("\n\n"));
}

/** A heading with a list of facts below it; those without a value are left out. */
export function facts(
  heading: string,
  rows: readonly (readonly [name: string, value: string | undefined])[],
): vscode.MarkdownString {
  const lines = rows.flatMap(([name, value]) => (value?.trim() ? [`- ${name}: ${escapeMarkdown(value.trim())}`] : []));
  return new vscode.MarkdownString(`${bold(heading)}\n\n${lines.join("\n")}`);
}

function bold(text: string): string {
  return `**${escapeMarkdown(text.trim())}**`;
}

/** A moment, in milliseconds since the epoch, as the person's own locale writes it. */
export function moment(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toLocaleString(vscode.env.language);
}
