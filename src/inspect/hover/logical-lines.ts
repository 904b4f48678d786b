/** A statement of Python, which may run over several lines. */
export interface LogicalLine {
  /** Columns before its first character; a tab counts up to the next multiple of 8, as in Python. */
  readonly indent: number;
  /** Of its first character, in the source. */
  readonly offset: number;
  /** Its code, with what strings and comments hold made blank; as long as the source, so that offsets stay. */
  readonly code: string;
}

const OPENING = "([{";
const CLOSING = ")]}";
/** Code up to what may change how the rest is read. */
const PLAIN = /[^#"'\\\n()[\]{}]+/y;

/**
 * Splits Python source into its statements: brackets, strings in triple quotes and backslashes at the end of a line
 * join lines. Never fails: a source that is being typed, such as one with an open bracket, gives what can be told.
 */
export function* logicalLines(source: string): Generator<LogicalLine> {
  let depth = 0;
  let start = 0;
  let code = "";
  let at = 0;
  const take = (end: number, blank: boolean): void => {
    const part = source.slice(at, end);
    code += blank ? part.replace(/[^\n]/g, " ") : part;
    at = end;
  };
  while (at < source.length) {
    PLAIN.lastIndex = at;
    if (PLAIN.test(source)) {
      take(PLAIN.lastIndex, false);
      continue;
    }
    const char = source.charAt(at);
    if (char === "#") {
      take(endOfLine(source, at), true);
    } else if (char === '"' || char === "'") {
      take(endOfString(source, at), true);
    } else if (char === "\\" && /^\\\r?\n/.test(source.slice(at, at + 3))) {
      take(source.indexOf("\n", at) + 1, true);
    } else if (char === "\n" && depth > 0 && !beginsDefinition(source, at + 1)) {
      take(at + 1, false);
    } else if (char === "\n") {
      yield* statement(code, start);
      at += 1;
      [depth, start, code] = [0, at, ""];
    } else {
      depth += OPENING.includes(char) ? 1 : CLOSING.includes(char) && depth > 0 ? -1 : 0;
      take(at + 1, false);
    }
  }
  yield* statement(code, start);
}

function* statement(code: string, offset: number): Generator<LogicalLine> {
  const first = code.search(/\S/);
  if (first < 0) {
    return;
  }
  const before = code.slice(0, first);
  const newline = before.lastIndexOf("\n");
  const indent = [...before.slice(newline + 1)].reduce(
    (column, char) => (char === "\t" ? column + 8 - (column % 8) : column + 1),
    0,
  );
  yield { indent, offset: offset + first, code: code.slice(first) };
}

/** Where a bracket was left open, a definition at the start of a line tells that the statement before has ended. */
function beginsDefinition(source: string, at: number): boolean {
  return /^(?:@\w|def |async def |class )/.test(source.slice(at, at + 10));
}

function endOfString(source: string, at: number): number {
  const quote = source.charAt(at);
  const isTriple = source.startsWith(quote.repeat(3), at);
  const end = isTriple ? quote.repeat(3) : quote;
  let position = at + end.length;
  while (position < source.length) {
    if (source.startsWith(end, position)) {
      return position + end.length;
    }
    if (source.charAt(position) === "\n" && !isTriple) {
      return position;
    }
    position += source.charAt(position) === "\\" ? 2 : 1;
  }
  return source.length;
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf("\n", at);
  return end < 0 ? source.length : end;
}
