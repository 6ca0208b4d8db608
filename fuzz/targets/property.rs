//! See `pvelint_fuzz::property`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: pvelint_fuzz::prepare("property"), |data: &[u8]| {
    pvelint_fuzz::property(data);
});
