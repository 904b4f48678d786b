import type { L10n } from "../l10n";
import { type FailureReason, FlyteError } from "./error";

/** A failure in words for a person. */
export interface Explanation {
  /** What went wrong, in a sentence. */
  readonly message: string;
  /** What to do next; empty when there is nothing to say beyond the message. */
  readonly advice: string;
  /** What was being done, on which endpoint, the code and what more the server said, one a line; empty when unknown. */
  readonly details: string;
}

/** Whether the failure is what the person or the extension asked for, and so nothing to show. */
export function isCancelled(error: unknown): boolean {
  return error instanceof FlyteError && error.reason === "cancelled";
}

/** Puts any failure into words. */
export function explain(error: unknown, l10n: L10n): Explanation {
  if (!(error instanceof FlyteError)) {
    return { message: error instanceof Error ? error.message : String(error), advice: "", details: "" };
  }
  const { message, action, endpoint, code, details } = error;
  const lines = [
    action && endpoint ? l10n.t("While: {0} ({1})", action, endpoint) : action,
    l10n.t("Status: {0}", code),
    details === message ? "" : details,
  ];
  return { message, advice: advice(error.reason, l10n), details: lines.filter(Boolean).join("\n") };
}

/** Message and advice in one text, as a notification shows it. */
export function sentence({ message, advice }: Explanation): string {
  return [message, advice].filter(Boolean).join(" ");
}

/** What the runtime, whose messages say what to do in Flyte's terms, cannot know: where that is in VS Code. */
function advice(reason: FailureReason, l10n: L10n): string {
  switch (reason) {
    case "nameNotFound":
    case "invalidEndpoint":
    case "connectionRefused":
    case "plainTextPort":
    case "tlsPort":
    case "notGrpc":
      return l10n.t("Connections are set in flyte.connections, or in Flyte's config file.");
    case "certificateNotTrusted":
      return l10n.t(
        "Name it as caCertFile in the setting flyte.connections, or as admin.caCertFilePath in the config file.",
      );
    case "signInRequired":
    case "flyte2":
      return l10n.t("Or use Local, the Flyte embedded in this extension (Flyte: Start Local Flyte).");
    case "panic":
      return l10n.t("This is a defect of the extension: please report it with the log (Flyte: Show Log).");
    default:
      return "";
  }
}
