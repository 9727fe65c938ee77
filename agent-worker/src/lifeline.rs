//! The owner's end of standard input: orders may come through it, and its end says that the owner is gone, however
//! suddenly.

use std::io::{BufRead, BufReader, Read};

use proto::orders::{MAX_ORDERS_BYTES, Orders, OrdersError};
use tokio::sync::oneshot;

/// What an owner sends to a worker.
pub struct Owner {
    /// The first line; closed when the owner went without one.
    pub orders: oneshot::Receiver<Result<Orders, OrdersError>>,
    /// Closed when the owner is gone.
    pub gone: oneshot::Receiver<()>,
}

/// Listens to the owner of a worker. One line is read, as orders; what follows is ignored.
#[must_use]
pub fn owner() -> Owner {
    let (tell_orders, orders) = oneshot::channel();
    let (tell_gone, gone) = oneshot::channel();
    on_a_thread(move || {
        let mut stdin = BufReader::new(std::io::stdin());
        if let Some(line) = first_line(&mut stdin) {
            let _ = tell_orders.send(line.and_then(|line| Orders::parse(&line)));
        } else {
            drop(tell_orders);
        }
        read_to_end(stdin);
        let _ = tell_gone.send(());
    });
    Owner { orders, gone }
}

/// Without the thread there are no orders, and the worker ends.
fn on_a_thread(read: impl FnOnce() + Send + 'static) {
    if let Err(error) = std::thread::Builder::new().name("lifeline".into()).spawn(read) {
        tracing::error!(%error, "the owner can't be listened to");
    }
}

/// `None` when the owner went without a line.
fn first_line(owner: &mut impl BufRead) -> Option<Result<String, OrdersError>> {
    let mut line = Vec::new();
    let longest = u64::try_from(MAX_ORDERS_BYTES).unwrap_or(u64::MAX);
    owner.by_ref().take(longest).read_until(b'\n', &mut line).ok()?;
    match line.pop() {
        Some(b'\n') => Some(String::from_utf8(line).map_err(|_| OrdersError::NotOrders("not UTF-8".into()))),
        Some(_) if line.len() + 1 == MAX_ORDERS_BYTES => Some(Err(OrdersError::TooLong)),
        Some(_) | None => None,
    }
}

fn read_to_end(mut owner: impl Read) {
    let mut ignored = [0u8; 256];
    loop {
        match owner.read(&mut ignored) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn what_is_written_is_ignored_until_the_end() {
        read_to_end([b"hello".as_slice(), b"world"].concat().as_slice());
    }

    #[test]
    fn orders_are_the_first_line_and_an_owner_may_go_without_any() {
        let mut owner = b"{\"a\":1}\nmore".as_slice();
        assert_eq!(first_line(&mut owner), Some(Ok("{\"a\":1}".to_owned())));
        assert_eq!(owner, b"more");
        assert_eq!(first_line(&mut b"".as_slice()), None);
        // An owner that died while it wrote has given no orders.
        assert_eq!(first_line(&mut b"{\"a\":".as_slice()), None);
    }

    #[test]
    fn orders_without_an_end_are_not_read_for_ever() {
        let endless = vec![b'x'; MAX_ORDERS_BYTES + 10];
        assert_eq!(first_line(&mut endless.as_slice()), Some(Err(OrdersError::TooLong)));
    }

    #[test]
    fn what_is_no_text_is_no_orders() {
        assert!(matches!(first_line(&mut b"\xff\xfe\n".as_slice()), Some(Err(OrdersError::NotOrders(_)))));
    }
}
