import type { L10n } from "../l10n";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in milliseconds as its two largest units, such as `4m 12s`. */
export function durationText(ms: number, l10n: L10n): string {
  const part = (unit: number, within: number): number => Math.floor((ms % within) / unit);
  if (ms < SECOND) {
    return l10n.t("{0}ms", Math.max(0, Math.round(ms)));
  }
  if (ms < MINUTE) {
    return l10n.t("{0}s", (Math.floor(ms / 100) / 10).toString());
  }
  if (ms < HOUR) {
    return l10n.t("{0}m {1}s", Math.floor(ms / MINUTE), part(SECOND, MINUTE));
  }
  if (ms < DAY) {
    return l10n.t("{0}h {1}m", Math.floor(ms / HOUR), part(MINUTE, HOUR));
  }
  return l10n.t("{0}d {1}h", Math.floor(ms / DAY), part(HOUR, DAY));
}

/** How long ago something was, in its largest unit, such as `3h ago`. Times are milliseconds since the epoch. */
export function ageText(at: number, now: number, l10n: L10n): string {
  const ms = now - at;
  // The server's clock may be ahead.
  if (ms < MINUTE) {
    return l10n.t("just now");
  }
  if (ms < HOUR) {
    return l10n.t("{0}m ago", Math.floor(ms / MINUTE));
  }
  if (ms < DAY) {
    return l10n.t("{0}h ago", Math.floor(ms / HOUR));
  }
  return l10n.t("{0}d ago", Math.floor(ms / DAY));
}
