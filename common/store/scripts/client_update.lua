-- Replaces the fields of a client, and never creates one; its life stays. A client that has a secret
-- keeps it for as long as it is to have one: what is offered becomes the secret of one that has none.
-- KEYS 1 client
-- ARGV 1 how many fields go  2... their names, then field, value, field, value
-- Answers the digest of the secret that holds now, '' without one, nil for an unknown client.
if redis.call('EXISTS', KEYS[1]) == 0 then
    return false
end
local secret = redis.call('HGET', KEYS[1], 'client_secret_sha256')
local first = ARGV[1] + 2
redis.call('HSET', KEYS[1], unpack(ARGV, first))
if first > 2 then
    redis.call('HDEL', KEYS[1], unpack(ARGV, 2, first - 1))
end
if secret and redis.call('HGET', KEYS[1], 'client_secret_sha256') then
    redis.call('HSET', KEYS[1], 'client_secret_sha256', secret)
end
return redis.call('HGET', KEYS[1], 'client_secret_sha256') or ''
