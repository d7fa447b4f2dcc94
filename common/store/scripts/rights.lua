-- Which of these commands the calling user may not use. Touches no key.
-- KEYS 1 any that the caller may use
-- ARGV commands with their key, words separated by spaces
local refused = {}
for _, command in ipairs(ARGV) do
    local words = {}
    for word in string.gmatch(command, '%S+') do
        words[#words + 1] = word
    end
    if not redis.acl_check_cmd(unpack(words)) then
        refused[#refused + 1] = command
    end
end
return refused
