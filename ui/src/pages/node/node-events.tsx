/** What happened on a node: its part of the timeline. */

import { useView } from "../../live/use-view.ts";
import { Panel, Skeleton } from "../../parts/basics.tsx";
import { Events } from "../../parts/events.tsx";

export function NodeEvents({ nodeId }: { readonly nodeId: string }) {
  const { value } = useView("timeline", { node: nodeId, limit: 100 });
  return (
    <Panel>
      {value === undefined ? <Skeleton /> : <Events rows={value.rows} about={{ node: nodeId }} />}
    </Panel>
  );
}
