import type { L10n } from "../l10n";
import { bytesInWords } from "./size";
import type { NamedValue, Value } from "./types";

const CUT = "…";

/**
 * A value in one line of at most `maxLength` characters, for a tree item or a hover: `42`, `"text"`, `[1, 2, 3]`,
 * `{lr: 0.1, name: "x"}`. What does not fit, or was not read, is shown by `…`.
 */
export function summarize(value: Value, maxLength: number, l10n: L10n): string {
  const writer = new Writer(maxLength);
  write(value, writer, l10n);
  return writer.text();
}

/** Collects text until there is no more room, so that a large value costs only what is shown of it. */
class Writer {
  #text = "";
  constructor(readonly maxLength: number) {}

  get full(): boolean {
    return this.#text.length > this.maxLength;
  }

  get room(): number {
    return Math.max(this.maxLength + 1 - this.#text.length, 0);
  }

  add(text: string): void {
    if (!this.full) {
      this.#text += text;
    }
  }

  text(): string {
    if (!this.full) {
      return this.#text;
    }
    // Not between the halves of a character outside the basic plane.
    const end = this.#text.slice(0, Math.max(this.maxLength - CUT.length, 0)).replace(/[\uD800-\uDBFF]$/, "");
    return end + CUT;
  }
}

function write(value: Value, writer: Writer, l10n: L10n): void {
  const inner = (part: NamedValue): void => write(part.value, writer, l10n);
  switch (value.kind) {
    case "union":
      if (value.children[0]) {
        inner(value.children[0]);
      }
      break;
    case "collection":
      writer.add("[");
      writeParts(value.children, value.truncated, writer, inner);
      writer.add("]");
      break;
    case "map":
    case "record":
      writer.add("{");
      writeParts(value.children, value.truncated, writer, (part) => {
        writer.add(`${oneLine(part.key)}: `);
        inner(part);
      });
      writer.add("}");
      break;
    default:
      writer.add(scalar(value, writer.room, l10n));
  }
}

function scalar(value: Value, room: number, l10n: L10n): string {
  switch (value.kind) {
    case "none":
      return "None";
    case "string":
    case "enum":
      return JSON.stringify(value.text.slice(0, room)) + (value.truncated ? CUT : "");
    case "binary":
      return l10n.t("{0} of binary data", bytesInWords(value.size, l10n));
    case "offloaded":
      return l10n.t("{0} kept in the store", bytesInWords(value.size, l10n));
    case "truncated":
      return CUT;
    default:
      return oneLine(value.text.slice(0, room)) + (value.truncated ? CUT : "");
  }
}

function writeParts(
  parts: readonly NamedValue[],
  truncated: boolean,
  writer: Writer,
  writePart: (part: NamedValue) => void,
): void {
  for (const [index, part] of parts.entries()) {
    if (writer.full) {
      return;
    }
    writer.add(index > 0 ? ", " : "");
    writePart(part);
  }
  if (truncated) {
    writer.add(parts.length > 0 ? `, ${CUT}` : CUT);
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}
