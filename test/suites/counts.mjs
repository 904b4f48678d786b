// How many tests a tool says it ran.

/** @typedef {{passed: number, failed: number, skipped: number}} Counts */

/**
 * `cargo test`: one line for each test program and for the documentation's examples.
 * @param {string} output
 * @returns {Counts}
 */
export function cargoCounts(output) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, passed, failed, ignored] of output.matchAll(
    /^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored;/gm,
  )) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored);
  }
  return counts;
}

/**
 * pytest: its last line. A file that cannot be collected counts as a failed test.
 * @param {string} output
 * @returns {Counts}
 */
export function pytestCounts(output) {
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  const count = (word) => Number(new RegExp(`(\\d+) ${word}s?\\b`).exec(last)?.[1] ?? 0);
  return {
    passed: count("passed"),
    failed: count("failed") + count("error"),
    skipped: count("skipped") + count("xfailed") + count("deselected"),
  };
}
