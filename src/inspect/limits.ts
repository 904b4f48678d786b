import type { ValueLimits } from "../flyte/types";

/** A whole document: as much as a person can use. The server itself sends no more than some megabytes. */
export const DOCUMENT_LIMITS: ValueLimits = { maxText: 1_000_000, maxItems: 20_000, maxValues: 50_000 };

/** A hover: a line for each value. */
export const HOVER_LIMITS: ValueLimits = { maxText: 200, maxItems: 20, maxValues: 100 };
