-- Rotates a refresh token, or finds out what its reuse means (RFC 9700 4.14.2).
-- KEYS 1 refresh  2 revoked, both of one {g}
-- ARGV 1 n of the token that was shown  2 request id  3 grace  4 life of a refresh token
--      5 end of the grant (seconds since 1970)  6 how long a revocation is remembered at least
--      7 how many rotation times are remembered
-- Of a request id only the last 16 digits are kept: 64 random bits tell requests of one grant apart.
local now = tonumber(redis.call('TIME')[1])
local grant = redis.call('HMGET', KEYS[1], 'n', 'm', 'issued_at', 'rotated_at', 'request_id')
local shown, grace = tonumber(ARGV[1]), tonumber(ARGV[3])
local request_id = string.sub(ARGV[2], -16)
if not grant[1] or redis.call('EXISTS', KEYS[2]) == 1 then
    return {'missing'}
end
local n, m = tonumber(grant[1]), tonumber(grant[2])
-- rotated[1] is when token n was issued, which is when n - 1 was used; rotated[2] when n - 2 was ...
local rotated = {}
for time in string.gmatch(grant[4], '%d+') do
    rotated[#rotated + 1] = tonumber(time)
end

if shown < n then
    local used_at = rotated[n - shown]
    if shown == n - 1 and grant[5] == request_id then
        return {'issued', n, m, tonumber(grant[3]), rotated[1]}
    end
    if not used_at or now - used_at >= grace then
        local ttl = math.max(redis.call('TTL', KEYS[1]), tonumber(ARGV[6]))
        redis.call('DEL', KEYS[1])
        redis.call('SET', KEYS[2], '1', 'EX', ttl)
        return {'replayed'}
    end
    if shown < n - 1 then
        return {'superseded'}
    end
    redis.call('HSET', KEYS[1], 'm', m + 1, 'issued_at', now, 'request_id', request_id)
    return {'issued', n, m + 1, now, rotated[1]}
end

local ttl = math.min(tonumber(ARGV[4]), tonumber(ARGV[5]) - now)
if ttl <= 0 then
    return {'missing'}
end
local answer = 'issued'
if shown > n then
    -- Redis has lost what issued this token. Numbers of access tokens that were lost with it are
    -- skipped generously, and the unknown rotation before it counts as just done.
    answer = 'adopted'
    n, m, rotated = shown, m + 100 * (shown - n), {now}
end
local times = {now}
for _, time in ipairs(rotated) do
    if now - time < grace and #times < tonumber(ARGV[7]) then
        times[#times + 1] = time
    end
end
redis.call('HSET', KEYS[1], 'n', n + 1, 'm', m + 1, 'issued_at', now,
           'rotated_at', table.concat(times, ' '), 'request_id', request_id)
redis.call('EXPIRE', KEYS[1], ttl)
return {answer, n + 1, m + 1, now, now}
