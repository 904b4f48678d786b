import assert from "node:assert/strict";
import { parse } from "yaml";
import { bytesInWords } from "../../src/flyte/size";
import { summarize } from "../../src/flyte/summary";
import type { NamedValue, Value, ValueKind, ValueMap } from "../../src/flyte/types";
import { valueLines } from "../../src/inspect/render";
import { joinLines } from "../../src/inspect/slices";
import { codeSpan, markdownValues } from "../../src/inspect/values/markdown";
import { yamlLines } from "../../src/inspect/values/yaml";
import { english } from "./english";

function scalar(kind: ValueKind, type: string, text: string, more: Partial<Value> = {}): Value {
  return { kind, type, text, children: [], size: Buffer.byteLength(text), truncated: false, ...more };
}

function container(kind: ValueKind, type: string, parts: Record<string, Value>, more: Partial<Value> = {}): Value {
  const children = Object.entries(parts).map(([key, value]) => ({ key, value }));
  return { kind, type, text: "", children, size: children.length, truncated: false, ...more };
}

const list = (type: string, ...items: Value[]): Value =>
  container("collection", type, Object.fromEntries(items.entries()));
const integer = (text: string): Value => scalar("integer", "integer", text);
const string = (text: string, more?: Partial<Value>): Value => scalar("string", "string", text, more);

function yaml(parts: Record<string, Value>): string {
  return [...yamlLines(named(parts), english)].join("\n");
}

function named(parts: Record<string, Value>): NamedValue[] {
  return Object.entries(parts).map(([key, value]) => ({ key, value }));
}

const model = container("record", "struct", {
  settings: container("record", "struct", { name: string("baseline"), tags: container("record", "struct", {}) }),
  base: scalar("float", "float", "4.25"),
  good: scalar("boolean", "boolean", "true"),
  none: scalar("none", "none", ""),
});

