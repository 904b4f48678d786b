// What the tests in the extension host and the runner outside of it agree on.

/** Begins each line of the extension host's console that belongs to the tests. */
export const LINE_MARK = "[tests] ";
