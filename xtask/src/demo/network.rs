//! Ports and addresses: which to use, whether they are free, and how others on the network reach this machine.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use anyhow::{Context, Result, bail};

/// Who can reach the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// This machine alone.
    Loopback,
    /// The local network, where this machine has this address.
    Lan(Ipv4Addr),
}

impl Reach {
    /// The address that clients are told.
    pub(super) fn public_address(self) -> Ipv4Addr {
        match self {
            Reach::Loopback => Ipv4Addr::LOCALHOST,
            Reach::Lan(address) => address,
        }
    }

    /// The addresses that the LiveKit server takes connections on.
    pub(super) fn sfu_addresses(self) -> Vec<Ipv4Addr> {
        match self {
            Reach::Loopback => vec![Ipv4Addr::LOCALHOST],
            Reach::Lan(address) => vec![Ipv4Addr::LOCALHOST, address],
        }
    }

    /// The address that the token server takes connections on.
    pub(super) fn token_server_address(self) -> Ipv4Addr {
        match self {
            Reach::Loopback => Ipv4Addr::LOCALHOST,
            Reach::Lan(_) => Ipv4Addr::UNSPECIFIED,
        }
    }
}

/// The ports of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ports {
    /// Token server, HTTP.
    pub(super) token_server: u16,
    /// LiveKit server, HTTP and WebSocket.
    pub(super) sfu: u16,
    /// LiveKit server, media over TCP; only used beyond loopback.
    pub(super) media_tcp: u16,
    /// LiveKit server, media over UDP.
    pub(super) media_udp: u16,
}

const TOKEN_SERVER: u16 = 3001;
const SFU: u16 = 7880;
/// The highest port that leaves room for the two media ports above it.
const HIGHEST_SFU: u16 = u16::MAX - 2;

impl Ports {
    /// The chosen ports, else the well-known ones, else (for `any_free`) whichever are free.
    pub(super) fn choose(any_free: bool, token_server: Option<u16>, sfu: Option<u16>) -> Result<Ports> {
        if token_server == Some(0) {
            bail!("--port 0: choose a port from 1 to 65535");
        }
        match sfu {
            Some(0) => bail!("--sfu-port 0: choose a port from 1 to {HIGHEST_SFU}"),
            Some(port) if port > HIGHEST_SFU => bail!("--sfu-port {port}: the two ports above it are needed too"),
            Some(_) | None => {}
        }
        let usual = Ports::above(token_server.unwrap_or(TOKEN_SERVER), sfu.unwrap_or(SFU));
        if any_free { usual.with_free(token_server.is_none(), sfu.is_none()) } else { Ok(usual) }
    }

    /// The same with free ports in place of those that were not asked for.
    fn with_free(self, token_server: bool, sfu: bool) -> Result<Ports> {
        let listen = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        // All are held until all are chosen, those that were asked for too (if one is taken, nobody can be given it
        // either): so no two are equal.
        let (asked_front, asked_sfu, asked_media) =
            (listen(self.token_server), listen(self.sfu), listen(self.media_tcp));
        let held = [listen(0), listen(0), listen(0)];
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("no free UDP port")?;
        let mut free = [0; 3];
        for (port, listener) in free.iter_mut().zip(held) {
            *port = listener.and_then(|listener| listener.local_addr()).context("no free TCP port")?.port();
        }
        drop((asked_front, asked_sfu, asked_media));
        let [front, signal, media_tcp] = free;
        let mut ports = self;
        if token_server {
            ports.token_server = front;
        }
        if sfu {
            ports =
                Ports { token_server: ports.token_server, sfu: signal, media_tcp, media_udp: udp.local_addr()?.port() };
        }
        Ok(ports)
    }

    fn above(token_server: u16, sfu: u16) -> Ports {
        Ports { token_server, sfu, media_tcp: sfu + 1, media_udp: sfu + 2 }
    }

