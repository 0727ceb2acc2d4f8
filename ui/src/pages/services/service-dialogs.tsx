/**
 * The questions before a service is scaled, restarted or removed.
 */

import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import type { ServiceRow } from "#console/services.ts";
import { Confirm } from "../../parts/dialog.tsx";
import { counted } from "../../parts/format.ts";
import { send } from "../../session/send.ts";
import { useAct } from "../../session/use-act.ts";
import { appPath, groupPath, podPath } from "./service-paths.ts";

type Props = { readonly service: ServiceRow; readonly onClose: () => void };

export function ScaleDialog({ service, onClose }: Props) {
  const { act, busy } = useAct();
  const isGroup = service.kind === "group";
  const [text, setText] = useState(isGroup ? "1" : String(service.wanted));
  const many = Number(text);
  const isValid =
    text.trim() !== "" && Number.isFinite(many) && many >= 0 && (isGroup || Number.isInteger(many));
  const confirm = async () => {
    if (!isValid) return;
    const done = isGroup
      ? `${service.key} is scaled by ${many}`
      : `${service.key} will have ${counted(many, "instance")}`;
    onClose();
    await scale(service, many, act, done);
  };
  return (
    <Confirm
      title={`Scale ${service.key}`}
      action="Scale"
      busy={busy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <label className="field">
        <span>{isGroup ? "Factor for every service in it" : "Instances"}</span>
        <input
          type="number"
          min="0"
          step={isGroup ? "0.1" : "1"}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      <p className="soft">
        {isGroup
          ? "2 doubles the instances of every app below it, 0.5 halves them."
          : `It wants ${counted(service.wanted, "instance")} now. 0 suspends it: nothing runs, and its configuration stays.`}
      </p>
    </Confirm>
  );
}

type Act = ReturnType<typeof useAct>["act"];

async function scale(service: ServiceRow, many: number, act: Act, done: string): Promise<boolean> {
  const { key, kind, wanted } = service;
  if (kind === "group") return act(done, "PUT", groupPath(key), { scaleBy: many });
  if (kind === "app") {
    const undo = { method: "PUT", path: appPath(key), body: { instances: wanted } };
    return act(done, "PUT", appPath(key), { instances: many }, undo);
  }
  // A pod is put whole.
  const definition = (await send("GET", podPath(key))).json as { readonly scaling?: object };
  const withScaling = (instances: number) => ({
    ...definition,
    scaling: { ...definition.scaling, kind: "fixed", instances },
  });
  const undo = { method: "PUT", path: podPath(key), body: withScaling(wanted) };
  return act(done, "PUT", podPath(key), withScaling(many), undo);
}

export function RestartDialog({ service, onClose }: Props) {
  const { act, busy } = useAct();
  const confirm = async () => {
    onClose();
    await act(`${service.key} restarts, instance by instance`, "POST", `${appPath(service.key)}/restart`);
  };
  return (
    <Confirm
      title={`Restart ${service.key}?`}
      action="Restart"
      busy={busy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>
        All of its {counted(service.running, "instance")} are replaced, as its upgrade strategy allows: so
        many stay up meanwhile as it asks for.
      </p>
    </Confirm>
  );
}

export function RemoveDialog({ service, onClose }: Props) {
  const { act, busy } = useAct();
  const router = useRouter();
  const [typed, setTyped] = useState("");
  const { key, kind, running } = service;
  const path = { app: appPath, pod: podPath, group: groupPath }[kind](key);
  const confirm = async () => {
    if (typed !== key) return;
    onClose();
    if (!(await act(`${key} is being removed`, "DELETE", path))) return;
    if (router.state.location.pathname.startsWith("/services/")) void router.navigate({ to: "/services" });
  };
  return (
    <Confirm
      title={`Remove ${key}?`}
      action="Remove it"
      danger
      busy={busy || typed !== key}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>
        {kind === "group"
          ? `All ${counted(service.services, "service")} below it go, with `
          : "It goes, with "}
        {counted(running, "running instance")} and all its versions. This cannot be undone.
      </p>
      <label className="field">
        <span>Type its path, {key}</span>
        <input
          type="text"
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          autoComplete="off"
        />
      </label>
    </Confirm>
  );
}
