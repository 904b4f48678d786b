import { readFile } from "node:fs/promises";
import path from "node:path";
import type { EntityId, EntityKind, RegistrationPlan, Scope } from "../flyte/types";

/** What the serialiser leaves in `manifest.json` (see `serialize/flyte_serialize/manifest.py`). */
export interface Manifest {
  readonly version: string;
  readonly project: string;
  readonly domain: string;
  readonly flytekit: string;
  readonly python: string;
  readonly sourceRoot: string;
  readonly module: string;
  readonly bundle: {
    readonly file: string;
    readonly md5: string;
    readonly size: number;
    readonly destination: string;
    readonly address: string;
    readonly files: readonly string[];
  } | null;
  /** In order of creation. */
  readonly items: readonly ManifestItem[];
}

export interface ManifestItem {
  readonly kind: EntityKind;
  readonly project: string;
  readonly domain: string;
  readonly name: string;
  readonly version: string;
  readonly specFile: string;
  /** Where it is defined, with the line from 1; null when that is not known. */
  readonly sourceFile: string | null;
  readonly line: number | null;
  readonly activate: boolean;
}

/** A place in the user's source. */
export interface Site {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/**
 * Reads the manifest in `folder`.
 * @throws {Error} when there is none, or it is not one
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const manifest: Partial<Manifest> = JSON.parse(await readFile(path.join(folder, "manifest.json"), "utf8"));
  if (typeof manifest.version !== "string" || !Array.isArray(manifest.items) || !manifest.items.every(isItem)) {
    throw new Error(`${folder}/manifest.json is not a manifest.`);
  }
  return manifest as Manifest;
}

/** What to register, from a manifest in `folder` that was made for `scope`. */
export function toPlan(manifest: Manifest, folder: string, scope: Scope): RegistrationPlan {
  const { version, items, bundle } = manifest;
  return {
    scope,
    version,
    items: items.map(({ kind, project, domain, name, version, specFile, activate }) => ({
      id: { ...(scope.org === undefined ? {} : { org: scope.org }), project, domain, kind, name, version },
      specFile: path.join(folder, specFile),
      activate,
    })),
    ...(bundle && {
      bundle: {
        file: path.join(folder, bundle.file),
        destination: bundle.destination,
        address: bundle.address,
      },
    }),
  };
}

/** Where an entity is defined, if that is known. */
export function siteOf(manifest: Manifest, { kind, name }: EntityId): Site | undefined {
  const item = manifest.items.find((item) => item.kind === kind && item.name === name);
  return item?.sourceFile && item.line ? { file: item.sourceFile, line: item.line } : undefined;
}

function isItem(item: Partial<ManifestItem> | null): boolean {
  return (
    typeof item?.name === "string" &&
    typeof item.specFile === "string" &&
    (item.kind === "task" || item.kind === "workflow" || item.kind === "launchPlan")
  );
}
