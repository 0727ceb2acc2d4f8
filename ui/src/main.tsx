/**
 * The console's beginning: lets the page in with the link's code, then draws what the address names.
 */

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { adoptStyles } from "./frame/adopt-styles.ts";
import { followLinks } from "./frame/link-clicks.ts";
import { applyTheme } from "./frame/theme.ts";
import { reconnect } from "./live/stream.ts";
import { loadAllWhenIdle } from "./pages.ts";
import { router } from "./router.tsx";
import { enter } from "./session/session.ts";
import "./style/base.css";
import "./style/frame.css";
import "./style/parts.css";
import "./style/table.css";
import "./style/views.css";
import "./style/work.css";

const queries = new QueryClient({
  // What is read once is read again when it is shown again; everything else is live.
  defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false } },
});

applyTheme();
adoptStyles(document);
followLinks(document);
loadAllWhenIdle();
void enter()
  .catch(() => undefined)
  .then(reconnect);

const root = document.getElementById("root");
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
