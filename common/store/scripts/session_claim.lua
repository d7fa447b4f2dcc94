-- Claims a session for asking GitHub, which can be done once per code.
-- KEYS 1 session
-- ARGV 1 request id  2 lease in seconds  3 the attempt that the caller's state belongs to
--      4 a mark of this claim, the same only when this script's answer was lost
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
    if found[2] == ARGV[1] .. '.' .. ARGV[4] then
        return 'yours'
    end
    -- The same request comes from elsewhere only because its broker died.
    if string.match(found[2], '^[^.]*') == ARGV[1] or tonumber(found[3]) <= now then
        return 'abandoned'
    end
    return 'claimed'
end
redis.call('HSET', KEYS[1], 'claim', ARGV[1] .. '.' .. ARGV[4], 'claim_until', now + tonumber(ARGV[2]))
return 'yours'
