// Reads the editor that the workbench shows.

/**
 * The lines rendered in the active editor.
 * @param {import("playwright-core").Page} page
 */
export function readEditor(page) {
  return page.locator(".part.editor .editor-group-container.active .view-line").evaluateAll((lines) =>
    lines
      .map((line) => ({ text: line.textContent ?? "", top: Number.parseFloat(line.style.top) }))
      .sort((one, other) => one.top - other.top)
      .map(({ text }) => text.replaceAll("\u00a0", " "))
      .join("\n"),
  );
}
