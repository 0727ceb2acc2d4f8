/**
 * Changes by the click of a button: sends one request, tells what became of it, and offers the way back.
 *
 * What a running deployment holds can be taken over from it, which is asked first.
 */

import { useState } from "react";
import { tell } from "../parts/toasts.tsx";
import { ApiError, send, wordsOf } from "./send.ts";
import { useRefusal } from "./use-session.ts";

/** A body that depends on what others did meanwhile is made when it is wanted. */
type Undo = {
  readonly method: string;
  readonly path: string;
  readonly body?: object | (() => Promise<object>);
};

type Act = (done: string, method: string, path: string, body?: unknown, undo?: Undo) => Promise<boolean>;

/** `refused`: why nothing can be changed; `busy`: something is under way. */
export function useAct(): {
  readonly act: Act;
  readonly refused: string | undefined;
  readonly busy: boolean;
} {
  const [busy, setBusy] = useState(false);
  const refused = useRefusal();
  const act: Act = async (done, method, path, body, undo) => {
    setBusy(true);
    try {
      await send(method, path, body);
      const action = undo === undefined ? undefined : { label: "Undo", run: () => void takeBack(undo) };
      tell("good", done, action);
      return true;
    } catch (error) {
      const isHeld =
        error instanceof ApiError &&
        error.status === 409 &&
        path.startsWith("/v2/") &&
        !path.includes("force=true");
      const forced = `${path}${path.includes("?") ? "&" : "?"}force=true`;
      tell(
        "bad",
        wordsOf(error),
        isHeld ? { label: "Take it over", run: () => void act(done, method, forced, body, undo) } : undefined,
      );
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { act, refused, busy };
}

async function takeBack({ method, path, body }: Undo): Promise<void> {
  try {
    await send(method, path, typeof body === "function" ? await body() : body);
    tell("good", "Taken back");
  } catch (error) {
    tell("bad", wordsOf(error));
  }
}
