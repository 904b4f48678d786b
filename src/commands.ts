/** Every command of the extension, as `package.json` contributes them. */
export const commandIds = [
  "flyte.refresh",
  "flyte.selectConnection",
  "flyte.selectScope",
  "flyte.startLocal",
  "flyte.stopLocal",
  "flyte.showLog",
  "flyte.openConnectionSettings",
  "flyte.useScope",
  "flyte.retry",
  "flyte.loadMore",
  "flyte.copyName",
  "flyte.copyId",
  "flyte.register",
  "flyte.showRegistrationReport",
  "flyte.refreshDocument",
  "flyte.openInputs",
  "flyte.openOutputs",
  "flyte.openDetail",
  "flyte.openError",
] as const;

export type CommandId = (typeof commandIds)[number];

/** What a command does. Arguments come from menus, tree items and links, and are checked by the command itself. */
// biome-ignore lint/suspicious/noExplicitAny: VS Code hands on whatever a caller gives.
export type CommandHandler = (...args: any[]) => unknown;

/** A part of the extension, with the commands that it answers for. */
export interface Feature<Id extends CommandId> {
  readonly commands: Readonly<Record<Id, CommandHandler>>;
  dispose(): void;
}
