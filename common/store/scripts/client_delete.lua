-- Deletes a client once. The same request is told the same success again.
-- KEYS 1 client  2 its deletion
-- ARGV 1 digest of its registration access token  2 request id  3 seconds that it may be repeated
local digest = redis.call('HGET', KEYS[1], 'registration_access_token_sha256')
if digest and digest == ARGV[1] then
    redis.call('DEL', KEYS[1])
    redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
    return 'deleted'
end
if redis.call('GET', KEYS[2]) == ARGV[2] then
    return 'deleted'
end
return 'missing'
