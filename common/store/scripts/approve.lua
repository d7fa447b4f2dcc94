-- Remembers an approval, from now for its whole life again.
-- KEYS 1 approval
-- ARGV 1 life in seconds  2... fields, values
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
