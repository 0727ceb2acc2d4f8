/**
 * A service's configuration and its versions: what differs between one and the current one, and the way back to it.
 */

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import type { ServiceView } from "#console/services.ts";
import { Notice, Panel, Since, Skeleton } from "../../parts/basics.tsx";
import { DiffView } from "../../parts/diff-view.tsx";
import { useSearchWriter } from "../../parts/table-search.ts";
import { get, wordsOf } from "../../session/send.ts";
import { useAct } from "../../session/use-act.ts";
import { cleaned } from "../edit/definitions.ts";
import { appPath, podPath } from "../services/service-paths.ts";

const route = getRouteApi("/services/$");

export function Configuration({ view }: { readonly view: ServiceView }) {
  const { version } = route.useSearch();
  const write = useSearchWriter();
  const { versions, service, definition } = view;
  const chosen = version ?? view.version;
  return (
    <div className="grid">
      <Panel title="Versions" className="span-3">
        <ul className="versions">
          {versions.map((one) => (
            <li key={one}>
              <button
                type="button"
                className={one === chosen ? "chosen" : "plain"}
                aria-pressed={one === chosen}
                onClick={() => write({ version: one === view.version ? undefined : one })}
              >
                <Since ms={Date.parse(one)} />
                {one === view.version ? <span className="soft">current</span> : null}
              </button>
            </li>
          ))}
        </ul>
      </Panel>
      <div className="span-9">
        {chosen === view.version || service.kind === "group" ? (
          <Panel title="Current configuration">
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
            <pre className="json" role="region" aria-label="Current configuration" tabIndex={0}>
              {JSON.stringify(cleaned(definition), null, 2)}
            </pre>
          </Panel>
        ) : (
          <OldVersion view={view} kind={service.kind} version={chosen} />
        )}
      </div>
    </div>
  );
}

type OldProps = { readonly view: ServiceView; readonly kind: "app" | "pod"; readonly version: string };

function OldVersion({ view: { service, definition }, kind, version }: OldProps) {
  const { act, refused, busy } = useAct();
  const router = useRouter();
  const at = encodeURIComponent(version);
  const path =
    kind === "app" ? `${appPath(service.key)}/versions/${at}` : `${podPath(service.key)}::versions/${at}`;
  const { data, error } = useQuery({
    queryKey: ["version", path],
    queryFn: () => get<Readonly<Record<string, unknown>>>(path),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (error !== null) return <Notice tone="bad">{`This version cannot be read: ${wordsOf(error)}`}</Notice>;
  if (data === undefined) return <Skeleton rows={8} />;
  const back = async () => {
    const target = kind === "app" ? appPath(service.key) : podPath(service.key);
    const body = kind === "app" ? { version } : cleaned(data);
    const undo = { method: "PUT", path: target, body: cleaned(definition) };
    if (await act(`${service.key} goes back to an earlier configuration`, "PUT", target, body, undo))
      void router.navigate({
        to: "/services/$",
        params: { _splat: service.key.slice(1) },
        search: { tab: "instances" },
      });
  };
  return (
    <Panel
      title={
        <>
          What going back to <Since ms={Date.parse(version)} /> would change
        </>
      }
      end={
        <button
          type="button"
          className="primary"
          disabled={busy || refused !== undefined}
          title={refused}
          onClick={() => void back()}
        >
          Roll back to it
        </button>
      }
    >
      <DiffView before={cleaned(definition)} after={cleaned(data)} />
    </Panel>
  );
}
