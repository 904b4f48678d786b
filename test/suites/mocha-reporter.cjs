// mocha's own report for people, and the counts for the runner in the file that it names.

const { writeFileSync } = require("node:fs");
const { Spec } = require("mocha").reporters;

const PATIENCE = 10_000;

module.exports = class extends Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures, pending } = runner.stats;
      writeFileSync(
        process.env.FLYTE_TEST_COUNTS,
        JSON.stringify({ passed: passes, failed: failures, skipped: pending }),
      );
      // A server or a connection that a test left open would keep this process, and the run, for ever.
      setTimeout(() => {
        console.error(
          `The tests ended, but this process does not: ${process.getActiveResourcesInfo().join(", ")} left.`,
        );
        process.exit(1);
      }, PATIENCE).unref();
    });
  }
};
