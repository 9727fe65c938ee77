//! How often clients may call: a bucket of tokens for each, and one for all of them together.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::ClientId;

/// The most clients that have a bucket of their own.
pub const MAX_CLIENTS: usize = 20_000;
/// How many buckets those share who come when there are more.
const SHARED_BUCKETS: u64 = 1024;
/// After how many requests full buckets are thrown away: they are as good as new ones.
const SWEEP_EVERY: usize = 1024;

/// So many requests a second, and so many at once after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How fast the bucket fills.
    pub per_second: NonZeroU32,
    /// How much it holds.
    pub burst: NonZeroU32,
}

impl Rate {
    /// Reads `20` or `20:60`. Without a burst, the bucket holds `seconds` of them. 0 is no limit.
    #[must_use]
    pub fn parse(text: &str, seconds: u32) -> Option<Option<Self>> {
        let (per_second, burst) = match text.trim().split_once(':') {
            Some((per_second, burst)) => (per_second, Some(burst)),
            None => (text.trim(), None),
        };
        let per_second: u32 = per_second.trim().parse().ok()?;
        let burst = match burst {
            Some(burst) => burst.trim().parse().ok()?,
            None => per_second.saturating_mul(seconds),
        };
        match (NonZeroU32::new(per_second), NonZeroU32::new(burst)) {
            (Some(per_second), Some(burst)) => Some(Some(Self { per_second, burst })),
            (None, _) => Some(None),
            (Some(_), None) => None,
        }
    }

    fn quota(self) -> Quota {
        Quota::per_second(self.per_second).allow_burst(self.burst)
    }
}

/// What the operator allows. `None`: as often as they like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Each client.
    pub client: Option<Rate>,
    /// All clients together.
    pub global: Option<Rate>,
    /// Each sender of webhooks.
    pub webhook: Option<Rate>,
}

type Direct<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;
type Keyed<K, C> = RateLimiter<K, HashMapStateStore<K>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// Whose bucket it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Bucket<K> {
    Own(K),
    Shared(u64),
}

/// A bucket for each of a bounded number of keys.
struct Buckets<K: Clone + Eq + Hash, C: Clock> {
    limiter: Keyed<Bucket<K>, C>,
    clock: C,
    requests: AtomicUsize,
    /// Nobody can choose whom to share with.
    hasher: RandomState,
}

impl<K: Clone + Eq + Hash, C: Clock + Clone> Buckets<K, C> {
    fn new(rate: Rate, clock: &C) -> Self {
        let limiter = RateLimiter::new(rate.quota(), HashMapStateStore::default(), clock.clone());
        Self { limiter, clock: clock.clone(), requests: AtomicUsize::new(0), hasher: RandomState::new() }
    }

