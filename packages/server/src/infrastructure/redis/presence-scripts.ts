/** What Redis does with presence in one step, each script on one key, so that a cluster can run it. */

/** A connection is there. ARGV: connection, "instance expires", ttl ms, status or ''. */
export const PUT = `
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'status', ARGV[4]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[3])`

/** It is gone; with the last one goes the status. */
export const DROP = `
redis.call('HDEL', KEYS[1], ARGV[1])
if redis.call('HLEN', KEYS[1]) == redis.call('HEXISTS', KEYS[1], 'status') then return redis.call('DEL', KEYS[1]) end
return 0`

export const SET_STATUS = `
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'status', ARGV[1]) end
return 0`

export const READ = `return redis.call('HGETALL', KEYS[1])`

/** All connections of an instance that died. */
export const CLEAN = `
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  if string.sub(fields[i + 1], 1, #ARGV[1] + 1) == ARGV[1] .. ' ' then redis.call('HDEL', KEYS[1], fields[i]) end
end
if redis.call('HLEN', KEYS[1]) == redis.call('HEXISTS', KEYS[1], 'status') then return redis.call('DEL', KEYS[1]) end
return 0`

export const MEMBERS = `return redis.call('SMEMBERS', KEYS[1])`

/** An instance lives. Answers whether it was known, who lives, and who has died since: whoever hears of a death cleans up after it. */
export const ALIVE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local known = redis.call('ZSCORE', KEYS[1], ARGV[1]) and 1 or 0
redis.call('ZADD', KEYS[1], now, ARGV[1])
local dead = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
for _, id in ipairs(dead) do redis.call('ZREM', KEYS[1], id) end
return { known, redis.call('ZRANGE', KEYS[1], 0, -1), dead }`
