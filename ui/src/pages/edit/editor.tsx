/**
 * Form and JSON side by side over one definition, and below them what the change would do: checked as one types.
 *
 * The text is what counts; the form reads it and writes into it, and is closed while the text is no JSON.
 */

import { useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { Notice, Panel, Skeleton } from "../../parts/basics.tsx";
import { useAct } from "../../session/use-act.ts";
import { appPath, podPath } from "../services/service-paths.ts";
import { AppForm } from "./app-form.tsx";
import { cleaned, type Definition, type Kind, read, write } from "./definitions.ts";
import { PlanPanel } from "./plan-panel.tsx";
import { PodForm } from "./pod-form.tsx";
import { usePlan } from "./use-plan.ts";

const JsonEditor = lazy(() => import("./json-editor.tsx").then((file) => ({ default: file.JsonEditor })));

type Props = {
  readonly kind: Kind;
  readonly begin: Definition;
  /** undefined: it is new. */
  readonly before: Definition | undefined;
};

export function Editor({ kind, begin, before }: Props) {
  const [text, setText] = useState(() => write(begin));
  const router = useRouter();
  const { act, refused, busy } = useAct();
  const { value, problem } = read(text);
  const plan = usePlan(kind, value, before === undefined, refused === undefined);
  const change = (definition: Definition) => setText(write(definition));
  const apply = async () => {
    if (value === undefined) return;
    const id = String(value.id ?? "");
    const isNew = before === undefined;
    const { method, path } = targetOf(kind, isNew ? undefined : String(before.id));
    const isDone = await act(
      isNew ? `${id} is being deployed` : `${id} is being changed`,
      method,
      path,
      value,
      undoOf(kind, id, before),
    );
    if (isDone)
      void router.navigate({
        to: "/services/$",
        params: { _splat: id.replace(/^\//, "") },
        search: { tab: "instances" },
      });
  };
  return (
    <div className="stack">
      {refused === undefined ? null : <Notice tone="wait">{refused}.</Notice>}
      <div className="editor">
        <Panel title="Form">
          {value === undefined ? (
            <Notice tone="wait">The form comes back when the text is JSON again: {problem}</Notice>
          ) : kind === "app" ? (
            <AppForm value={value} onChange={change} isNew={before === undefined} />
          ) : (
            <PodForm value={value} onChange={change} isNew={before === undefined} />
          )}
        </Panel>
        <Panel title="JSON" className="json-panel">
          <Suspense fallback={<Skeleton rows={8} />}>
            <JsonEditor text={text} onChange={setText} kind={kind} details={plan.details} />
          </Suspense>
        </Panel>
      </div>
      <PlanPanel plan={plan} before={before} after={value} />
      <div className="row">
        <button
          type="button"
          className="primary"
          disabled={busy || refused !== undefined || value === undefined || plan.problem !== undefined}
          onClick={() => void apply()}
        >
          {before === undefined ? "Deploy" : "Apply the change"}
        </button>
        <button type="button" onClick={() => router.history.back()}>
          Leave it
        </button>
      </div>
    </div>
  );
}

function targetOf(kind: Kind, id: string | undefined): { readonly method: string; readonly path: string } {
  if (id === undefined) return { method: "POST", path: kind === "app" ? "/v2/apps" : "/v2/pods" };
  return { method: "PUT", path: kind === "app" ? appPath(id) : podPath(id) };
}

function undoOf(kind: Kind, id: string, before: Definition | undefined) {
  const path = kind === "app" ? appPath(id) : podPath(id);
  return before === undefined
    ? { method: "DELETE", path: `${path}?force=true` }
    : { method: "PUT", path: `${path}?force=true`, body: cleaned(before) };
}
