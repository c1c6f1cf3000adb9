#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use routescope_fuzz::mutate::mutate;

fuzz_target!(init: routescope_fuzz::seeds::write("world"), |data: &[u8]| routescope_fuzz::world(data));

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    // Now and then as bytes: the reader of YAML is not to see JSON alone.
    let structured = if seed.is_multiple_of(16) { None } else { mutate(data, size, most, seed) };
    structured.unwrap_or_else(|| fuzzer_mutate(data, size, most))
});
