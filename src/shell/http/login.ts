/**
 * The way in for browsers: a one-time link that becomes a cookie, with which one may look; the page's key, with which
 * it may change things; and the means to get another link.
 *
 * A cookie alone gets no key: whoever serves another port of this host is sent it, and can say any Origin. The key comes
 * for a code that only the page at the link's end sees, in the part of its address that is never sent.
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
      const entered = access.redeemLoginCode(request.query.get("code") ?? "");
      respond(entered === undefined ? spent : welcome(entered));
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
  {
    method: "GET",
    path: "/unum/v1/session",
    permission: "read",
    handle: ({ headers }, respond, _failed, { authorization, cookie, pageKey }) => {
      const mayWrite =
        access.admits(authorization, cookie, "write") ||
        (pageKey !== undefined && access.admitsPage(pageKey, cookie, originOf(headers)));
      respond(json({ mayRead: true, mayWrite }));
    },
  },
  {
    method: "POST",
    path: "/unum/v1/session",
    permission: "read",
    handle: ({ headers, body }, respond, _failed, { cookie }) => {
      // That it is ours was looked at already; other clients have no use for a key.
      if (headers.origin === undefined)
        return respond(messageAnswer(403, "This is for pages (Origin header)."));
      const found = access.redeemEnterCode(codeOf(body), cookie, originOf(headers));
      respond(found === undefined ? spent : json(found));
    },
  },
];

/** Of pages that are ours: `Host` was checked, and `Origin` is the same where there is one. */
export const originOf = ({ host = "" }: { readonly host?: string | undefined }): string => `http://${host}`;

const json = (value: unknown): DoorAnswer => ({
  kind: "body",
  status: 200,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(value),
});

function codeOf(body: Uint8Array): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString());
    const { code } = value as { readonly code?: unknown };
    return typeof code === "string" ? code : "";
  } catch {
    return "";
  }
}

const spent = messageAnswer(
  403,
  "This login link was used already, is too old, or the cluster was restarted. Ask for a new one with the token: " +
    "POST /login.",
);

const welcome = ({ cookie, enterCode }: { cookie: string; enterCode: string }): DoorAnswer => ({
  kind: "body",
  status: 303,
  headers: { Location: `/#enter=${enterCode}`, "Set-Cookie": cookie },
  body: "",
});
