//! See `pvelint_fuzz::storage`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: pvelint_fuzz::prepare("storage"), |data: &[u8]| {
    pvelint_fuzz::storage(data);
});
