/**
 * Whether this page may change something, as a React value, and the words where it may not.
 */

import { useSyncExternalStore } from "react";
import { listenSession, mayWriteNow } from "./session.ts";

export const lookOnly = "This page may only look: `unum login` prints a link with which it may act";

/** Why nothing can be changed here; undefined: it can. */
export const useRefusal = (): string | undefined =>
  useSyncExternalStore(listenSession, mayWriteNow) ? undefined : lookOnly;
