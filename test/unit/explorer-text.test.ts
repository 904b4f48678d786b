import assert from "node:assert/strict";
import { urn } from "../../src/explorer/urn";
import { explain, isCancelled, sentence } from "../../src/flyte/advice";
import { FlyteError } from "../../src/flyte/error";
import { escapeMarkdown } from "../../src/flyte/escape-markdown";
import { ageText, durationText } from "../../src/flyte/times";
import { english } from "./english";

describe("texts of the tree", () => {
  it("say how long something took in two units", () => {
    for (const [ms, text] of [
      [0, "0ms"],
      [999, "999ms"],
      [1_000, "1s"],
      [12_345, "12.3s"],
      [59_999, "59.9s"],
      [252_000, "4m 12s"],
      [3 * 3_600_000 + 5 * 60_000, "3h 5m"],
      [50 * 3_600_000, "2d 2h"],
      [-5, "0ms"],
    ] as const) {
      assert.equal(durationText(ms, english), text);
    }
  });

  it("say how long ago something was in one", () => {
    const now = Date.UTC(2025, 0, 31);
    for (const [ms, text] of [
      [-5_000, "just now"],
      [59_000, "just now"],
      [61_000, "1m ago"],
      [3_600_000, "1h ago"],
      [47 * 3_600_000, "1d ago"],
      [400 * 86_400_000, "400d ago"],
    ] as const) {
      assert.equal(ageText(now - ms, now, english), text);
    }
  });

  it("write identifiers as flytekit does", () => {
    const scope = { project: "p", domain: "d" };
    const connectionId = "local";
    const entity = { ...scope, kind: "launchPlan", name: "a.b", version: "v1" } as const;
    assert.equal(urn({ connectionId, kind: "entity", id: entity }), "lp:p:d:a.b:v1");
    const execution = { ...scope, name: "f1" };
    assert.equal(urn({ connectionId, kind: "execution", id: execution }), "ex:p:d:f1");
    assert.equal(urn({ connectionId, kind: "node", id: { execution, nodeId: "n0" } }), "n0");
  });

  it("are shown in hovers as they are", () => {
    assert.equal(
      escapeMarkdown("a_b *c* <script> [x](y)\n  1.5 & more"),
      "a\\_b \\*c\\* \\<script\\> \\[x\\]\\(y\\)  \n1\\.5 \\& more",
    );
    assert.equal(
      escapeMarkdown("[x](command:y) <b> *z* $(pass) &amp;"),
      "\\[x\\]\\(command\\:y\\) \\<b\\> \\*z\\* \\$\\(pass\\) \\&amp;",
    );
  });

  it("explain a failed call with what to do next", () => {
    const error = new FlyteError(
      "The server at a:1 asks for a sign-in.",
      "UNAUTHENTICATED",
      "signInRequired",
      "list projects",
      "a:1",
      "token missing",
    );
    const explanation = explain(error, english);
    assert.match(sentence(explanation), /^The server at a:1 asks for a sign-in\. Or use Local/);
    assert.equal(explanation.details, "While: list projects (a:1)\nStatus: UNAUTHENTICATED\ntoken missing");
    assert.equal(isCancelled(error), false);
    assert.equal(sentence(explain(new Error("plain"), english)), "plain");
    assert.equal(sentence(explain("thrown text", english)), "thrown text");
  });
});
