/**
 * What can be done with a task of a service: kill it (another takes its place), or kill it and want one less.
 */

import { useState } from "react";
import type { TaskRow } from "#console/tasks.ts";
import { Confirm } from "../../parts/dialog.tsx";
import { Menu } from "../../parts/menu.tsx";
import { useAct } from "../../session/use-act.ts";

const ended = /^TASK_(?:FINISHED|FAILED|KILLED|ERROR|LOST|DROPPED|GONE|GONE_BY_OPERATOR)$/;

export function TaskMenu({ task }: { readonly task: TaskRow }) {
  const [question, setQuestion] = useState<"kill" | "less" | undefined>(undefined);
  const { act, refused, busy } = useAct();
  const why =
    refused ??
    (task.service === null
      ? "Its framework decides about it"
      : ended.test(task.state)
        ? "It has ended"
        : undefined);
  const confirm = async () => {
    const path = `/v2/tasks/delete${question === "less" ? "?scale=true" : ""}`;
    setQuestion(undefined);
    await act(`${task.id} is being ended`, "POST", path, { ids: [task.id] });
  };
  return (
    <>
      <button type="button" disabled={why !== undefined} title={why} onClick={() => setQuestion("kill")}>
        Restart
      </button>
      <Menu
        label="More actions"
        actions={[
          { name: "Kill, and let another take its place…", refused: why, run: () => setQuestion("kill") },
          { name: "Kill, and want one less…", danger: true, refused: why, run: () => setQuestion("less") },
        ]}
      />
      {question === undefined ? null : (
        <Confirm
          title={question === "less" ? "Kill it, and want one instance less?" : "Restart this task?"}
          action={question === "less" ? "Kill it" : "Restart it"}
          danger={question === "less"}
          busy={busy}
          onConfirm={() => void confirm()}
          onClose={() => setQuestion(undefined)}
        >
          <p>
            {question === "less"
              ? `${task.service} will have one instance less.`
              : `It is asked to end, then ended; ${task.service} starts another in its place, maybe on another node.`}
          </p>
        </Confirm>
      )}
    </>
  );
}
