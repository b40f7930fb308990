/**
 * The parts of the official library of the Model Context Protocol that are used here. They are a
 * file of their own in the bundles, which no other command reads.
 */
export {
  INVALID_PARAMS,
  INVALID_REQUEST,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
  PARSE_ERROR,
  ProtocolError,
  Server,
  type Transport,
} from '@modelcontextprotocol/server';
export { serveStdio } from '@modelcontextprotocol/server/stdio';
