//! How spans travel: blocking HTTP on the exporter's own thread, to the configured address and nowhere else.

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// One request takes this long at most. A batch that fails is tried again by the exporter.
const REQUEST: Duration = Duration::from_secs(5);
/// A collector answers with a few bytes.
const MAX_ANSWER: u64 = 64 * 1024;

/// Sends requests with `ureq`: no runtime is needed, and TLS has a provider of its own, whatever the process chose.
#[derive(Debug)]
pub(super) struct Transport {
    agent: ureq::Agent,
    /// The collector took nothing the last time: said once, not at every batch.
    failing: AtomicBool,
}

impl Transport {
    pub(super) fn new() -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(REQUEST))
            .http_status_as_error(false)
            // Spans go where the operator said, and no answer can send them elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build()
            .new_agent();
        Self { agent, failing: AtomicBool::new(false) }
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        let response = self.agent.run(request.map(|body| body.to_vec()))?;
        let (head, body) = response.into_parts();
        let body = body.into_with_config().limit(MAX_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }

    /// Warns when it begins to fail, and says when it works again.
    fn report(&self, outcome: &Result<Response<Bytes>, ureq::Error>) {
        let problem = match outcome {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(format!("the collector answered {}", response.status())),
            Err(error) => Some(error.to_string()),
        };
        let failed_before = self.failing.swap(problem.is_some(), Ordering::Relaxed);
        match problem {
            Some(problem) if !failed_before => {
                tracing::warn!(%problem, "spans cannot be delivered: check OTEL_EXPORTER_OTLP_ENDPOINT");
            }
            None if failed_before => tracing::info!("spans are delivered again"),
            Some(_) | None => {}
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Transport {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // Blocks on purpose: the batch exporter calls this on a thread that does nothing else.
        let outcome = self.send(request);
        self.report(&outcome);
        Ok(outcome?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::{Bytes, Request, Transport};
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    /// Answers the first bytes of one connection with `answer`; gives back those bytes and where it listens.
    fn answering(answer: &'static str) -> (JoinHandle<Vec<u8>>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut first = vec![0; 4096];
            let length = stream.read(&mut first).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            first.truncate(length);
            first
        });
        (thread, address)
    }

    fn request(address: String) -> Request<Bytes> {
        Request::post(address).body(Bytes::new()).unwrap()
    }

    #[test]
    fn tls_begins_whatever_provider_the_process_has() {
        let (server, address) = answering("no TLS here");
        assert!(Transport::new().send(request(format!("https://{address}/v1/traces"))).is_err());
        // 22: a TLS handshake record. A missing crypto provider would have been a panic before the first byte.
        assert_eq!(server.join().unwrap()[0], 22);
    }

    #[test]
    fn a_collector_cannot_send_spans_elsewhere() {
        let (elsewhere, other) =
            (TcpListener::bind("127.0.0.1:0").unwrap(), "HTTP/1.1 307 Moved\r\nContent-Length: 0\r\n");
        elsewhere.set_nonblocking(true).unwrap();
        let answer = format!("{other}Location: http://{}/\r\n\r\n", elsewhere.local_addr().unwrap());
        let (server, address) = answering(answer.leak());
        let response = Transport::new().send(request(format!("http://{address}/v1/traces"))).unwrap();
        server.join().unwrap();
        assert_eq!(response.status().as_u16(), 307);
        assert_eq!(elsewhere.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came");
    }
}
