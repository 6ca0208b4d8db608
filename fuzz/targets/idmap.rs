//! See `pvelint_fuzz::idmap`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: pvelint_fuzz::prepare("idmap"), |data: &[u8]| {
    pvelint_fuzz::idmap(data);
});
