import assert from "node:assert/strict";
import { type Edit, lineAfter } from "../../src/register/line-edits";

const edit = (from: readonly [number, number], to: readonly [number, number], text: string): Edit => ({
  range: { start: { line: from[0], character: from[1] }, end: { line: to[0], character: to[1] } },
  text,
});

describe("a line of an edited text", () => {
  // The line is number 5, of which the first 20 characters count.
  for (const [what, expected, change] of [
    ["stays where it is when something behind it is edited", 5, edit([6, 0], [7, 3], "new")],
    ["stays where it is when something before it is edited in its own line", 5, edit([2, 3], [2, 9], "new")],
    ["moves down with lines that come before it", 7, edit([2, 3], [2, 3], "\n  a\n")],
    ["moves up when lines before it go", 3, edit([1, 0], [3, 0], "")],
    ["moves down when a line is put right before it", 6, edit([5, 0], [5, 0], "\n")],
    ["moves up when the line right before it goes", 4, edit([4, 0], [5, 0], "")],
    ["stays where it is when a line is put right behind it", 5, edit([5, 20], [5, 20], "\n    ")],
    ["stays where it is when the line right behind it goes", 5, edit([5, 20], [6, 12], "")],
    ["is changed by what is typed into it", undefined, edit([5, 4], [5, 4], "x")],
    ["is changed by what is typed at its end", undefined, edit([5, 20], [5, 20], "x")],
    ["is changed by what is typed at its start", undefined, edit([5, 0], [5, 0], "x")],
    ["is changed when it is joined to the one before", undefined, edit([4, 8], [5, 0], "")],
    ["is changed when it goes with others", undefined, edit([3, 0], [8, 0], "")],
  ] as const) {
    it(what, () => assert.equal(lineAfter(5, 20, change), expected));
  }
});
