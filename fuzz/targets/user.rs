//! See `pvelint_fuzz::user`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: pvelint_fuzz::prepare("user"), |data: &[u8]| {
    pvelint_fuzz::user(data);
});
