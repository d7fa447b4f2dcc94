-- The person's decision: the first one counts, of two tabs and of a doubled click.
-- KEYS 1 session
-- ARGV 1 approve or deny  2 the attempt that the form belongs to
local found = redis.call('HMGET', KEYS[1], 'attempt', 'signed_in_at', 'decision')
if not found[1] then
    return 'missing'
end
if found[1] ~= ARGV[2] or not found[2] then
    return 'outdated'
end
if found[3] then
    return found[3]
end
redis.call('HSET', KEYS[1], 'decision', ARGV[1])
return ARGV[1]
