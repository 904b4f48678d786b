import assert from "node:assert/strict";
import {
  executionData,
  executionRow,
  lastExecution,
  nodeExecutionRow,
  page,
  project,
  unpack,
  versionRow,
} from "../../src/flyte/unpack";

/** Packs as the addon does: a text is its place among the texts, `undefined` is NaN. */
function packed(...fields: (string | number | boolean | undefined)[]) {
  const texts = [...new Set(["", ...fields.filter((field) => typeof field === "string")])];
  const cells = fields.map((field) => (typeof field === "string" ? texts.indexOf(field) : Number(field)));
  let end = 0;
  const ends = texts.map((text) => {
    end += text.length;
    return end;
  });
  return { texts: texts.join(""), ends: Uint32Array.from(ends), cells: Float64Array.from(cells) };
}

const EXECUTION = ["e1", "p", "d", "", "succeeded", "wf", "v1", "me", "", 1_700_000_000_123, undefined, 0] as const;
const NODE = ["e1", "p", "d", "org", "n0", "greet", "running", true, false, "boom"] as const;
const NO_TIMES = [undefined, undefined, undefined] as const;

describe("unpacking what the addon sends", () => {
  it("an execution, leaving out what is absent", () => {
    assert.deepEqual(unpack(packed(...EXECUTION), executionRow), {
      id: { project: "p", domain: "d", name: "e1" },
      phase: "succeeded",
      launchedName: "wf",
      launchedVersion: "v1",
      createdAt: 1_700_000_000_123,
      duration: 0,
      principal: "me",
      error: "",
    });
  });

  it("a node execution with and without the execution that it launched", () => {
    const row = {
      id: { execution: { org: "org", project: "p", domain: "d", name: "e1" }, nodeId: "n0" },
      displayName: "greet",
      phase: "running",
      cached: true,
      isParent: false,
      error: "boom",
    };
    assert.deepEqual(unpack(packed(...NODE, ...NO_TIMES, false), nodeExecutionRow), row);
    assert.deepEqual(unpack(packed(...NODE, ...NO_TIMES, true, "e2", "p", "d", ""), nodeExecutionRow), {
      ...row,
      launchedExecution: { project: "p", domain: "d", name: "e2" },
    });
  });

  it("texts of any script, which the addon counts in UTF-16 as JavaScript does", () => {
    const fields = ["π", "Projekt für 😀", "", 1, "😀", "π"] as const;
    assert.deepEqual(unpack(packed(...fields), project), {
      id: "π",
      name: "Projekt für 😀",
      description: "",
      domains: [{ id: "😀", name: "π" }],
    });
  });

  it("versions, of which only launch plans are active or not", () => {
    const pages = packed("3", 2, "v2", 5, "() -> ()", false, "v1", undefined, "() -> ()", undefined);
    assert.deepEqual(unpack(pages, page(versionRow)), {
      rows: [
        { version: "v2", createdAt: 5, signature: "() -> ()", active: false },
        { version: "v1", signature: "() -> ()" },
      ],
      nextToken: "3",
    });
  });

  it("a last page without rows", () => {
    assert.deepEqual(unpack(packed(undefined, 0), page(versionRow)), { rows: [] });
  });

  it("a last execution that there is not, or that has no node", () => {
    assert.equal(unpack(packed(false), lastExecution), undefined);
    const found = unpack(packed(true, ...EXECUTION, false), lastExecution);
    assert.deepEqual(found, { execution: unpack(packed(...EXECUTION), executionRow) });
  });

  it("a tree of values", () => {
    const none = ["none", 0, "", 0] as const;
    const list = ["collection", "list[integer]", "", 2, true, 1, "0", "integer", "integer", "7", 1, false, 0] as const;
    assert.deepEqual(unpack(packed("inline", 12, "", 1, "xs", ...list, ...none), executionData), {
      inputs: {
        state: "inline",
        bytes: 12,
        uri: "",
        values: [
          {
            key: "xs",
            value: {
              kind: "collection",
              type: "list[integer]",
              text: "",
              size: 2,
              truncated: true,
              children: [
                {
                  key: "0",
                  value: { kind: "integer", type: "integer", text: "7", size: 1, truncated: false, children: [] },
                },
              ],
            },
          },
        ],
      },
      outputs: { state: "none", bytes: 0, uri: "", values: [] },
    });
  });

  it("refuses what does not fit, instead of showing half of it", () => {
    assert.throws(() => unpack(packed(...EXECUTION, 1), executionRow), /of another version/);
    assert.throws(() => unpack(packed(...EXECUTION.slice(0, -1)), executionRow), /of another version/);
  });
});
