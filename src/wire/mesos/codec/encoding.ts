/**
 * A message to bytes and back in whichever encoding a client has chosen.
 *
 * What a media type is called and which one a request may use is the doors' affair.
 */

import { encodeUtf8 } from "../../json/text.ts";
import type { MessageName, MessageOf } from "../proto/tables.ts";
import type { Decoded } from "./decoded.ts";
import { messageFromJson } from "./json/decode.ts";
import { messageToJson } from "./json/encode.ts";
import { messageFromProtobuf } from "./protobuf/decode.ts";
import { messageToProtobuf } from "./protobuf/encode.ts";

export type Encoding = "json" | "protobuf";

export const encodeMessage = <Name extends MessageName>(
  encoding: Encoding,
  name: Name,
  message: MessageOf<Name>,
): Uint8Array =>
  encoding === "json" ? encodeUtf8(messageToJson(name, message)) : messageToProtobuf(name, message);

/** Never throws; a body that is no such message comes back with the sentence to answer with. */
export const decodeMessage = <Name extends MessageName>(
  encoding: Encoding,
  name: Name,
  body: Uint8Array,
): Decoded<MessageOf<Name>> =>
  encoding === "json" ? messageFromJson(name, body) : messageFromProtobuf(name, body);
