#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| token_server::fuzzing::forwarded_for(bytes));
