/**
 * What can be done with a service, from wherever it is shown: scale, restart, suspend, edit, remove.
 *
 * Scaling can be undone; removing asks for the name first, since it cannot.
 */

import { useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { ServiceRow } from "#console/services.ts";
import { offerCommands } from "../../frame/commands.ts";
import { type Action, Menu } from "../../parts/menu.tsx";
import { useAct } from "../../session/use-act.ts";
import { RemoveDialog, RestartDialog, ScaleDialog } from "./service-dialogs.tsx";

type Dialogs = "scale" | "restart" | "remove";
type Props = { readonly service: ServiceRow; readonly isPage?: boolean };

export function ServiceMenu({ service, isPage = false }: Props) {
  const [dialog, setDialog] = useState<Dialogs | undefined>(undefined);
  const actions = useActions(service, setDialog);
  useEffect(() => {
    if (!isPage) return undefined;
    return offerCommands(
      actions
        .filter(({ refused }) => refused === undefined)
        .map(({ name, run }) => ({ name: `${name} ${service.key}`, note: "", run })),
    );
  }, [isPage, actions, service.key]);
  const close = () => setDialog(undefined);
  return (
    <>
      <Menu label={`Actions for ${service.key}`} actions={actions} />
      {dialog === "scale" ? <ScaleDialog service={service} onClose={close} /> : null}
      {dialog === "restart" ? <RestartDialog service={service} onClose={close} /> : null}
      {dialog === "remove" ? <RemoveDialog service={service} onClose={close} /> : null}
    </>
  );
}

function useActions(service: ServiceRow, open: (dialog: Dialogs) => void): readonly Action[] {
  const router = useRouter();
  const { refused } = useAct();
  const { key, kind } = service;
  if (kind === "group")
    return [
      { name: "New service in it", run: () => void router.navigate({ to: "/new", search: { group: key } }) },
      { name: "Scale…", refused, run: () => open("scale") },
      { name: "Remove…", danger: true, refused, run: () => open("remove") },
    ];
  return [
    { name: "Scale…", refused, run: () => open("scale") },
    ...(kind === "app" ? [{ name: "Restart…", refused, run: () => open("restart") }] : []),
    {
      name: "Edit",
      run: () => void router.navigate({ to: "/edit/$", params: { _splat: key.slice(1) } }),
    },
    { name: "Remove…", danger: true, refused, run: () => open("remove") },
  ];
}
