/**
 * What a definition would do, asked of the cluster a moment after the last key: the same decision, not carried out.
 */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError, type Detail, send, wordsOf } from "../../session/send.ts";
import { appPath, podPath } from "../services/service-paths.ts";
import type { Definition, Kind } from "./definitions.ts";

const pauseMs = 350;

export type PlannedChange = {
  readonly id: string;
  readonly change: "create" | "update" | "remove";
  readonly action: string;
  readonly kept: number;
  readonly replaced: number;
  readonly launched: number;
  readonly stopped: number;
  readonly placements: readonly { readonly agent: string; readonly instances: number }[];
  readonly unplaced: number;
  readonly why?: string;
};

export type Plan = {
  readonly changes: readonly PlannedChange[] | undefined;
  readonly problem: string | undefined;
  readonly details: readonly Detail[];
  readonly isAsking: boolean;
};

export function usePlan(kind: Kind, value: Definition | undefined, isNew: boolean, isAllowed: boolean): Plan {
  const settled = useSettled(value === undefined ? undefined : JSON.stringify(value));
  const { data, error, isFetching } = useQuery({
    queryKey: ["plan", kind, isNew, settled],
    enabled: settled !== undefined && isAllowed,
    gcTime: 0,
    placeholderData: (last: readonly PlannedChange[] | undefined) => last,
    queryFn: async () => {
      const body: Definition = JSON.parse(settled ?? "{}");
      const id = String(body.id ?? "");
      const path = kind === "app" ? (isNew ? "/v2/apps" : appPath(id)) : isNew ? "/v2/pods" : podPath(id);
      const { json } = await send(isNew ? "POST" : "PUT", `${path}?dryRun=true&force=true`, body);
      return (json as { readonly changes: readonly PlannedChange[] }).changes;
    },
  });
  return {
    changes: error === null ? data : undefined,
    problem: error === null ? undefined : wordsOf(error),
    details: error instanceof ApiError ? error.details : [],
    isAsking: isFetching || (value !== undefined && settled !== JSON.stringify(value)),
  };
}

function useSettled(text: string | undefined): string | undefined {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), pauseMs);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
