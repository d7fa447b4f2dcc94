/* The pages that people see: the files of pages/, compiled into the program by embed_pages.cmake.
 *
 *     page_init();                                        once
 *     struct str html = page_render(arena, PAGE_CONSENT, values, values_len);
 *     page_content_security_policy()                      for the header that goes with every page
 *
 * No page has a script; the only style is the one whose hash the policy names. */
#ifndef SERVICES_EDGE_PAGE_H
#define SERVICES_EDGE_PAGE_H

#include "services/edge/template.h"

enum page { PAGE_CONSENT, PAGE_DENIED, PAGE_CONNECTED, PAGE_ERROR, PAGE_LANDING, PAGES_COUNT };

/* One file of pages/, written by embed_pages.cmake. */
struct page_file {
    const char *name; /* "consent.html" */
    struct str text;
};

extern const struct page_file PAGE_FILES[];
extern const size_t PAGE_FILES_COUNT;

void page_init(void);
/* The absent text when the arena is full. */
struct str page_render(struct arena *arena, enum page page, const struct template_value *values,
                       size_t values_len);
struct str page_content_security_policy(void);

#endif
