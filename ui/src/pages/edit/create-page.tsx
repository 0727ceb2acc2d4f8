/**
 * A new app or pod: from nothing, or from the example.
 */

import { getRouteApi, Link } from "@tanstack/react-router";
import { Head } from "../../parts/page.tsx";
import { emptyApp, emptyPod, exampleApp } from "./definitions.ts";
import { Editor } from "./editor.tsx";

const route = getRouteApi("/new");

export function CreatePage() {
  const { group, kind, example } = route.useSearch();
  const isPod = kind === "pod";
  const begin = isPod ? emptyPod(group) : example === undefined ? emptyApp(group) : exampleApp(group);
  return (
    <>
      <Head title={isPod ? "New pod" : example === undefined ? "New app" : "The example app"}>
        <Link
          to="/new"
          search={{ ...(group === undefined ? {} : { group }) }}
          className={`button${isPod ? "" : " primary"}`}
        >
          App
        </Link>
        <Link
          to="/new"
          search={{ kind: "pod", ...(group === undefined ? {} : { group }) }}
          className={`button${isPod ? " primary" : ""}`}
        >
          Pod
        </Link>
      </Head>
      <Editor key={`${kind} ${example}`} kind={isPod ? "pod" : "app"} begin={begin} before={undefined} />
    </>
  );
}
