//! What can go wrong in a transport, as far as a conversation has to know.

/// What went wrong in a transport.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The connection is over. The transport's last event says why.
    #[error("the connection is closed")]
    Closed,
    /// A limit of the transport was passed.
    #[error("{0}")]
    TooLarge(String),
    /// Anything else: this request failed, and the connection may go on.
    #[error("{0}")]
    Failed(String),
}
