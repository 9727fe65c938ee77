//! How a worker's exit status is to be read.

use proto::worker::ExitCode;
use testkit::snapshot::assert_unchanged;

#[test]
fn exit_codes_are_unchanged() {
    let lines = ExitCode::ALL.iter().map(|code| format!("{:>3}  {}\n", code.code(), code.description()));
    assert_unchanged(&[("exit-codes.txt".to_owned(), lines.collect())]);
}
