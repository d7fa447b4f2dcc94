# Writes page_files.c into FOLDER: every file of PAGES_FOLDER as bytes, so that the program needs no
# files of its own at run time.
file(GLOB pages ${PAGES_FOLDER}/*)
list(SORT pages)
set(source "/* Made from pages/ by embed_pages.cmake. */\n#include \"services/edge/page.h\"\n")
set(table "")
set(number 0)
foreach(page IN LISTS pages)
  get_filename_component(name ${page} NAME)
  file(READ ${page} text HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," text "${text}")
  string(REGEX REPLACE "(......................................................................)" "\\1\n    " text "${text}")
  string(APPEND source "\nstatic const char FILE_${number}[] = {\n    ${text}\n};\n")
  string(APPEND table "    {\"${name}\", {FILE_${number}, sizeof(FILE_${number})}},\n")
  math(EXPR number "${number} + 1")
endforeach()
string(APPEND source "\nconst struct page_file PAGE_FILES[] = {\n${table}};
const size_t PAGE_FILES_COUNT = sizeof(PAGE_FILES) / sizeof(PAGE_FILES[0]);\n")
file(WRITE ${FOLDER}/page_files.c "${source}")
