/**
 * A service's configuration, to be changed; with a fix of its page already in it, if the address brings one.
 */

import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Notice, Skeleton } from "../../parts/basics.tsx";
import { Head } from "../../parts/page.tsx";
import { ApiError, get, wordsOf } from "../../session/send.ts";
import { appPath, podPath } from "../services/service-paths.ts";
import { cleaned, type Definition, isRecord, type Kind, merged, read } from "./definitions.ts";
import { Editor } from "./editor.tsx";

const route = getRouteApi("/edit/$");

type Found = { readonly kind: Kind; readonly definition: Definition };

/** A path is an app's or a pod's. */
async function find(id: string): Promise<Found> {
  try {
    const { app } = await get<{ readonly app: Definition }>(appPath(id));
    return { kind: "app", definition: cleaned(app) };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    return { kind: "pod", definition: cleaned(await get<Definition>(podPath(id))) };
  }
}

export function EditPage() {
  const { _splat = "" } = route.useParams();
  const { patch } = route.useSearch();
  const id = `/${_splat}`;
  const { data, error } = useQuery({ queryKey: ["definition", id], queryFn: () => find(id), gcTime: 0 });
  const change = patch === undefined ? undefined : read(patch).value;
  return (
    <>
      <Head title={`Edit ${id}`} />
      {error === null ? null : <Notice tone="bad">{`${id} cannot be read: ${wordsOf(error)}`}</Notice>}
      {data === undefined && error === null ? <Skeleton rows={8} /> : null}
      {data === undefined ? null : (
        <Editor
          key={patch ?? ""}
          kind={data.kind}
          begin={isRecord(change) ? merged(data.definition, change) : data.definition}
          before={data.definition}
        />
      )}
    </>
  );
}
