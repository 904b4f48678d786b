import { escapeMarkdown } from "../../flyte/escape-markdown";
import { hasEnded, phaseIcon, phaseWords } from "../../flyte/phase";
import type { RunSubject } from "../../flyte/subject";
import { ageText, durationText } from "../../flyte/times";
import type { ExecutionData, LastExecution, Phase } from "../../flyte/types";
import { scopeWords } from "../../flyte/words";
import type { L10n } from "../../l10n";
import { codeSpan, markdownValues } from "../values/markdown";

/** What is known of an entity's last execution. */
export interface LastRun {
  readonly last: LastExecution;
  /** Of the node where the entity is a task that ran in a workflow, else of the execution. */
  readonly data: ExecutionData;
  readonly subject: RunSubject;
}

/** A hover in two parts of Markdown: in the heading `$(name)` is an icon, in the body it stands for itself. */
export interface HoverText {
  readonly heading: string;
  readonly body: string;
}

/** Commands that a hover links to. */
export const HOVER_COMMANDS = ["flyte.openDetail", "flyte.openOutputs", "flyte.openError"] as const;

const MOST_ERROR = 200;

/** The hover of an entity that has run. `now` is in milliseconds since the epoch. */
export function lastRunText({ last, data, subject }: LastRun, now: number, l10n: L10n): HoverText {
  const { execution, node } = last;
  const run = node ?? execution;
  const facts = [phaseWords(run.phase, l10n)];
  const startedAt = run.startedAt ?? run.createdAt;
  if (startedAt !== undefined) {
    facts.push(ageText(startedAt, now, l10n));
  }
  if (run.duration !== undefined) {
    facts.push(l10n.t("took {0}", durationText(run.duration, l10n)));
  }
  if (node?.cached) {
    facts.push(l10n.t("from the cache"));
  }
  const name = link(codeSpan(execution.id.name), "flyte.openDetail", subject);
  const where = node
    ? l10n.t("node {0} of execution {1} in {2}", codeSpan(node.id.nodeId), name, codeSpan(scopeWords(execution.id)))
    : l10n.t("execution {0} in {1}", name, codeSpan(scopeWords(execution.id)));
  const heading = `$(${phaseIcon(run.phase).icon}) ${l10n.t("Flyte, last run: {0}", `**${facts.map(escapeMarkdown).join(" · ")}**`)}`;
  const body = [
    where,
    run.error && `${codeSpan(firstLine(run.error))} ${link(l10n.t("Show Error"), "flyte.openError", subject)}`,
    outputsText(data, run.phase, subject, l10n),
  ]
    .filter(Boolean)
    .join("\n\n");
  return { heading, body };
}

/** The hover of an entity without executions. */
export function neverRunText(scope: string, l10n: L10n): HoverText {
  return { heading: `$(circle-outline) ${l10n.t("Flyte: no execution in {0} yet", codeSpan(scope))}`, body: "" };
}

/** The hover when the server could not be asked. */
export function unknownText(message: string, l10n: L10n): HoverText {
  const heading = `$(circle-slash) ${l10n.t("Flyte: the last execution is not known.")}`;
  return { heading, body: escapeMarkdown(message) };
}

function outputsText({ outputs }: ExecutionData, phase: Phase, subject: RunSubject, l10n: L10n): string {
  if (outputs.state === "none" || (outputs.state === "inline" && outputs.values.length === 0)) {
    return hasEnded(phase) ? "" : l10n.t("There are no outputs yet.");
  }
  return `${link(l10n.t("Outputs"), "flyte.openOutputs", subject)}\n\n${markdownValues(outputs, l10n)}`;
}

function link(text: string, command: (typeof HOVER_COMMANDS)[number], subject: RunSubject): string {
  // encodeURIComponent leaves parentheses, which would end the link.
  const argument = encodeURIComponent(JSON.stringify([subject]))
    .replaceAll("(", "%28")
    .replaceAll(")", "%29");
  return `[${text}](command:${command}?${argument})`;
}

function firstLine(text: string): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  return line.length > MOST_ERROR ? `${line.slice(0, MOST_ERROR)}…` : line;
}
