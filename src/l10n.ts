import type { l10n } from "vscode";

/**
 * What translates the texts that a person reads: `vscode.l10n` in VS Code. Logic that must not import VS Code takes it
 * as a parameter named `l10n`, so that each text stays where it is used.
 */
export type L10n = Pick<typeof l10n, "t">;
