/**
 * A defect of the console itself: says so, and offers the ways on. The frame around it lives on.
 */

import { Empty } from "../parts/basics.tsx";

export const Failure = ({ error }: { readonly error: unknown }) => (
  <Empty
    isPage
    title="This view broke"
    action={
      <button type="button" className="primary" onClick={() => location.reload()}>
        Load it again
      </button>
    }
  >
    {error instanceof Error ? error.message : String(error)}. The cluster itself is not harmed: the console
    only shows it. If it happens again, tell us what you did before.
  </Empty>
);