    fn take(&self, key: &K) -> Result<(), Duration> {
        if self.requests.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let bucket = if self.limiter.len() < MAX_CLIENTS {
            Bucket::Own(key.clone())
        } else {
            Bucket::Shared(self.hasher.hash_one(key) % SHARED_BUCKETS)
        };
        self.limiter.check_key(&bucket).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

/// Counts requests. Memory is bounded however many clients come.
pub struct Rates<C: Clock = DefaultClock> {
    clients: Option<Buckets<ClientId, C>>,
    global: Option<(Direct<C>, C)>,
    webhook: Option<Buckets<IpAddr, C>>,
}

impl Rates {
    /// Counts on this machine's clock.
    #[must_use]
    pub fn new(limits: RateLimits) -> Self {
        Self::with_clock(limits, &DefaultClock::default())
    }
}

impl<C: Clock + Clone> Rates<C> {
    /// Counts on another clock.
    #[must_use]
    pub fn with_clock(limits: RateLimits, clock: &C) -> Self {
        Self {
            clients: limits.client.map(|rate| Buckets::new(rate, clock)),
            global: limits
                .global
                .map(|rate| (RateLimiter::new(rate.quota(), InMemoryState::default(), clock.clone()), clock.clone())),
            webhook: limits.webhook.map(|rate| Buckets::new(rate, clock)),
        }
    }

    /// Counts a request of `client`. One that calls too often takes nothing from the others.
    ///
    /// # Errors
    /// How long to wait.
    pub fn request(&self, client: &ClientId) -> Result<(), Duration> {
        if let Some(clients) = &self.clients {
            clients.take(client)?;
        }
        match &self.global {
            Some((limiter, clock)) => limiter.check().map_err(|not_until| not_until.wait_time_from(clock.now())),
            None => Ok(()),
        }
    }

    /// Counts a webhook from `address`.
    ///
    /// # Errors
    /// How long to wait.
    pub fn webhook(&self, address: IpAddr) -> Result<(), Duration> {
        self.webhook.as_ref().map_or(Ok(()), |senders| senders.take(&address))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::net::Ipv4Addr;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn rate(text: &str) -> Option<Rate> {
        Rate::parse(text, 3).unwrap()
    }

    fn client(number: u32) -> ClientId {
        ClientId::at(Ipv4Addr::from_bits(number).into())
    }

    fn allowed(rates: &Rates<FakeRelativeClock>, who: &ClientId, tries: usize) -> usize {
        (0..tries).filter(|_| rates.request(who).is_ok()).count()
    }

    #[test]
    fn rates_are_read_with_or_without_a_burst() {
        let of = |per_second, burst| {
            Some(Rate { per_second: NonZeroU32::new(per_second).unwrap(), burst: NonZeroU32::new(burst).unwrap() })
        };
        assert_eq!((rate("20"), rate(" 20 : 5 "), rate("0"), rate("0:9")), (of(20, 60), of(20, 5), None, None));
        for wrong in ["", "a", "-1", "1.5", "1:", "1:0", ":5", "5000000000"] {
            assert_eq!(Rate::parse(wrong, 3), None, "{wrong}");
        }
    }

    #[test]
    fn a_client_has_its_burst_and_then_its_rate_and_takes_nothing_from_others() {
        let clock = FakeRelativeClock::default();
        let limits = RateLimits { client: rate("2:5"), ..RateLimits::default() };
        let rates = Rates::with_clock(limits, &clock);
        assert_eq!(allowed(&rates, &client(1), 9), 5);
        assert_eq!(allowed(&rates, &client(2), 9), 5);
        let wait = rates.request(&client(1)).unwrap_err();
        assert!(wait <= Duration::from_millis(500) && wait > Duration::from_millis(400), "{wait:?}");
        clock.advance(Duration::from_secs(1));
        assert_eq!(allowed(&rates, &client(1), 9), 2);
    }

    #[test]
    fn all_clients_together_have_a_limit_and_who_calls_too_often_does_not_use_it_up() {
        let clock = FakeRelativeClock::default();
        let limits = RateLimits { client: rate("1:4"), global: rate("1:8"), webhook: None };
        let rates = Rates::with_clock(limits, &clock);
        assert_eq!(allowed(&rates, &client(1), 1000), 4);
        assert_eq!(allowed(&rates, &client(2), 3), 3);
        assert_eq!(allowed(&rates, &client(3), 3), 1);
    }

    #[test]
    fn webhooks_are_counted_apart() {
        let limits = RateLimits { client: rate("1:1"), global: rate("1:1"), webhook: rate("1:3") };
        let rates = Rates::with_clock(limits, &FakeRelativeClock::default());
        let address = Ipv4Addr::LOCALHOST.into();
        assert_eq!((0..9).filter(|_| rates.webhook(address).is_ok()).count(), 3);
        assert!(rates.request(&ClientId::at(address)).is_ok());
    }

    #[test]
    fn a_flood_of_clients_is_bounded_and_forgotten() {
        let clock = FakeRelativeClock::default();
        let limits = RateLimits { client: rate("1:2"), ..RateLimits::default() };
        let rates = Rates::with_clock(limits, &clock);
        let many = u32::try_from(MAX_CLIENTS).unwrap() * 2;
        let refused = (0..many).filter(|number| rates.request(&client(*number)).is_err()).count();
        assert!(refused > 0, "those beyond the bound share buckets");
        let known = || rates.clients.as_ref().unwrap().limiter.len();
        assert!(known() <= MAX_CLIENTS + usize::try_from(SHARED_BUCKETS).unwrap(), "{}", known());
        clock.advance(Duration::from_secs(10));
        // Its share of a shared bucket at first, and its own one once the flood is forgotten.
        assert!(allowed(&rates, &client(1), 2 * SWEEP_EVERY) <= 4);
        assert!(known() < 10, "{}", known());
    }
}
