#![no_main]

libfuzzer_sys::fuzz_target!(init: routescope_fuzz::seeds::write("explorer"), |data: &[u8]| routescope_fuzz::explorer(data));
