import type { RegistrationProgress } from "../flyte/types";
import { entityWords } from "../flyte/words";
import type { L10n } from "../l10n";
import type { SerializeStep } from "./serialize-process";

/** How far a registration is: what happens now, and how much is done, from 0 to 100. */
export interface Progress {
  readonly message: string;
  readonly percent: number;
}

/** Where the work on the server starts. */
const SERIALIZED = 50;

/** Progress of serialising. */
export function serializeProgress(step: SerializeStep, l10n: L10n): Progress {
  const steps: Readonly<Record<SerializeStep, Progress>> = {
    flytekit: { message: l10n.t("loading flytekit…"), percent: 5 },
    load: { message: l10n.t("loading the file…"), percent: 20 },
    bundle: { message: l10n.t("packing the code…"), percent: 30 },
    address: { message: l10n.t("asking where the code will be stored…"), percent: 35 },
    serialize: { message: l10n.t("serialising…"), percent: 40 },
    done: { message: l10n.t("serialised"), percent: SERIALIZED },
  };
  return steps[step];
}

/** Progress of what the server is told, with the entity that was settled. */
export function registerProgress({ step, done, total, result }: RegistrationProgress, l10n: L10n): Progress {
  const percent = total > 0 ? SERIALIZED + (done / total) * (100 - SERIALIZED) : SERIALIZED;
  if (step === "upload") {
    return { message: l10n.t("uploading the code…"), percent };
  }
  const entity = result ? entityWords(result.id, l10n) : "";
  return { message: l10n.t("{0} of {1} entities: {2}", done, total, entity), percent };
}
