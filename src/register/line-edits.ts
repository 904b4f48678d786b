/** An edit of a text, as VS Code tells of it: what was in `range` became `text`. Lines and characters are from 0. */
export interface Edit {
  readonly range: {
    readonly start: { readonly line: number; readonly character: number };
    readonly end: { readonly line: number; readonly character: number };
  };
  readonly text: string;
}

/**
 * Where a line is after an edit; undefined when the edit changed what is in it.
 * @param end of what counts in the line, as a character in it
 */
export function lineAfter(line: number, end: number, { range, text }: Edit): number | undefined {
  const { start, end: last } = range;
  const isBehind = start.line > line || (start.line === line && start.character >= end && /^(\r?\n|$)/.test(text));
  if (isBehind) {
    return line;
  }
  const isWhole = start.character === 0 && text === "";
  const isBefore = last.line < line || (last.line === line && last.character === 0 && (isWhole || text.endsWith("\n")));
  return isBefore ? line + text.split("\n").length - 1 - (last.line - start.line) : undefined;
}
