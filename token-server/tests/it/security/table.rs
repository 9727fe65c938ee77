//! The table of tries and answers: what was really answered, compared with the page that shows it.

use std::fmt::Write as _;
use std::path::Path;

/// Set (to anything) it makes the test write the table into the page rather than compare it.
const ENV_WRITE: &str = "VISAVIS_WRITE_CONTRACT";
const BEGIN: &str = "<!-- tries: written by token-server/tests/it/security.rs -->";
const END: &str = "<!-- end of tries -->";

/// Rows under headings.
#[derive(Default)]
pub struct Table {
    text: String,
    surprises: Vec<String>,
}

impl Table {
    pub fn heading(&mut self, title: &str) {
        write!(self.text, "\n### {title}\n\n| try | answer |\n|---|---|\n").unwrap();
    }

    /// Notes what was answered to a try. It must begin with `expected`, whatever the page says.
    pub fn row(&mut self, attempt: &str, expected: &str, answer: &str) {
        if !answer.starts_with(expected) {
            self.surprises.push(format!("{attempt}: expected {expected}, answered {answer}"));
        }
        let answer = answer.replace('|', "\\|").replace('\n', " ");
        writeln!(self.text, "| {attempt} | {} |", answer.trim()).unwrap();
    }

    /// Compares with the page, or writes it there.
    pub fn check(&self, page: &Path) {
        assert!(self.surprises.is_empty(), "{:#?}", self.surprises);
        let text = std::fs::read_to_string(page).unwrap();
        let (before, rest) = text.split_once(BEGIN).expect("the page has a place for the table");
        let (_, after) = rest.split_once(END).unwrap();
        let fresh = format!("{before}{BEGIN}\n{}\n{END}{after}", self.text);
        if std::env::var_os(ENV_WRITE).is_some() {
            std::fs::write(page, fresh).unwrap();
            return;
        }
        let change = fresh.lines().zip(text.lines()).find(|(fresh, committed)| fresh != committed);
        assert!(fresh == text, "{} is stale: {change:?}; run this test with {ENV_WRITE}=1", page.display());
    }
}
