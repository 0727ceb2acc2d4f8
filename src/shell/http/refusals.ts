/**
 * What the server says to those that it does not let in, or does not answer in time: what is missing, and where to get it.
 */

import { messageAnswer } from "./answers.ts";

export const keyIsOld = messageAnswer(
  403,
  "This page may look and not change anything: its key is of another session, or too old. Get a new link with `unum login`.",
);

export const executorTokenNeeded = messageAnswer(
  401,
  "This needs an executor's own token: MESOS_EXECUTOR_AUTHENTICATION_TOKEN of its environment, sent as " +
    "`Authorization: Bearer TOKEN`.",
  { "WWW-Authenticate": 'Bearer realm="mesos-agent-executor"' },
);

export const tokenNeeded = messageAnswer(
  401,
  "This needs the cluster's token. Send it as `Authorization: Bearer TOKEN`; `unum` finds it by itself, and it " +
    "lies in the file `token` of the cluster's data directory.",
  { "WWW-Authenticate": 'Basic realm="Unum: any user, the token as password"' },
);

export const linkNeeded = messageAnswer(
  401,
  "This needs somebody who is logged in. Open the link that `unum up` printed, or get a new one with `unum login`.",
);

export const overdue = messageAnswer(
  503,
  "The cluster did not answer in time. Look at the state before you try again.",
);
