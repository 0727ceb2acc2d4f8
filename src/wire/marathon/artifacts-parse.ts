/**
 * The files that an app wants fetched: `fetch`, or `uris`, which came before it.
 *
 * The two exclude each other, but for empty ones, which clients send with every app.
 */

import type { AppDefinition, AppPatch } from "#model/app.ts";
import { type Artifact, artifactFault } from "#model/artifact.ts";
import type { Faults } from "../json/problem.ts";
import type { AppJson, ArtifactJson } from "./app-schema.ts";

export function parseArtifacts(
  { fetch: objects, uris }: AppJson,
  base: AppDefinition,
  faults: Faults,
): Pick<AppPatch, "artifacts"> {
  if (objects === undefined && uris === undefined) return {};
  const isFetch = (objects ?? []).length > 0;
  if (isFetch && (uris ?? []).length > 0) faults.add("/uris", "fetch and uris exclude each other");
  const artifacts = isFetch ? (objects ?? []).map(fromFetch) : (uris ?? []).map(fromUri);
  artifacts.forEach((artifact, index) => {
    const fault = artifactFault(artifact);
    if (fault !== undefined) faults.add(isFetch ? `/fetch(${index})/uri` : `/uris(${index})`, fault);
  });
  if (artifacts.length > 0) return { artifacts };
  return base.artifacts === undefined ? {} : { artifacts: undefined };
}

export const fromFetch = ({ uri, extract, executable, cache, destPath }: ArtifactJson): Artifact => ({
  uri,
  extract: extract ?? true,
  executable: executable ?? false,
  cache: cache ?? false,
  ...(destPath === undefined || destPath === "" ? {} : { outputFile: destPath }),
});

/** Marathon's own list. */
const archive = /\.(?:tgz|tar\.gz|tbz2|tar\.bz2|txz|tar\.xz|zip)$/;

const fromUri = (uri: string): Artifact => ({
  uri,
  extract: archive.test(uri.replace(/#.*$/s, "")),
  executable: false,
  cache: false,
});
