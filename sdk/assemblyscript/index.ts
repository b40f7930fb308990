/**
 * grafos-std: what a tasklet author imports (docs/guide/sdk.md). Only what the tasklet uses ends up
 * in its module.
 */
export { fail, failed } from "./fail";
export { log } from "./log";
export { clock } from "./clock";
export { random } from "./random";
export { context } from "./context";
export { Json, JsonKind } from "./json";
export { fabricMemory, hostStatus } from "./fabricMemory";
export { Text } from "./text";
