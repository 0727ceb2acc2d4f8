/**
 * LIST_FILES and READ_FILE of the master: its log, if it is shown, and nothing else.
 */

import * as messages from "../file-messages.ts";
import { answerMessage, type MasterHandler } from "./call-tools.ts";

export const listFiles: MasterHandler = (call, tools) =>
  messages.listFiles(tools.context.files, call.list_files?.path ?? "", (message, refusal) =>
    message === undefined ? refusal && tools.respond(refusal) : answerMessage(tools, message),
  );

export const readFile: MasterHandler = (call, tools) =>
  messages.readFile(tools.context.files, call.read_file, (message, refusal) =>
    message === undefined ? refusal && tools.respond(refusal) : answerMessage(tools, message),
  );
