-- Revokes a grant: no refresh token of it is good any more, and no access token.
-- KEYS 1 refresh  2 revoked, both of one {g}
-- ARGV 1 how long the revocation is remembered at least, in seconds
local ttl = math.max(redis.call('TTL', KEYS[1]), redis.call('TTL', KEYS[2]), tonumber(ARGV[1]))
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], '1', 'EX', ttl)
return 'revoked'
