# Writes store_scripts.h and store_scripts.c into FOLDER: each Lua file of SCRIPTS_FOLDER as a struct
# store_script with its text and the SHA-1 by which EVALSHA names it.
file(GLOB scripts ${SCRIPTS_FOLDER}/*.lua)
list(SORT scripts)
set(header "/* Made from scripts/ by embed_scripts.cmake. */\n#ifndef COMMON_STORE_STORE_SCRIPTS_H
#define COMMON_STORE_STORE_SCRIPTS_H\n\n#include \"common/store/store.h\"\n\n")
set(source "/* Made from scripts/ by embed_scripts.cmake. */\n#include \"common/store/store_scripts.h\"\n")
foreach(script IN LISTS scripts)
  get_filename_component(name ${script} NAME_WE)
  string(TOUPPER ${name} symbol)
  file(SHA1 ${script} sha1)
  file(READ ${script} text HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," text "${text}")
  string(REGEX REPLACE "(......................................................................)" "\\1\n    " text "${text}")
  string(APPEND header "extern const struct store_script SCRIPT_${symbol};\n")
  string(APPEND source "
static const char ${symbol}_TEXT[] = {
    ${text}
};
const struct store_script SCRIPT_${symbol} = {
    .name = \"${name}\",
    .text = {.at = ${symbol}_TEXT, .len = sizeof(${symbol}_TEXT)},
    .sha1 = \"${sha1}\",
};
")
endforeach()
string(APPEND header "\n#endif\n")
file(WRITE ${FOLDER}/store_scripts.h "${header}")
file(WRITE ${FOLDER}/store_scripts.c "${source}")
