/**
 * The call of an agent's operator API on images: `PRUNE_IMAGES`.
 */

import { textAnswer } from "../../answers.ts";
import type { AgentHandler } from "./call-tools.ts";

/** Answered when they are gone. An agent that keeps no images has none to forget. */
export const pruneImages: AgentHandler = ({ prune_images: call }, { context, respond }) => {
  const excluded = (call?.excluded_images ?? []).flatMap(({ docker }) =>
    docker === undefined ? [] : [docker.name],
  );
  const { images } = context;
  if (images === undefined) return respond(textAnswer(200, ""));
  images.prune(excluded, (fault) =>
    respond(
      fault === undefined ? textAnswer(200, "") : textAnswer(500, `Images could not be pruned: ${fault}`),
    ),
  );
};
