-- Replaces a record whole: no field of the old one stays.
-- KEYS 1 record
-- ARGV 1 life in seconds  2... fields, values
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
