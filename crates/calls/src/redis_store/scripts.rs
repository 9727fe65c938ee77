//! The scripts. Redis runs each of them as a whole, and knows it by its hash from the second time on.

use redis::{Script, ScriptInvocation};

use super::keys::Keys;
use crate::model::Lease;

/// `KEYS`: record, ended calls, turns. `ARGV`: call, generation, seconds to keep.
const STANDING: &str = "
    local call, generation, kept = ARGV[1], tonumber(ARGV[2]), ARGV[3]
    local function standing()
        local found = redis.call('HMGET', KEYS[1], 'call', 'generation', 'state')
        if not found[1] then
            return redis.call('LPOS', KEYS[2], call) and 'gone' or 'forgotten'
        end
        if found[1] ~= call or found[3] == 'ending' then return 'gone' end
        local current = tonumber(found[2])
        if current > generation then return 'superseded' end
        if current < generation then return 'forgotten' end
        return 'yours'
    end
    local standing = standing()
";

/// `ARGV`: seconds to keep, invited or not, then fields and values.
const BEGIN: &str = "
    local fresh = redis.call('EXISTS', KEYS[1]) == 0
    if fresh then
        redis.call('HSET', KEYS[1], unpack(ARGV, 3))
    elseif ARGV[2] == '1' then
        redis.call('HSET', KEYS[1], 'invited', '1')
    end
    redis.call('EXPIRE', KEYS[1], ARGV[1])
    return { fresh and 1 or 0, redis.call('HGETALL', KEYS[1]) }
";

/// More `ARGV`: the next generation, the new holder.
const REPLACE: &str = "
    if standing ~= 'yours' then return { standing, {} } end
    redis.call('HSET', KEYS[1], 'generation', ARGV[4], 'holder', ARGV[5], 'state', 'wanted')
    redis.call('HDEL', KEYS[1], 'host', 'pid', 'started')
    redis.call('EXPIRE', KEYS[1], kept)
    return { standing, redis.call('HGETALL', KEYS[1]) }
";

const BEAT: &str = "
    if standing ~= 'yours' then return { standing, 0 } end
    redis.call('HSET', KEYS[1], 'state', 'served')
    redis.call('EXPIRE', KEYS[1], kept)
    return { standing, redis.call('HINCRBY', KEYS[1], 'beat', 1) }
";

/// More `ARGV`: fields and values.
const CHANGE: &str = "
    if standing == 'yours' then
        redis.call('HSET', KEYS[1], unpack(ARGV, 4))
        redis.call('EXPIRE', KEYS[1], kept)
    end
    return standing
";

const END: &str = "
    local found = redis.call('HMGET', KEYS[1], 'call', 'generation', 'state')
    local given_up = found[1] == call and tonumber(found[2]) == generation and found[3] == 'ending'
    if standing ~= 'yours' and not given_up then return standing end
    redis.call('DEL', KEYS[1], KEYS[3])
    redis.call('LPUSH', KEYS[2], call)
    redis.call('LTRIM', KEYS[2], 0, 99)
    redis.call('EXPIRE', KEYS[2], kept)
    return 'yours'
";

/// More `ARGV`: numbers and texts of turns. The 200 that are kept are [`crate::MAX_TURNS`].
const APPEND: &str = "
    if standing ~= 'yours' or #ARGV < 4 then return standing end
    for at = 4, #ARGV, 2 do
        if redis.call('ZCOUNT', KEYS[3], ARGV[at], ARGV[at]) == 0 then
            redis.call('ZADD', KEYS[3], ARGV[at], ARGV[at + 1])
        end
    end
    redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -201)
    redis.call('EXPIRE', KEYS[3], kept)
    return standing
";

/// More `ARGV`: fields and values.
const RESTORE: &str = "
    if standing ~= 'forgotten' then return standing end
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], unpack(ARGV, 4))
    redis.call('EXPIRE', KEYS[1], kept)
    return 'yours'
";

/// The scripts of a store.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) begin: Script,
    pub(super) replace: Script,
    pub(super) beat: Script,
    pub(super) change: Script,
    pub(super) end: Script,
    pub(super) append: Script,
    pub(super) restore: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        let checked = |script: &str| Script::new(&format!("{STANDING}{script}"));
        Self {
            begin: Script::new(BEGIN),
            replace: checked(REPLACE),
            beat: checked(BEAT),
            change: checked(CHANGE),
            end: checked(END),
            append: checked(APPEND),
            restore: checked(RESTORE),
        }
    }
}

/// The keys and the first arguments of every script that checks a lease.
pub(super) fn lease<'a, 'b>(script: &'b mut ScriptInvocation<'a>, lease: &Lease) -> &'b mut ScriptInvocation<'a> {
    let keys = Keys::of(&lease.room);
    let turns = keys.turns(lease.call);
    script.key(keys.record).key(keys.ended).key(turns);
    script.arg(lease.call.to_string()).arg(lease.generation.get())
}
