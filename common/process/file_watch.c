/* inotify on the directory, because both editors and Kubernetes replace files instead of writing
 * into them: an editor renames over the name, a ConfigMap swaps the link `..data` beside it. */
#include "common/process/file_watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETTLE_MS = 100 };

struct file_watch {
    int fd;
    struct loop_watch *watch;
    struct loop_timer *settle;
    bool is_settling;
    file_change_cb *on_change;
    void *context;
};

static void on_settled(void *context)
{
    struct file_watch *watch = context;
    watch->is_settling = false;
    watch->on_change(watch->context);
}

static void on_event(void *context, int fd, unsigned events)
{
    struct file_watch *watch = context;
    char ignored[4096];
    (void)events;
    while (read(fd, ignored, sizeof(ignored)) > 0)
        continue;
    /* Never put off: somebody who writes beside the file all the time must not stop its reading. */
    if (!watch->is_settling)
        loop_timer_start(watch->settle, SETTLE_MS, 0);
    watch->is_settling = true;
}

static int directory_watch(struct str path)
{
    char directory[4096];
    struct stat status;
    if (path.len + 2 >= sizeof(directory))
        return -1;
    snprintf(directory, sizeof(directory), "%.*s", STR_ARGS(path));
    if (stat(directory, &status) != 0 || !S_ISDIR(status.st_mode)) {
        char *slash = strrchr(directory, '/');
        if (slash == NULL)
            snprintf(directory, sizeof(directory), ".");
        else
            slash[slash == directory ? 1 : 0] = '\0';
    }
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0)
        return -1;
    uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_MOVED_FROM;
    if (inotify_add_watch(fd, directory, mask) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

struct file_watch *file_watch_new(struct loop *loop, struct str path, file_change_cb *on_change,
                                  void *context)
{
    struct file_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return NULL;
    watch->on_change = on_change;
    watch->context = context;
    watch->fd = directory_watch(path);
    watch->watch = watch->fd >= 0 ? loop_watch_new(loop, watch->fd, on_event, watch) : NULL;
    watch->settle = loop_timer_new(loop, on_settled, watch);
    if (watch->watch == NULL || watch->settle == NULL) {
        file_watch_free(watch);
        return NULL;
    }
    loop_watch_set(watch->watch, LOOP_READABLE);
    return watch;
}

void file_watch_free(struct file_watch *watch)
{
    if (watch == NULL)
        return;
    loop_watch_free(watch->watch);
    loop_timer_free(watch->settle);
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch);
}
