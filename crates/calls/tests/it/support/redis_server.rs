//! A Redis of a test's own, on a free port of this machine, with its files in a folder that goes with it.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

pub const PASSWORD: &str = "swordfish";

pub struct RedisServer {
    process: Child,
    port: u16,
    folder: TempDir,
    options: Vec<String>,
}

impl RedisServer {
    /// Starts one, with more options of its command line.
    pub fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        for _ in 0..20 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            // Somebody else may have taken the port meanwhile.
            if let Some(process) = launch(port, folder.path(), &options) {
                return Self { process, port, folder, options };
            }
        }
        panic!("redis-server does not start; apt-get install redis-server");
    }

    pub fn address(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port)
    }

    pub fn process(&self) -> u32 {
        self.process.id()
    }

    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again after it was killed, with the files that it left.
    pub fn start_again(&mut self) {
        self.process = launch(self.port, self.folder.path(), &self.options).expect("the port was taken meanwhile");
    }

    /// What a command of the operator's answers.
    pub async fn ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        let client = redis::Client::open(self.address()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut cmd = redis::cmd(command[0]);
        cmd.arg(&command[1..]);
        cmd.query_async(&mut connection).await.unwrap()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns once it takes connections; `None` when it ends instead.
fn launch(port: u16, folder: &Path, options: &[String]) -> Option<Child> {
    let mut process = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD, "--dir"])
        .arg(folder)
        .args(options)
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-server is installed: apt-get install redis-server");
    let output = BufReader::new(process.stdout.take().unwrap());
    let mut lines = output.lines().map_while(Result::ok);
    if lines.any(|line| line.contains("Ready to accept connections")) {
        // It ends when nobody reads what it says.
        std::thread::spawn(move || lines.for_each(drop));
        return Some(process);
    }
    process.wait().unwrap();
    None
}
