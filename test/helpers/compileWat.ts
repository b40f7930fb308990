import wabtInit from 'wabt';

const wabt = await wabtInit();

/**
 * Assembles WAT with every feature of the profile. Function names are kept as a name section when
 * `names` is set.
 */
export function compileWat(text: string, options: { names?: boolean } = {}): Uint8Array {
  const parsed = wabt.parseWat('test.wat', text, {
    bulk_memory: true,
    multi_value: true,
    mutable_globals: true,
    reference_types: true,
    sat_float_to_int: true,
    sign_extension: true,
    simd: true,
    tail_call: true,
  });
  try {
    return new Uint8Array(parsed.toBinary({ write_debug_names: options.names ?? false }).buffer);
  } finally {
    parsed.destroy();
  }
}
