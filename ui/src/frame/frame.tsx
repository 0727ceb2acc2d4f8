/**
 * What surrounds every view: navigation, where one is, the palette's button, the line to the cluster, messages.
 */

import { Outlet } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useLine } from "../live/use-view.ts";
import { Icon } from "../parts/icons.tsx";
import { Menu } from "../parts/menu.tsx";
import { Toasts } from "../parts/toasts.tsx";
import { Crumbs } from "./crumbs.tsx";
import { Nav } from "./nav.tsx";
import { Palette } from "./palette.tsx";
import { SignIn } from "./sign-in.tsx";
import { applyTheme } from "./theme.ts";

export function Frame() {
  const [isFinding, setIsFinding] = useState(false);
  const line = useLine();
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const isPalette = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
      if (!isPalette && !(event.key === "/" && !isTyping(event.target))) return;
      event.preventDefault();
      setIsFinding(true);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
  if (line === "refused") return <SignIn />;
  return (
    <div className="frame">
      <a className="skip button" href="#page">
        To the content
      </a>
      <Nav />
      <header className="bar">
        <Crumbs />
        <button type="button" className="find" onClick={() => setIsFinding(true)}>
          <span className="row">
            <Icon name="find" />
            <span className="words">Find or do</span>
          </span>
          <kbd className="words">Ctrl K</kbd>
          <span className="hidden">Open the command palette</span>
        </button>
        <Line />
        <Menu
          label="Appearance"
          actions={[
            { name: "Light", run: () => applyTheme("light") },
            { name: "Dark", run: () => applyTheme("dark") },
            { name: "As the system", run: () => applyTheme("system") },
          ]}
        />
      </header>
      <main className="page" id="page" tabIndex={-1}>
        <Outlet />
      </main>
      <Toasts />
      {isFinding ? <Palette onClose={() => setIsFinding(false)} /> : null}
    </div>
  );
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest(".xterm") !== null);

const lineWords = {
  open: "Live",
  waiting: "Connecting…",
  refused: "Not signed in",
  hidden: "Paused",
} as const;

function Line() {
  const line = useLine();
  return (
    <span className="live" data-state={line} role="status" title="Whether what you see is as it is now">
      <span className="words">{lineWords[line]}</span>
    </span>
  );
}
