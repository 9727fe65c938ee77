//! What the token server serves about itself: the page of its endpoints, the OpenAPI document, the personas of a folder.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use testkit::process::find_workspace_binary;
use testkit::snapshot::{assert_unchanged, folder};

const LISTENING: &str = "token-server listening on ";
/// Persona files with what the server itself reads of them.
const PERSONAS: [(&str, &str); 8] = [
    (
        "a",
        "name = \"A Character\"\ninstructions = \"Be kind.\"\ngreeting = \"Good day.\"\n[face]\ncharacter = \"amara\"\n",
    ),
    ("b", "name = \"B Character Of Its Own\"\ninstructions = \"Be kind.\"\n[face]\ncharacter = \"./zoe\"\n"),
    ("c", "name = \"C Photo\"\ninstructions = \"Be kind.\"\n[face]\nportrait = \"me.jpg\"\n"),
    ("d", "name = \"D No Face\"\ninstructions = \"Be kind.\"\n[face]\nenabled = false\n"),
    ("e", "name = \"E Local\"\ninstructions = \"Be kind.\"\n[face]\nprovider = \"local\"\n"),
    (
        "f",
        "name = \"F Avatar\"\ninstructions = \"Be kind.\"\n[face]\nprovider = \"avatar\"\nidentity = \"agent-avatar-1\"\n",
    ),
    ("g", "name = \"G Tavus\"\ninstructions = \"Be kind.\"\n[face]\nprovider = \"tavus\"\n"),
    (
        "h",
        "name = \"H Lip Sync\"\ninstructions = \"Be kind.\"\n[face]\nprovider = \"lip_sync\"\nportrait = \"me.jpg\"\n",
    ),
];

/// A token server that nobody calls.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(personas: &Path) -> Self {
        let mut process = Command::new(find_workspace_binary("token-server").unwrap())
            .env_clear()
            .env("LIVEKIT_URL", "ws://127.0.0.1:9")
            .env("LIVEKIT_API_KEY", "key")
            .env("LIVEKIT_API_SECRET", "a secret that is long enough".replace(' ', "-"))
            .env("VISAVIS_STORE", "none")
            .env("PORT", "0")
            .arg(format!("--personas={}", personas.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix(LISTENING).unwrap_or_else(|| panic!("it does not listen: {line}"));
        Self { address: address.to_owned(), process }
    }

    fn get(&self, path: &str) -> String {
        let request = ureq::get(format!("{}{path}", self.address)).config().proxy(None).build();
        request.call().unwrap().body_mut().read_to_string().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to collect either.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_served_documentation_and_personas_are_unchanged() {
    let personas = tempfile::tempdir().unwrap();
    for (name, text) in PERSONAS {
        std::fs::write(personas.path().join(format!("{name}.toml")), text).unwrap();
    }
    let server = Server::start(personas.path());
    // The document itself is committed: `proto` fails when it differs from its types.
    let committed = folder().join("../../../../proto/openapi.json");
    assert_eq!(server.get("/openapi.json"), std::fs::read_to_string(committed).unwrap());
    let page = server.get("/docs").replace("><", ">\n<") + "\n";
    let listed: serde_json::Value = serde_json::from_str(&server.get("/personas")).unwrap();
    let listed = serde_json::to_string_pretty(&listed).unwrap() + "\n";
    assert_unchanged(&[("docs-page.html".to_owned(), page), ("personas-listed.json".to_owned(), listed)]);
}
