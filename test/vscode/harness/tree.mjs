// Reads the trees that the workbench shows, as the person in front of it sees them.

/**
 * @typedef {object} Row a row of a tree
 * @property {string} id of its element
 * @property {string} view title of the view that it is in
 * @property {number} level 1 for a root
 * @property {string} label
 * @property {string} description the fainter text after the label, or ""
 * @property {boolean | undefined} expanded undefined for a row without children
 * @property {boolean} sticky whether it is one of those that stay at the top while what is below them is scrolled
 */

/**
 * The rows in sight in the side bar, from top to bottom: of a tree that is scrolled, first the path to what follows.
 * @param {import("playwright-core").Page} page
 * @returns {Promise<Row[]>}
 */
export function readRows(page) {
  return page.locator(".part.sidebar .monaco-list").evaluateAll((lists) => {
    const byTop = (one, other) => one.top - other.top;
    const read = (element) => {
      const text = (selector) => element.querySelector(selector)?.textContent?.trim() ?? "";
      const expanded = element.getAttribute("aria-expanded");
      const { top, bottom } = element.getBoundingClientRect();
      return {
        id: element.id,
        view: element.closest(".pane")?.querySelector(".pane-header .title")?.textContent?.trim() ?? "",
        level: Number(element.getAttribute("aria-level") ?? 1),
        label: text(".label-name") || text(".monaco-icon-label"),
        description: text(".label-description"),
        expanded: expanded === null ? undefined : expanded === "true",
        sticky: false,
        top,
        bottom,
      };
    };
    return lists
      .flatMap((list) => {
        // These say nothing of their level, and always are the whole path.
        const sticky = [...list.querySelectorAll(".monaco-tree-sticky-container .monaco-list-row")]
          .map(read)
          .sort(byTop)
          .map((row, index) => ({ ...row, level: index + 1, expanded: true, sticky: true }));
        const covered = Math.max(...sticky.map(({ bottom }) => bottom));
        const scrolled = [...list.querySelectorAll(".monaco-list-rows .monaco-list-row")].map(read);
        return [...sticky, ...scrolled.filter(({ top, bottom }) => (top + bottom) / 2 > covered)];
      })
      .sort(byTop)
      .map(({ top, bottom, ...row }) => row);
  });
}

/**
 * Where a row is in the page.
 * @param {import("playwright-core").Page} page
 * @param {Row} row
 */
export function locateRow(page, { id, sticky }) {
  // A sticky row and the one that it stands for, which is scrolled away, have the same id.
  return page.locator(`.part.sidebar .${sticky ? "monaco-tree-sticky-container" : "monaco-list-rows"} [id="${id}"]`);
}

/**
 * The row that a path of labels leads to, or undefined while it is not shown.
 * @param {Row[]} rows
 * @param {string[]} labels one per level, from a root on
 */
export function findRow(rows, labels) {
  let from = 0;
  let found;
  for (const [depth, label] of labels.entries()) {
    const level = depth + 1;
    const rest = rows.slice(from);
    // The parent's children end where a row of the parent's level, or a higher one, follows.
    const end = depth === 0 ? -1 : rest.findIndex((row) => row.level < level);
    const within = end === -1 ? rest : rest.slice(0, end);
    const index = within.findIndex((row) => row.level === level && row.label === label);
    if (index === -1) {
      return undefined;
    }
    found = within[index];
    from += index + 1;
  }
  return found;
}

/**
 * The rows right below the one that a path of labels leads to.
 * @param {Row[]} rows
 * @param {string[]} labels one per level, from a root on
 * @returns {Row[]} none while the row is not shown or not expanded
 */
export function childrenOf(rows, labels) {
  const parent = findRow(rows, labels);
  if (!parent) {
    return [];
  }
  const rest = rows.slice(rows.indexOf(parent) + 1);
  const end = rest.findIndex((row) => row.level <= parent.level);
  return (end === -1 ? rest : rest.slice(0, end)).filter((row) => row.level === parent.level + 1);
}

/**
 * Rows as lines of text, indented by level.
 * @param {Row[]} rows
 */
export function drawRows(rows) {
  return rows
    .map(({ level, label, description, expanded }) => {
      const twistie = expanded === undefined ? " " : expanded ? "▾" : "▸";
      return `${"  ".repeat(level - 1)}${twistie} ${label}${description && `  ${description}`}`;
    })
    .join("\n");
}
