import type { L10n } from "../l10n";
import type { ValueKind, ValueMap } from "./types";

const KIB = 1024;

/** A number of bytes for people: `1 byte`, `812 bytes`, `4.9 KiB`, `20 MiB`. */
export function bytesInWords(bytes: number, l10n: L10n): string {
  if (bytes < KIB) {
    return bytes === 1 ? l10n.t("1 byte") : l10n.t("{0} bytes", bytes);
  }
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let size = bytes / KIB;
  let unit = 0;
  while (size >= KIB && unit < units.length - 1) {
    size /= KIB;
    unit += 1;
  }
  return `${size >= 10 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** A number of parts of a container: `1 item`, `12 entries`, `3 fields`. */
export function partsInWords(kind: ValueKind, count: number, l10n: L10n): string {
  switch (kind) {
    case "map":
      return count === 1 ? l10n.t("1 entry") : l10n.t("{0} entries", count);
    case "record":
      return count === 1 ? l10n.t("1 field") : l10n.t("{0} fields", count);
    case "structuredDataset":
      return count === 1 ? l10n.t("1 column") : l10n.t("{0} columns", count);
    default:
      return count === 1 ? l10n.t("1 item") : l10n.t("{0} items", count);
  }
}

/** Why a literal map that the server withheld is not shown. */
export function tooLargeWords({ bytes }: ValueMap, l10n: L10n): string {
  return bytes > 0
    ? l10n.t("Too large to be shown ({0}).", bytesInWords(bytes, l10n))
    : l10n.t("Too large to be shown.");
}
