import { bytesInWords, partsInWords } from "../../flyte/size";
import type { NamedValue, Value, ValueKind } from "../../flyte/types";
import type { L10n } from "../../l10n";

const STEP = "  ";
const PLAIN_KEY = /^[A-Za-z_][\w.-]*$/;
// What YAML reads as something else than a text, also in its version 1.1.
const RESERVED = /^(true|false|yes|no|on|off|y|n|null)$/i;
// A type's name as a plain scalar: neither a comment nor a key may hide in it.
const PLAIN_TYPE = /^[A-Za-z][\w[\], .-]*$/;
/** Kinds whose text shows what they are, inside of a value that has no declared types. */
const EVIDENT: ReadonlySet<ValueKind> = new Set([
  "none",
  "integer",
  "float",
  "string",
  "boolean",
  "collection",
  "record",
]);

/**
 * Named values as lines of YAML, with types and sizes in comments. Texts and numbers are exact; what was cut, not read
 * or is kept elsewhere says so. Lines are made one by one, so that a large document can be made in slices.
 */
export function* yamlLines(values: readonly NamedValue[], l10n: L10n): Generator<string> {
  for (const { key, value } of values) {
    yield* new Renderer(l10n).entry(`${keyText(key)}:`, value, "", () => false);
  }
}

type Implied = (value: Value) => boolean;

class Renderer {
  constructor(private readonly l10n: L10n) {}

  /** One `key:` or `-` with its value. `implied` tells whether a value's type needs no comment here. */
  *entry(head: string, value: Value, indent: string, implied: Implied, note = ""): Generator<string> {
    const type = implied(value) ? "" : value.type;
    const start = indent + head;
    switch (value.kind) {
      case "string":
        yield* this.string(start, value, indent, [type, note]);
        return;
      case "binary":
        yield line(start, `!!binary "${value.text}"`, [
          type,
          note,
          bytesInWords(value.size, this.l10n),
          this.cut(value),
        ]);
        return;
      case "enum":
      case "blob":
      case "schema":
        yield line(start, JSON.stringify(value.text), [type, note, this.cut(value)]);
        return;
      case "none":
        yield line(start, "null", [type, note]);
        return;
      case "offloaded":
        yield line(start, JSON.stringify(value.text), [
          type,
          note,
          this.l10n.t("{0}, kept in the store and not read here", bytesInWords(value.size, this.l10n)),
        ]);
        return;
      case "truncated":
        yield line(start, "null", [type, note, this.l10n.t("left out: {0}", bytesInWords(value.size, this.l10n))]);
        return;
      case "unknown":
        yield line(start, "null", [type, note, this.l10n.t("cannot be shown: {0}", value.text)]);
        return;
      case "union":
        yield* this.union(head, value, indent, note);
        return;
      case "error":
        yield line(start, "", [type, note]);
        yield* this.string(`${indent}${STEP}message:`, value, indent + STEP, []);
        yield* this.parts(value, indent, evident);
        return;
      case "structuredDataset":
        yield* this.dataset(start, value, indent, [type, note]);
        return;
      case "collection":
      case "map":
      case "record":
        yield* this.container(head, value, indent, [type, note]);
        return;
      default:
        yield line(start, value.text, [type, note, this.cut(value)]);
    }
  }

  private *string(start: string, value: Value, indent: string, comments: readonly string[]): Generator<string> {
    const { text } = value;
    const notes = [...comments, this.cut(value)];
    if (!fitsBlock(text)) {
      yield line(start, JSON.stringify(text), notes);
      return;
    }
    const ending = /\n*$/.exec(text)?.[0].length ?? 0;
    yield line(start, ending === 0 ? "|-" : ending === 1 ? "|" : "|+", notes);
    for (const row of (ending > 0 ? text.slice(0, -1) : text).split("\n")) {
      yield row === "" ? "" : indent + STEP + row;
    }
  }

  private *union(head: string, value: Value, indent: string, note: string): Generator<string> {
    const chosen = value.children[0];
    const of = this.l10n.t("one of {0}", value.type);
    if (chosen) {
      yield* this.entry(head, chosen.value, indent, () => false, note ? `${note}, ${of}` : of);
    } else {
      yield line(indent + head, "null", [of, note]);
    }
  }

  private *dataset(start: string, value: Value, indent: string, comments: readonly string[]): Generator<string> {
    if (value.children.length === 0) {
      yield line(start, JSON.stringify(value.text), [...comments, this.cut(value)]);
      return;
    }
    yield line(start, "", comments);
    yield line(`${indent}${STEP}uri:`, JSON.stringify(value.text), []);
    yield line(`${indent}${STEP}columns:`, "", []);
    for (const { key, value: column } of value.children) {
      const type = PLAIN_TYPE.test(column.text) ? column.text : JSON.stringify(column.text);
      yield line(`${indent}${STEP}${STEP}${keyText(key)}:`, type, []);
    }
    if (value.truncated) {
      yield `${indent}${STEP}${STEP}# ${this.l10n.t("… and more, left out here")}`;
    }
  }

  private *container(head: string, value: Value, indent: string, comments: readonly string[]): Generator<string> {
    const start = indent + head;
    const isList = value.kind === "collection";
    const count = value.kind === "record" && !value.truncated ? "" : partsInWords(value.kind, value.size, this.l10n);
    if (value.children.length === 0 && !value.truncated) {
      yield line(start, isList ? "[]" : "{}", comments);
      return;
    }
    const parts = this.parts(value, indent, impliedBy(value));
    const notes = [...comments, count].filter((note) => note !== "");
    if (head === "-" && !isList && value.children.length > 0 && notes.length === 0) {
      // The first part stands beside the dash.
      const first: string = parts.next().value ?? "";
      yield `${start} ${first.slice(indent.length + STEP.length)}`;
    } else {
      yield line(start, value.children.length === 0 ? (isList ? "[]" : "{}") : "", notes);
    }
    yield* parts;
    const left = value.size - value.children.length;
    if (left > 0) {
      yield `${indent}${STEP}# ${this.l10n.t("… {0} more, left out here", left)}`;
    }
  }

  private *parts(value: Value, indent: string, implied: Implied): Generator<string> {
    for (const part of value.children) {
      const head = value.kind === "collection" ? "-" : `${keyText(part.key)}:`;
      yield* this.entry(head, part.value, indent + STEP, implied);
    }
  }

  private cut(value: Value): string {
    return value.truncated ? this.l10n.t("cut, the whole has {0}", bytesInWords(value.size, this.l10n)) : "";
  }
}

function line(start: string, content: string, comments: readonly string[]): string {
  const comment = comments.filter((part) => part !== "").join(", ");
  const text = content === "" ? start : `${start} ${content}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a comment
  return comment === "" ? text : `${text}  # ${comment.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ")}`;
}

/** The parts of `list[T]` and `map[string, T]` are T; those of an undeclared container show what they are. */
function impliedBy(container: Value): Implied {
  const declared = /^(?:list\[|map\[string, )(.*)\]$/s.exec(container.type)?.[1];
  return declared === undefined || declared === "any" ? evident : (part) => part.type === declared;
}

function evident(value: Value): boolean {
  return EVIDENT.has(value.kind);
}

function keyText(key: string): string {
  return PLAIN_KEY.test(key) && !RESERVED.test(key) ? key : JSON.stringify(key);
}

/** Whether a text of several lines reads back exactly from YAML's literal form, indented by {@link STEP}. */
function fitsBlock(text: string): boolean {
  const hasLines = /\S[^\n]*\n/.test(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: YAML does not take them in the literal form
  return hasLines && !/^[ \n\t]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(text);
}
