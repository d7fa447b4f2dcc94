-- The person's consent before GitHub is asked: the first one counts, of two tabs and of a doubled click.
-- KEYS 1 session
-- ARGV 1 approve or deny
local found = redis.call('HMGET', KEYS[1], 'request_id', 'consent')
if not found[1] then
    return 'missing'
end
if found[2] then
    return found[2]
end
redis.call('HSET', KEYS[1], 'consent', ARGV[1])
return ARGV[1]
