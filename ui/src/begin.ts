/**
 * The first code that runs: small, so that what the page will show and the code that shows it are on their way together.
 */

import { subscribeAhead } from "./live/stream.ts";
import { frameViews, viewsAt } from "./live/views-ahead.ts";

const { pathname, search } = location;
const ahead = viewsAt(pathname, search);
if (ahead.length > 0) subscribeAhead([...frameViews, ...ahead]);
void import("./main.tsx");
