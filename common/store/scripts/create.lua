-- Creates a record once. An equal record is success, so that a repeated request changes nothing.
-- KEYS 1 record
-- ARGV 1 life in seconds  2 a field that is not compared, or ''  3 a field whose presence says that
--      the record has been used, or ''  4... field, value, field, value
if redis.call('EXISTS', KEYS[1]) == 0 then
    redis.call('HSET', KEYS[1], unpack(ARGV, 4))
    redis.call('EXPIRE', KEYS[1], ARGV[1])
    return 'created'
end
for i = 4, #ARGV, 2 do
    if ARGV[i] ~= ARGV[2] and redis.call('HGET', KEYS[1], ARGV[i]) ~= ARGV[i + 1] then
        return 'conflict'
    end
end
if ARGV[3] ~= '' and redis.call('HGET', KEYS[1], ARGV[3]) then
    return 'used'
end
return 'equal'
