import { context, fail, Json, log } from "grafos-std";

const ROUNDS_MAX = 100;

/** Works in rounds and logs each of them, as a long run should. The output names the tasklet. */
export function compute(input: Uint8Array): Uint8Array {
  const rounds = Json.parse(input).get("rounds");
  if (!rounds.isInteger) return fail("invalid_input");
  const count = rounds.asI64();
  if (count < 1 || count > ROUNDS_MAX) return fail("invalid_input");

  const about = context();
  log.debug(`run ${about.get("run_id").asString()} on ${about.get("cell_id").asString()}`);
  let sum: i64 = 0;
  for (let round: i64 = 1; round <= count; round++) {
    sum += round;
    log.info(`round ${round} of ${count}: sum ${sum}`);
  }
  if (count == ROUNDS_MAX) log.warn("these are as many rounds as there may be");
  return Json.object()
    .set("tasklet", about.get("tasklet"))
    .set("version", about.get("version"))
    .set("sum", Json.ofInteger(sum))
    .toBytes();
}
