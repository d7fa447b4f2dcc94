-- Redeems an authorization code: marks it as used and creates the grant, in one step.
-- KEYS 1 code  2 refresh  3 revoked, all of one {g}
-- ARGV 1 request id  2 life of a refresh token  3 end of the grant (seconds since 1970)
--      4 how long a revocation is remembered at least  5... the grant's fields and values
-- Texts are passed on as they came: a number costs more to be written as text.
local clock = redis.call('TIME')[1]
local now = tonumber(clock)
local code = redis.call('HMGET', KEYS[1], 'client_id', 'used_by', 'used_at')
if not code[1] then
    return {'unknown'}
end
local revoked = redis.call('EXISTS', KEYS[3]) == 1
if code[2] == ARGV[1] then
    if revoked then
        return {'unknown'}
    end
    return {'redeemed', tonumber(code[3])}
end
-- A grant without a used code: the code's tombstone is gone and somebody made the code anew.
if code[2] or redis.call('EXISTS', KEYS[2]) == 1 then
    local ttl = math.max(redis.call('TTL', KEYS[2]), tonumber(ARGV[4]))
    redis.call('DEL', KEYS[2])
    redis.call('SET', KEYS[3], '1', 'EX', ttl)
    return {'replayed'}
end
local ttl, left = ARGV[2], tonumber(ARGV[3]) - now
if left < tonumber(ttl) then
    ttl = left
end
if revoked or tonumber(ttl) <= 0 then
    return {'unknown'}
end
redis.call('HSET', KEYS[1], 'used_by', ARGV[1], 'used_at', clock)
redis.call('HSET', KEYS[2], 'n', '1', 'm', '1', 'issued_at', clock, 'rotated_at', clock,
           'request_id', string.sub(ARGV[1], -16), unpack(ARGV, 5))
redis.call('EXPIRE', KEYS[2], ttl)
return {'redeemed', now}
