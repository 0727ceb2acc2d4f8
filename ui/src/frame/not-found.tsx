/** An address that names no view. */

import { Link } from "@tanstack/react-router";
import { Empty } from "../parts/basics.tsx";

export const NotFound = () => (
  <Empty isPage title="There is nothing at this address" action={<Link to="/">To the overview</Link>}>
    It may have been mistyped, or come from another version of the console.
  </Empty>
);
