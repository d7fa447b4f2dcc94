#include "services/ctl/subcommand.h"

#include <stdarg.h>
#include <stdio.h>

int subcommand_print(struct str text)
{
    if (fwrite(text.at, 1, text.len, stdout) != text.len || fflush(stdout) != 0)
        return subcommand_complain("standard output cannot be written");
    return SUBCOMMAND_DONE;
}

int subcommand_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("mcp-oauth: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return SUBCOMMAND_FAILED;
}
