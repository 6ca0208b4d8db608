//! See `pvelint_fuzz::subid`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: pvelint_fuzz::prepare("subid"), |data: &[u8]| {
    pvelint_fuzz::subid(data);
});
