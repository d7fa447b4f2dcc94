-- Ends a claim with the person that GitHub named.
-- KEYS 1 session
-- ARGV 1 request id of the claim  2... fields, values
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[1] then
    return 'lost'
end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('HDEL', KEYS[1], 'claim', 'claim_until')
return 'signed_in'
