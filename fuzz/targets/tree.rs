//! See `pvelint_fuzz::tree`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: pvelint_fuzz::prepare("tree"), |data: &[u8]| {
    pvelint_fuzz::tree(data);
});
