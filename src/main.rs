//! Arguments -> run -> exit code, nothing else.

fn main() {}