    /// Fails on the first port that is taken, naming it and the flag that chooses another.
    pub(super) fn check_free(&self, reach: &Reach) -> Result<()> {
        let front = [("--port", "the token server", self.token_server, reach.token_server_address())];
        let sfu = reach.sfu_addresses().into_iter().map(|at| ("--sfu-port", "the LiveKit server", self.sfu, at));
        let media = match reach {
            Reach::Loopback => None,
            // The server takes media over TCP on every interface.
            Reach::Lan(_) => Some(("--sfu-port", "the LiveKit server's media", self.media_tcp, Ipv4Addr::UNSPECIFIED)),
        };
        for (flag, purpose, port, address) in front.into_iter().chain(sfu).chain(media) {
            explain(TcpListener::bind((address, port)).map(drop), "TCP", flag, purpose, port)?;
        }
        let udp = UdpSocket::bind((reach.public_address(), self.media_udp)).map(drop);
        explain(udp, "UDP", "--sfu-port", "the LiveKit server's media", self.media_udp)
    }
}

fn explain(bound: io::Result<()>, kind: &str, flag: &str, purpose: &str, port: u16) -> Result<()> {
    match bound {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            bail!("{kind} port {port} for {purpose} is taken: end what uses it, or choose another with {flag}")
        }
        Err(error) => Err(error).with_context(|| format!("{kind} port {port} for {purpose} ({flag}) cannot be used")),
    }
}

/// This machine's address on the local network: the one that it would reach others from.
pub(super) fn lan_address() -> Result<Ipv4Addr> {
    // Connecting a UDP socket sends nothing, it only asks the routing table. The address is one reserved for
    // documentation (RFC 5737), so that it is nobody's.
    let routed = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .and_then(|socket| socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).and_then(|()| socket.local_addr()));
    if let Ok(SocketAddr::V4(address)) = routed
        && usable(*address.ip())
    {
        return Ok(*address.ip());
    }
    let interfaces = nix::ifaddrs::getifaddrs().context("cannot list the network interfaces")?;
    let addresses = interfaces.filter_map(|interface| Some(interface.address?.as_sockaddr_in()?.ip()));
    addresses.into_iter().find(|address| usable(*address)).context("--lan: this machine has no address on a network")
}

fn usable(address: Ipv4Addr) -> bool {
    !IpAddr::V4(address).is_loopback() && !address.is_unspecified() && !address.is_link_local()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_its_flag_before_anything_starts() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let free = Ports::choose(true, None, None).unwrap();
        let (loopback, lan) = (Reach::Loopback, Reach::Lan(Ipv4Addr::LOCALHOST));
        for (ports, reach, flag) in [
            (Ports { token_server: port, ..free }, loopback, "--port"),
            (Ports { sfu: port, ..free }, loopback, "--sfu-port"),
            (Ports { media_tcp: port, ..free }, lan, "--sfu-port"),
        ] {
            let message = ports.check_free(&reach).unwrap_err().to_string();
            assert!(message.contains(&port.to_string()) && message.contains(flag), "{message}");
        }
        let taken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let message = Ports { media_udp: port, ..free }.check_free(&Reach::Loopback).unwrap_err().to_string();
        assert!(message.contains(&port.to_string()) && message.contains("UDP"), "{message}");
    }

    #[test]
    fn well_known_ports_are_the_default_and_flags_win() {
        let ports = Ports::choose(false, None, None).unwrap();
        assert_eq!(ports, Ports { token_server: 3001, sfu: 7880, media_tcp: 7881, media_udp: 7882 });
        let ports = Ports::choose(true, Some(4000), Some(9000)).unwrap();
        assert_eq!(ports, Ports { token_server: 4000, sfu: 9000, media_tcp: 9001, media_udp: 9002 });
    }

    #[test]
    fn free_ports_are_never_the_same() {
        for (token_server, sfu) in [(None, None), (Some(4000), None), (None, Some(9000))] {
            for _ in 0..100 {
                let ports = Ports::choose(true, token_server, sfu).unwrap();
                let distinct = std::collections::BTreeSet::from([ports.token_server, ports.sfu, ports.media_tcp]);
                assert_eq!(distinct.len(), 3, "{ports:?}");
            }
        }
    }

    #[test]
    fn ports_that_cannot_be_are_refused_with_their_flag() {
        assert!(Ports::choose(false, Some(0), None).unwrap_err().to_string().contains("--port"));
        for sfu in [0, 65534, 65535] {
            assert!(Ports::choose(false, None, Some(sfu)).unwrap_err().to_string().contains("--sfu-port"));
        }
    }
}
