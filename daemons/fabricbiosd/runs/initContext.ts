/** The facts of a run, and of the cell it runs on, that its init context has. */
export interface ContextRun {
  program: string;
  tasklet: string;
  version: string;
  tenant: string;
  run_id: string;
  mem_bytes: number;
  fuel: number;
  linear_memory_bytes: number;
}

export interface ContextCell {
  provider: string;
  region: string;
  cell_id: string;
}

/** The init context as UTF-8 JSON (docs/reference/tasklet-abi.md, "Init context"). */
export function initContext(run: ContextRun, { provider, region, cell_id }: ContextCell): Uint8Array {
  const { program, tasklet, version, tenant, run_id, mem_bytes, fuel, linear_memory_bytes } = run;
  const about = { program, tasklet, version, tenant, run_id, provider, region, cell_id };
  return new TextEncoder().encode(JSON.stringify({ ...about, mem_bytes, fuel, linear_memory_bytes }));
}
