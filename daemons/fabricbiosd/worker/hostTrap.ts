/**
 * A host function got a pointer outside of linear memory. The run ends as
 * `trap_memory_out_of_bounds`.
 */
export class HostTrapError extends Error {
  readonly hostFunction: string;

  constructor(name: string) {
    super(`${name} was given a pointer outside linear memory`);
    this.hostFunction = name;
    this.name = 'HostTrapError';
  }
}