describe("the YAML of values", () => {
  it("shows types in comments where the value does not show them", () => {
    assert.equal(
      yaml({
        o0: integer("42"),
        numbers: list("list[integer]", integer("1"), integer("2")),
        metrics: container("map", "map[string, float]", { mean: scalar("float", "float", "0.5") }),
        model,
        color: scalar("enum", "enum[red, green]", "red"),
        at: scalar("datetime", "datetime", "2024-01-02T03:04:05.123456789Z"),
        models: list("list[struct]", model, container("record", "struct", { text: string("two\nlines") })),
        mixed: list("list[any]", integer("1"), scalar("datetime", "datetime", "2024-01-01T00:00:00Z")),
      }),
      `o0: 42  # integer
numbers:  # list[integer], 2 items
  - 1
  - 2
metrics:  # map[string, float], 1 entry
  mean: 0.5
model:  # struct
  settings:
    name: "baseline"
    tags: {}
  base: 4.25
  good: true
  none: null
color: "red"  # enum[red, green]
at: 2024-01-02T03:04:05.123456789Z  # datetime
models:  # list[struct], 2 items
  - settings:
      name: "baseline"
      tags: {}
    base: 4.25
    good: true
    none: null
  - text: |-
      two
      lines
mixed:  # list[any], 2 items
  - 1
  - 2024-01-01T00:00:00Z  # datetime`,
    );
  });

  it("keeps every digit of integers", () => {
    const text = yaml({ most: integer("9223372036854775807"), least: integer("-9223372036854775808") });
    const read = parse(text, { intAsBigInt: true });
    assert.deepEqual(read, { most: 9223372036854775807n, least: -9223372036854775808n });
  });

  it("reads back as the texts that were given", () => {
    const texts = [
      "",
      " ",
      "plain",
      "true",
      "# no comment",
      "a: b",
      'quotes " and \\ backslashes',
      "two\nlines",
      "ends with a line\n",
      "ends with three\n\n\n",
      "one\n\n  indented\n\ttab\n",
      "trailing blanks  \nnext ",
      "blank line of blanks\n   \nend",
      " begins with a blank\nsecond",
      "\nbegins with a line",
      "\n\n",
      "carriage\r\nreturn\r\n",
      "bell \u0007\nand escape \u001b",
      "separator\u2028\nparagraph\u2029",
      "emoji 🚲\nzwj 👩‍🚀",
      "--- \n...\n# looks like a document\n- item: x\n",
    ];
    const keys = ["x", "true", "1", "a b", "ä", "", "#", "a: b", "- x", "null", "y", "two\nlines", "o0.x-1"];
    const parts = Object.fromEntries(texts.map((text, index) => [`t${index}`, string(text)]));
    assert.deepEqual(parse(yaml(parts)), Object.fromEntries(texts.map((text, index) => [`t${index}`, text])));
    assert.deepEqual(parse(yaml({ deep: list("list[string]", ...texts.map((text) => string(text))) })), {
      deep: texts,
    });
    const byKey = Object.fromEntries(keys.map((key) => [key, integer("1")]));
    assert.deepEqual(parse(yaml({ map: container("map", "map[string, integer]", byKey) })), {
      map: Object.fromEntries(keys.map((key) => [key, 1])),
    });
  });

  it("is valid for nested containers, unions, datasets and errors", () => {
    const text = yaml({
      rows: list("list[list[integer]]", list("list[integer]", integer("1")), list("list[integer]")),
      records: list("list[struct]", model, container("record", "struct", {})),
      maybe: container("union", "union[none, integer]", { integer: integer("3") }),
      maybeList: container("union", "union[none, list[string]]", { "list[string]": list("list[string]", string("a")) }),
      file: scalar("blob", "blob[png]", "s3://bucket/a.png"),
      frame: {
        ...scalar("structuredDataset", "structured_dataset[parquet]", "s3://bucket/f"),
        children: [{ key: "when", value: scalar("string", "column", "map[string, integer]") }],
      },
      bare: scalar("structuredDataset", "structured_dataset", "s3://bucket/g"),
      failure: {
        ...scalar("error", "error", "it broke\nbadly"),
        children: [{ key: "failed_node_id", value: string("n0") }],
      },
      bytes: scalar("binary", "binary", "AAEC", { size: 3 }),
    });
    assert.deepEqual(parse(text), {
      rows: [[1], []],
      records: [{ settings: { name: "baseline", tags: {} }, base: 4.25, good: true, none: null }, {}],
      maybe: 3,
      maybeList: ["a"],
      file: "s3://bucket/a.png",
      frame: { uri: "s3://bucket/f", columns: { when: "map[string, integer]" } },
      bare: "s3://bucket/g",
      failure: { message: "it broke\nbadly", failed_node_id: "n0" },
      bytes: Buffer.from([0, 1, 2]),
    });
    assert.match(text, /^maybe: 3 {2}# integer, one of union\[none, integer\]$/m);
  });

  it("says what is cut, left out, kept elsewhere or cannot be read", () => {
    assert.equal(
      yaml({
        long: string("abc", { size: 5000, truncated: true }),
        items: { ...list("list[integer]", integer("1")), size: 1000, truncated: true },
        nothing: { ...list("list[integer]"), size: 7, truncated: true },
        unread: scalar("truncated", "struct", "", { size: 1_300_000, truncated: true }),
        elsewhere: scalar("offloaded", "list[integer]", "s3://bucket/big.pb", { size: 12_582_912 }),
        broken: scalar("unknown", "struct", "not readable as msgpack:\nit ends inside a value", { size: 3 }),
      }),
      `long: "abc"  # string, cut, the whole has 4.9 KiB
items:  # list[integer], 1000 items
  - 1
  # … 999 more, left out here
nothing: []  # list[integer], 7 items
  # … 7 more, left out here
unread: null  # struct, left out: 1.2 MiB
elsewhere: "s3://bucket/big.pb"  # list[integer], 12 MiB, kept in the store and not read here
broken: null  # struct, cannot be shown: not readable as msgpack: it ends inside a value`,
    );
  });

  it("cannot be broken out of by a type's name or a comment", () => {
    const text = yaml({ x: scalar("enum", "enum[a\nb: 1, \u0085c: 2]", "a") });
    assert.deepEqual(parse(text), { x: "a" });
    assert.equal(text.split("\n").length, 1);
  });
});

describe("a document of values", () => {
  const subject = {
    connectionId: "local",
    kind: "execution",
    id: { project: "flytesnacks", domain: "development", name: "f1" },
  } as const;
  const map = (state: ValueMap["state"], more: Partial<ValueMap> = {}): ValueMap => ({
    state,
    values: [],
    bytes: 0,
    uri: "",
    ...more,
  });
  const text = (values: ValueMap, phase: "running" | "succeeded", form: "inputs" | "outputs" = "outputs") =>
    joinLines(valueLines(values, { subject, form, connection: "Local", phase }, english));

  it("names what it is about, and holds the values", async () => {
    assert.equal(
      await text(map("inline", { values: named({ o0: integer("1") }) }), "succeeded"),
      `# Outputs of execution f1 of flytesnacks/development
# Connection: Local
# Phase: succeeded

o0: 1  # integer
`,
    );
  });

  it("tells none, not yet and too large apart", async () => {
    assert.match(await text(map("none"), "succeeded"), /^# There are no outputs\.$/m);
    const running = await text(map("none"), "running");
    assert.match(running, /^# There are no outputs yet\.$/m);
    assert.match(running, /read again when you come back/);
    assert.match(await text(map("none"), "succeeded", "inputs"), /^# There are no inputs\.$/m);
    const large = await text(map("tooLarge", { bytes: 20_971_520, uri: "s3://b/outputs.pb" }), "succeeded");
    assert.match(large, /too large: 20 MiB\.$/m);
    assert.match(large, /^# They are stored at s3:\/\/b\/outputs\.pb$/m);
  });

  it("lets others work while a large one is made", async () => {
    const many = Array.from({ length: 50_000 }, (_, index) => integer(String(index)));
    const values = map("inline", { values: named({ o0: list("list[integer]", ...many) }) });
    const lines = function* () {
      for (const line of valueLines(
        values,
        { subject, form: "outputs", connection: "L", phase: "succeeded" },
        english,
      )) {
        // Slower than it is, so that the time of a slice passes on any machine.
        for (const end = performance.now() + 0.002; performance.now() < end; );
        yield line;
      }
    };
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const made = await joinLines(lines());
    clearInterval(timer);
    assert.equal(made.split("\n").length, 50_000 + 6);
    assert.ok(turns >= 3, `${turns} turns`);
  });

  it("is given up when it is cancelled", async () => {
    const endless = function* () {
      for (;;) {
        yield "x";
      }
    };
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("closed")), 5);
    await assert.rejects(joinLines(endless(), controller.signal), /closed/);
  });
});

describe("the summary of a value", () => {
  const short = (value: Value, length = 60): string => summarize(value, length, english);

  it("is one line", () => {
    assert.equal(short(integer("9223372036854775807")), "9223372036854775807");
    assert.equal(short(string("two\nlines")), '"two\\nlines"');
    assert.equal(short(list("list[integer]", integer("1"), integer("2"))), "[1, 2]");
    assert.equal(short(model, 200), '{settings: {name: "baseline", tags: {}}, base: 4.25, good: true, none: None}');
    assert.equal(short(container("union", "union[none, integer]", { integer: integer("3") })), "3");
    assert.equal(short(scalar("binary", "binary", "AAEC", { size: 3 })), "3 bytes of binary data");
    assert.equal(short(scalar("offloaded", "string", "s3://b", { size: 2048 })), "2.0 KiB kept in the store");
  });

  it("ends where there is no more room, and shows that it does", () => {
    const endless = list("list[integer]", ...Array.from({ length: 100_000 }, () => integer("7")));
    for (const length of [1, 2, 10, 60]) {
      assert.equal(short(endless, length).length, length);
      assert.ok(short(endless, length).endsWith("…"));
    }
    assert.equal(short(string("x".repeat(100)), 10), '"xxxxxxxx…');
    assert.equal(short(string("0123456789"), 12), '"0123456789"');
    assert.equal(short({ ...list("list[integer]", integer("1")), size: 9, truncated: true }), "[1, …]");
    assert.equal(short(string("ab", { size: 9, truncated: true })), '"ab"…');
    assert.ok(!/[\uD800-\uDBFF]…$/.test(short(string("🚲🚲🚲🚲"), 5)));
  });
});

describe("the Markdown of values", () => {
  const map = (values: NamedValue[]): ValueMap => ({ state: "inline", values, bytes: 0, uri: "" });

  it("is a short list", () => {
    const values = named({
      o0: integer("1"),
      b: string("x"),
      c: integer("3"),
      d: integer("4"),
      e: integer("5"),
      f: integer("6"),
    });
    assert.equal(
      markdownValues(map(values), english),
      '- `o0`: `1` _integer_\n- `b`: `"x"` _string_\n- `c`: `3` _integer_\n- `d`: `4` _integer_\n- `e`: `5` _integer_\n- … 1 more',
    );
    assert.match(markdownValues({ state: "tooLarge", values: [], bytes: 2048, uri: "" }, english), /2\.0 KiB/);
  });

  it("lets no value out of its code span", () => {
    assert.equal(codeSpan("a`b"), "`` a`b ``");
    assert.equal(codeSpan("```"), "```` ``` ````");
    assert.equal(codeSpan("a\nb"), "`a b`");
    const hostile = markdownValues(map(named({ "k`](x": string("`[x](command:evil)`") })), english);
    assert.equal(hostile, '- `` k`](x ``: `` "`[x](command:evil)`" `` _string_');
  });
});

describe("sizes in words", () => {
  it("have a unit that fits", () => {
    const words = [0, 1, 1023, 1024, 10_240, 1_048_576, 5 * 2 ** 40].map((bytes) => bytesInWords(bytes, english));
    assert.deepEqual(words, ["0 bytes", "1 byte", "1023 bytes", "1.0 KiB", "10 KiB", "1.0 MiB", "5.0 TiB"]);
  });
});
