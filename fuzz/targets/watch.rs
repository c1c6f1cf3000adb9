#![no_main]

libfuzzer_sys::fuzz_target!(init: routescope_fuzz::seeds::write("watch"), |data: &[u8]| routescope_fuzz::watch(data));
