/* Tells when a file has been replaced, also when its directory swaps a symbolic link (a Kubernetes
 * ConfigMap), once per change.
 *
 *     struct file_watch *watch = file_watch_new(loop, path, on_change, context);
 *     file_watch_free(watch); */
#ifndef COMMON_PROCESS_FILE_WATCH_H
#define COMMON_PROCESS_FILE_WATCH_H

#include "common/process/file.h"
#include "common/process/loop.h"

struct file_watch;

typedef void file_change_cb(void *context);
/* NULL when the directory cannot be watched. path may also name a directory. on_change comes 100 ms
 * after the last event of a burst. */
struct file_watch *file_watch_new(struct loop *loop, struct str path, file_change_cb *on_change,
                                  void *context);
void file_watch_free(struct file_watch *watch); /* accepts NULL */

#endif
