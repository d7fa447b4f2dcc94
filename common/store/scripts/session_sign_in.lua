-- Ends a claim with the person that GitHub named. Repeatable: the claim stays as the mark of who did,
-- without its lease.
-- KEYS 1 session
-- ARGV 1 request id of the claim  2... fields, values
if string.match(redis.call('HGET', KEYS[1], 'claim') or '', '^[^.]*') ~= ARGV[1] then
    return 'lost'
end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('HDEL', KEYS[1], 'claim_until')
return 'signed_in'
