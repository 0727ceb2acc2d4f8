/**
 * When a node's machine will be away: planned, changed and taken back; the beginning and the end of the work.
 *
 * Planning asks and forces nothing; the beginning of the work ends what runs there, which is said before.
 */

import { useState } from "react";
import type { NodeView } from "#console/nodes.ts";
import { Notice, Since } from "../../parts/basics.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { counted, duration } from "../../parts/format.ts";
import { tell } from "../../parts/toasts.tsx";
import { wordsOf } from "../../session/send.ts";
import { useAct } from "../../session/use-act.ts";
import {
  callPath,
  type Machine,
  planned,
  readSchedule,
  restored,
  type Schedule,
  scheduleCall,
  without,
} from "./operator-calls.ts";

const hourMs = 3_600_000;

type Kept = NonNullable<NodeView["maintenance"]>;

const asMachine = ({ machine: { hostname, ip } }: Kept): Machine => ({
  ...(hostname === null ? {} : { hostname }),
  ...(ip === null ? {} : { ip }),
});

export function MaintenanceNotice({ view }: { readonly view: NodeView }) {
  const [isAsking, setIsAsking] = useState(false);
  const { act, refused, busy } = useAct();
  const change = useScheduleChange();
  const { maintenance, node } = view;
  if (maintenance === null) return null;
  const { startMs, durationMs, isDown } = maintenance;
  const machine = asMachine(maintenance);
  const button = (name: string, run: () => void) => (
    <button type="button" disabled={busy || refused !== undefined} title={refused} onClick={run}>
      {name}
    </button>
  );
  const over = () =>
    void act(`Work on ${node.name} is over: it takes tasks again`, "POST", callPath, {
      type: "STOP_MAINTENANCE",
      stop_maintenance: { machines: [machine] },
    });
  const cancel = () =>
    void change(`${node.name} will not be away`, machine, (schedule) => without(schedule, [machine]));
  return (
    <Notice
      tone="wait"
      end={
        isDown ? (
          button("Work is over", over)
        ) : (
          <>
            {button("Begin work…", () => setIsAsking(true))}
            {button("Take it back", cancel)}
          </>
        )
      }
    >
      {isDown ? "It is down for maintenance: nothing is placed on it. " : "Maintenance is planned: "}
      {isDown ? "Planned from " : "it will be away from "}
      <Since ms={startMs} />
      {durationMs === null ? ", for good" : ` for ${duration(durationMs)}`}.
      {isDown ? "" : " Frameworks are asked to move what they run here; nothing is forced until work begins."}
      {isAsking ? <BeginDialog view={view} machine={machine} onClose={() => setIsAsking(false)} /> : null}
    </Notice>
  );
}

function BeginDialog(props: {
  readonly view: NodeView;
  readonly machine: Machine;
  readonly onClose: () => void;
}) {
  const { act, busy } = useAct();
  const { name, tasks } = props.view.node;
  const confirm = () => {
    props.onClose();
    void act(`Work on ${name} has begun`, "POST", callPath, {
      type: "START_MAINTENANCE",
      start_maintenance: { machines: [props.machine] },
    });
  };
  return (
    <Confirm
      title={`Begin work on ${name}?`}
      action="Begin"
      danger
      busy={busy}
      onConfirm={confirm}
      onClose={props.onClose}
    >
      <p>
        {tasks === 0
          ? "Nothing runs on it."
          : `Its ${counted(tasks, "task")} are ended now; apps start theirs elsewhere where there is room.`}{" "}
        Nothing is placed on it until the work is over.
      </p>
      <p className="soft">Drain it before, and its tasks are given time to end by themselves.</p>
    </Confirm>
  );
}

type ScheduleChange = (
  done: string,
  machine: Machine,
  next: (schedule: Schedule) => Schedule,
) => Promise<boolean>;

/** Reads the schedule, changes it, and puts it back; with a way back to what it said of the machine. */
function useScheduleChange(): ScheduleChange {
  const { act } = useAct();
  return async (done, machine, next) => {
    try {
      const schedule = await readSchedule();
      const body = async () => scheduleCall(restored(await readSchedule(), schedule, [machine]));
      const undo = { method: "POST", path: callPath, body };
      return await act(done, "POST", callPath, scheduleCall(next(schedule)), undo);
    } catch (error) {
      tell("bad", `The schedule cannot be read: ${wordsOf(error)}`);
      return false;
    }
  };
}

/** As a field for moments has it: in the time of the place, to the minute. */
const localText = (ms: number): string => {
  const shifted = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
};

export function PlanDialog({ view, onClose }: { readonly view: NodeView; readonly onClose: () => void }) {
  const { node, address, maintenance } = view;
  const change = useScheduleChange();
  const [start, setStart] = useState(() => localText(maintenance?.startMs ?? Date.now() + hourMs));
  const [hours, setHours] = useState(() =>
    maintenance === null ? "2" : maintenance.durationMs === null ? "" : `${maintenance.durationMs / hourMs}`,
  );
  const startMs = Date.parse(start);
  const isValid = !Number.isNaN(startMs) && (hours.trim() === "" || Number(hours) > 0);
  const ip = address.slice(0, address.lastIndexOf(":")).replace(/^\[|\]$/g, "");
  const machine: Machine =
    maintenance === null ? { hostname: node.hostname, ...(ip === "" ? {} : { ip }) } : asMachine(maintenance);
  const confirm = () => {
    if (!isValid) return;
    onClose();
    const durationMs = hours.trim() === "" ? undefined : Number(hours) * hourMs;
    void change(`Maintenance of ${node.name} is planned`, machine, (schedule) =>
      planned(schedule, machine, [], { startMs, durationMs }),
    );
  };
  return (
    <Confirm
      title={`Maintenance of ${node.name}`}
      action="Plan it"
      busy={!isValid}
      onConfirm={confirm}
      onClose={onClose}
    >
      <div className="form">
        <label className="field">
          <span>Away from</span>
          <input
            type="datetime-local"
            required
            value={start}
            onChange={({ target }) => setStart(target.value)}
          />
        </label>
        <label className="field">
          <span>For so many hours</span>
          <input
            type="number"
            min="0"
            step="any"
            placeholder="for good"
            value={hours}
            onChange={({ target }) => setHours(target.value)}
          />
        </label>
      </div>
      <p className="soft">
        Frameworks are told when it will be away, and asked to give back what they use on it. Nothing is ended
        until you say that work begins.
      </p>
    </Confirm>
  );
}
