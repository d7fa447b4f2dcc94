-- The person's decision: the first one counts, of two tabs and of a doubled click.
-- KEYS 1 session
-- ARGV 1 approve or deny  2 the attempt that the form belongs to
-- Answers the decision that counts and its age in seconds.
local found = redis.call('HMGET', KEYS[1], 'attempt', 'signed_in_at', 'decision', 'decided_at')
if not found[1] then
    return {'missing', 0}
end
if found[1] ~= ARGV[2] or not found[2] then
    return {'outdated', 0}
end
local now = tonumber(redis.call('TIME')[1])
if found[3] then
    return {found[3], now - tonumber(found[4] or now)}
end
redis.call('HSET', KEYS[1], 'decision', ARGV[1], 'decided_at', now)
return {ARGV[1], 0}
