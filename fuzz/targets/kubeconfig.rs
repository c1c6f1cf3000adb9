#![no_main]

libfuzzer_sys::fuzz_target!(init: routescope_fuzz::seeds::write("kubeconfig"), |data: &[u8]| routescope_fuzz::kubeconfig(data));
