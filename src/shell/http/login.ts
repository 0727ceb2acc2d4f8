/**
 * The way in for browsers: a one-time link that becomes a cookie, and the means to get another link.
 */

import type { DoorAnswer } from "#ports/door.ts";
import type { Access } from "./access.ts";
import { messageAnswer } from "./answers.ts";
import type { Route } from "./router.ts";

export const loginPath = (code: string): string => `/login?code=${code}`;

export const createLoginRoutes = (access: Access): readonly Route[] => [
  {
    method: "GET",
    path: "/login",
    permission: "public",
    handle: (request, respond) => {
      const cookie = access.redeemLoginCode(request.query.get("code") ?? "");
      respond(cookie === undefined ? spent : welcome(cookie));
    },
  },
  {
    method: "POST",
    path: "/login",
    permission: "write",
    handle: (_request, respond) => {
      const body = JSON.stringify({ path: loginPath(access.createLoginCode()) });
      respond({ kind: "body", status: 200, headers: { "Content-Type": "application/json" }, body });
    },
  },
];

const spent = messageAnswer(
  403,
  "This login link was used already, is too old, or the cluster was restarted. Ask for a new one with the token: " +
    "POST /login.",
);

const welcome = (cookie: string): DoorAnswer => ({
  kind: "body",
  status: 303,
  headers: { Location: "/", "Set-Cookie": cookie },
  body: "",
});
