/**
 * The host functions of `tasklet-profile-v0` as they are (docs/reference/tasklet-abi.md). A tasklet
 * imports only those that its code reaches. Authors use the modules beside this one.
 */

/** Copies bytes of a blob to `destination`; the count copied, or a negative host status. */
@external("grafos_tasklet_v0", "blob_read")
export declare function blob_read(handle: i32, offset: i32, destination: usize, length: i32): i32;

/** Appends to the output; a host status. */
@external("grafos_tasklet_v0", "output_write")
export declare function output_write(source: usize, length: i32): i32;

/** Gives the run its error label: snake_case, at most 64 bytes. */
@external("grafos_tasklet_v0", "fail")
export declare function fail(label: usize, length: i32): void;

/** Deterministic clock: nanoseconds since 1970-01-01T00:00:00Z. */
@external("grafos_tasklet_v0", "clock_unix_nanos")
export declare function clock_unix_nanos(): i64;

/** Fills memory with the run's deterministic random bytes. */
@external("grafos_tasklet_v0", "random_fill")
export declare function random_fill(destination: usize, length: i32): void;

/** Adds one line to the run's log; level 0 error, 1 warn, 2 info, 3 debug, 4 trace. */
@external("grafos_tasklet_v0", "log")
export declare function log(level: i32, source: usize, length: i32): void;

/** Size of the leased fabric memory in bytes, or a negative host status. */
@external("fabricbios_fbmu_v0", "fbmu_hello")
export declare function fbmu_hello(): i64;

/** Copies leased fabric memory to linear memory; a host status. */
@external("fabricbios_fbmu_v0", "fbmu_read")
export declare function fbmu_read(offset: i64, destination: usize, length: i32): i32;

/** Copies linear memory to leased fabric memory; a host status. */
@external("fabricbios_fbmu_v0", "fbmu_write")
export declare function fbmu_write(offset: i64, source: usize, length: i32): i32;
