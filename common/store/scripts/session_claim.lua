-- Claims a session for asking GitHub, which can be done once per code.
-- KEYS 1 session
-- ARGV 1 request id  2 lease in seconds  3 the attempt that the caller's state belongs to
local found = redis.call('HMGET', KEYS[1], 'attempt', 'claim', 'claim_until', 'signed_in_at')
if not found[1] then
    return 'missing'
end
if found[1] ~= ARGV[3] then
    return 'outdated'
end
if found[4] then
    return 'signed_in'
end
local now = tonumber(redis.call('TIME')[1])
if found[2] then
    -- The same request comes again only because its broker died.
    if found[2] == ARGV[1] or tonumber(found[3]) <= now then
        return 'abandoned'
    end
    return 'claimed'
end
redis.call('HSET', KEYS[1], 'claim', ARGV[1], 'claim_until', now + tonumber(ARGV[2]))
return 'yours'
