/**
 * LIST_FILES and READ_FILE of an agent: the sandboxes' files, and its log.
 */

import * as messages from "../file-messages.ts";
import { type AgentHandler, answerMessage } from "./call-tools.ts";

export const listFiles: AgentHandler = (call, tools) =>
  messages.listFiles(tools.context.files, call.list_files?.path ?? "", (message, refusal) =>
    message === undefined ? refusal && tools.respond(refusal) : answerMessage(tools, message),
  );

export const readFile: AgentHandler = (call, tools) =>
  messages.readFile(tools.context.files, call.read_file, (message, refusal) =>
    message === undefined ? refusal && tools.respond(refusal) : answerMessage(tools, message),
  );
