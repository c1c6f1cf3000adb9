#![no_main]

libfuzzer_sys::fuzz_target!(init: routescope_fuzz::seeds::write("re2"), |data: &[u8]| routescope_fuzz::re2(data));
