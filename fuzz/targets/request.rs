#![no_main]

libfuzzer_sys::fuzz_target!(init: routescope_fuzz::seeds::write("request"), |data: &[u8]| routescope_fuzz::request(data));
