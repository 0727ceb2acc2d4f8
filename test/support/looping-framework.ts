/**
 * A framework for the test kit that never comes back from its start.
 */

import type { Trial } from "#kit/simulate.ts";

export const looping = {
  framework: {
    name: "looping",
    start: () => {
      for (;;);
    },
  },
} satisfies Trial;
