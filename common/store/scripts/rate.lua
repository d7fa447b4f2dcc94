-- Counts one use of KEYS[1] in a window of ARGV[1] seconds. Answers the count and the milliseconds
-- until the window ends.
local count = redis.call('INCR', KEYS[1])
local left_ms = redis.call('PTTL', KEYS[1])
if left_ms < 0 then
    left_ms = ARGV[1] * 1000
    redis.call('PEXPIRE', KEYS[1], left_ms)
end
return {count, left_ms}
