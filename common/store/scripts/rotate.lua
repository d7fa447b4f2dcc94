-- Rotates a refresh token, or finds out what its reuse means (RFC 9700 4.14.2).
-- KEYS 1 refresh  2 revoked, both of one {g}
-- ARGV 1 n of the token that was shown  2 request id  3 grace  4 life of a refresh token
--      5 end of the grant (seconds since 1970)  6 how long a revocation is remembered at least
--      7 how many rotation times are remembered (at least 2)
-- Of a request id only the last 16 digits are kept: 64 random bits tell requests of one grant apart.
-- A number costs much more to be written as text than a text to be passed on (this runs for every
-- token), so times stay the text that Redis gave, and are parsed only where they are compared.
local call = redis.call
local clock = call('TIME')[1]
local grant = call('HMGET', KEYS[1], 'n', 'm', 'issued_at', 'rotated_at', 'request_id')
if not grant[1] or call('EXISTS', KEYS[2]) == 1 then
    return {'missing'}
end
local now, shown, grace = tonumber(clock), tonumber(ARGV[1]), tonumber(ARGV[3])
local n, m = tonumber(grant[1]), tonumber(grant[2])
local request_id = string.sub(ARGV[2], -16)
-- The first of these is when token n was issued, which is when n - 1 was used, the second when
-- n - 2 was ...
local rotated_at = grant[4]

if shown < n then
    local rotated = {}
    for time in string.gmatch(rotated_at, '%d+') do
        rotated[#rotated + 1] = tonumber(time)
    end
    local used_at = rotated[n - shown]
    if shown == n - 1 and grant[5] == request_id then
        return {'issued', n, m, tonumber(grant[3]), rotated[1]}
    end
    if not used_at or now - used_at >= grace then
        local ttl = math.max(call('TTL', KEYS[1]), tonumber(ARGV[6]))
        call('DEL', KEYS[1])
        call('SET', KEYS[2], '1', 'EX', ttl)
        return {'replayed'}
    end
    if shown < n - 1 then
        return {'superseded'}
    end
    call('HSET', KEYS[1], 'm', m + 1, 'issued_at', clock, 'request_id', request_id)
    return {'issued', n, m + 1, now, rotated[1]}
end

local ttl, left = ARGV[4], tonumber(ARGV[5]) - now
if left <= 0 or tonumber(ttl) <= 0 then
    return {'missing'}
end
if left < tonumber(ttl) then
    ttl = left
end
local answer = 'issued'
if shown > n then
    -- Redis has lost what issued this token. Numbers of access tokens that were lost with it are
    -- skipped generously, and the unknown rotation before it counts as just done.
    answer = 'adopted'
    n, m, rotated_at = shown, m + 100 * (shown - n), clock
end
n, m = n + 1, m + 1
-- Those that a grace still needs, and one place is now's; the oldest stand last.
local most = string.rep('%d+ ', tonumber(ARGV[7]) - 2) .. '%d+'
local kept = string.match(rotated_at, '^' .. most) or rotated_at
local last = string.match(kept, '%d+$', -11)
while last and now - last >= grace do
    kept = string.sub(kept, 1, math.max(#kept - #last - 1, 0))
    last = string.match(kept, '%d+$', -11)
end
call('HSET', KEYS[1], 'n', n, 'm', m, 'issued_at', clock,
     'rotated_at', last and clock .. ' ' .. kept or clock, 'request_id', request_id)
call('EXPIRE', KEYS[1], ttl)
return {answer, n, m, now, now}
