/**
 * Text as Markdown that shows just this text, with its line breaks: no mark, link or icon of it works. VS Code's own
 * `appendText` makes every space one that does not break, so that a long line would run out of the hover.
 */
export function escapeMarkdown(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/[\\`*_{}[\]()#+\-!|~<>&$:@.]/g, "\\$&"))
    .join("  \n");
}
