import type { L10n } from "../../src/l10n";

/** VS Code's `l10n` where there is no translation: English, with `{0}` filled in. */
export const english: L10n = {
  t(message: unknown, ...args: unknown[]): string {
    return String(message).replace(/\{(\d+)\}/g, (place, index) => String(args[Number(index)] ?? place));
  },
};
