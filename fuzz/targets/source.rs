#![no_main]

libfuzzer_sys::fuzz_target!(init: routescope_fuzz::seeds::write("source"), |data: &[u8]| routescope_fuzz::source(data));
