-- Begins another attempt at GitHub, forgetting whoever signed in. Repeatable: it moves only from the
-- attempt that the caller saw, and not once a decision has been made.
-- KEYS 1 session
-- ARGV 1 the attempt seen
local found = redis.call('HMGET', KEYS[1], 'attempt', 'decision')
if not found[1] then
    return -1
end
if found[1] ~= ARGV[1] or found[2] then
    return tonumber(found[1])
end
redis.call('HSET', KEYS[1], 'attempt', tonumber(ARGV[1]) + 1)
redis.call('HDEL', KEYS[1], 'claim', 'claim_until', 'user_id', 'login', 'email', 'rule', 'denial',
           'help_url', 'signed_in_at')
return tonumber(ARGV[1]) + 1
