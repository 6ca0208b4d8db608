//! See `pvelint_fuzz::guest`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: pvelint_fuzz::prepare("guest"), |data: &[u8]| {
    pvelint_fuzz::guest(data);
});
