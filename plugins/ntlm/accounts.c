/* SPDX-License-Identifier: Apache-2.0 */
/* accounts.c: change the file of users under a lock, by atomic replacement. */
#include "config.h"

#include "plugins/ntlm/accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plugins/common/utf16.h"
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/smbpasswd.h"
#include "plugins/ntlm/users.h"

#define LOCK_TRIES 200u /* of 50 ms each */
#define NOBODY 65534u   /* the uid of an account that is no user of this system */

/* What there is to do to the file. */
struct change {
    struct span name;
    const struct secret *hash; /* NULL: delete */
    bool only_if_new, only_if_there;
};

/* The file while it is changed. */
struct edit {
    char path[PATH_MAX]; /* with links followed, so that rename replaces what they lead to */
    char temp[PATH_MAX + 8];
    struct stat file; /* as it was */
    bool there;       /* it was there */
    uint8_t *text;    /* secret memory: what it held */
    size_t len;
};

static void edit_close(struct edit *e)
{
    ntlm_host->secret_free(e->text);
    e->text = NULL;
}

static SECURITY_STATUS system_fault(const char *doing, const char *path)
{
    SECURITY_STATUS status = errno == EACCES || errno == EPERM || errno == EROFS
                                 ? SEC_E_NOT_OWNER
                                 : SEC_E_INTERNAL_ERROR;

    return refuse(status, "cannot %s %s: %s", doing, path, strerror(errno));
}

/* --- the lock ----------------------------------------------------------------------------- */

/* Waits, but not for ever.  *fd is to be closed. */
static SECURITY_STATUS lock_file(const char *path, int *fd)
{
    const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
    char lock[PATH_MAX + 8];

    (void)snprintf(lock, sizeof lock, "%s.lock", path);
    *fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (*fd < 0)
        return system_fault("open", lock);
    for (unsigned i = 0; flock(*fd, LOCK_EX | LOCK_NB) < 0; i++) {
        if (errno != EINTR && (errno != EWOULDBLOCK || i == LOCK_TRIES)) {
            close(*fd);
            return refuse(SEC_E_NO_AUTHENTICATING_AUTHORITY, "%s stays locked by another", lock);
        }
        (void)nanosleep(&pause, NULL);
    }
    return SEC_E_OK;
}

/* --- the text ------------------------------------------------------------------------------ */

static bool same_name(struct span a, struct span b)
{
    uint8_t rooms[2][2 * SMBPASSWD_NAME_MAX];
    struct wire_out x = wire_out(rooms[0], sizeof rooms[0]);
    struct wire_out y = wire_out(rooms[1], sizeof rooms[1]);

    return utf16_put(&x, a) && utf16_put(&y, b) &&
           utf16_same(span_of(rooms[0], x.len), span_of(rooms[1], y.len));
}

/* The line of a name, the first there is; false: none. */
static bool find_line(struct span text, struct span name, struct span *raw,
                      struct smbpasswd_line *line)
{
    while (text.len > 0) {
        const uint8_t *start = text.data;

        if (!smbpasswd_get(smbpasswd_next(&text), line) && line->name.len > 0 &&
            same_name(line->name, name)) {
            *raw = span_of(start, (size_t)(text.data - start));
            return true;
        }
    }
    return false;
}

/* The system's number for a user of that name, if it has one; Samba compares it. */
static uint32_t uid_of(struct span name)
{
    char text[SMBPASSWD_NAME_MAX + 1], room[4096];
    struct passwd entry, *found = NULL;

    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    if (getpwnam_r(text, &entry, room, sizeof room, &found) != 0 || !found)
        return NOBODY;
    return found->pw_uid;
}

/* The new text: all lines as they were but for the one to change. */
static void put_changed(struct wire_out *out, struct span text, const struct change *what,
                        uint32_t uid, uint32_t now)
{
    struct smbpasswd_line line;
    struct span raw = { NULL, 0 };
    bool there = find_line(text, what->name, &raw, &line);
    size_t before = there ? (size_t)(raw.data - text.data) : text.len;

    wire_put_span(out, span_of(text.data, before));
    if (!there && before > 0 && text.data[before - 1] != '\n')
        wire_put_u8(out, '\n');
    if (what->hash)
        smbpasswd_put(out, there ? &line : NULL, what->name, uid, what->hash, now);
    if (there)
        wire_put_span(out, span_of(raw.data + raw.len, text.len - before - raw.len));
}

static SECURITY_STATUS check_change(const struct edit *e, const struct change *what)
{
    struct smbpasswd_line line;
    struct span raw;
    bool there = find_line(span_of(e->text, e->len), what->name, &raw, &line);

    if (there && what->only_if_new)
        return refuse(SEC_E_NOT_OWNER, "%s: there is a user of that name", e->path);
    if (!there && what->only_if_there)
        return refuse(SEC_E_TARGET_UNKNOWN, "%s: there is no user of that name", e->path);
    return SEC_E_OK;
}

/* --- replacing the file -------------------------------------------------------------------- */

static bool write_all(int fd, struct span s)
{
    while (s.len > 0) {
        ssize_t n = write(fd, s.data, s.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        s = span_of(s.data + n, s.len - (size_t)n);
    }
    return true;
}

/* Owner and mode as the file had them, but never for everyone. */
static bool dress(int fd, const struct edit *e)
{
    if (!e->there)
        return fchmod(fd, 0600) == 0;
    if ((e->file.st_uid != geteuid() || e->file.st_gid != getegid()) &&
        fchown(fd, e->file.st_uid, e->file.st_gid) < 0)
        return false;
    return fchmod(fd, e->file.st_mode & 0660) == 0;
}

static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) + 1 : 0;

    memcpy(folder, path, n);
    folder[n] = '\0';
    int fd = open(n > 0 ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd); /* best effort: the rename is done, and readers see it */
    close(fd);
}

static SECURITY_STATUS replace_file(struct edit *e, struct span text)
{
    (void)snprintf(e->temp, sizeof e->temp, "%s.XXXXXX", e->path);
    int fd = mkostemp(e->temp, O_CLOEXEC);
    if (fd < 0)
        return system_fault("make", e->temp);
    bool good = dress(fd, e) && write_all(fd, text) && fsync(fd) == 0;
    int why = errno;
    good = close(fd) == 0 && good;
    if (good && rename(e->temp, e->path) == 0) {
        sync_folder(e->path);
        return SEC_E_OK;
    }
    if (good)
        why = errno;
    (void)unlink(e->temp);
    errno = why;
    return system_fault("replace", e->path);
}

static SECURITY_STATUS edit_open(struct edit *e, const char *path)
{
    if (!realpath(path, e->path)) {
        if (errno != ENOENT || strlen(path) >= sizeof e->path)
            return system_fault("find", path);
        memcpy(e->path, path, strlen(path) + 1);
    }
    return SEC_E_OK;
}

/* The caller has the lock. */
static SECURITY_STATUS change_locked(struct edit *e, const struct change *what)
{
    struct wire_out count = wire_out(NULL, 0);
    uint32_t now = (uint32_t)time(NULL), uid = what->hash ? uid_of(what->name) : 0;
    SECURITY_STATUS status = SEC_E_OK;

    e->there = access(e->path, F_OK) == 0;
    if (e->there)
        status = ntlm_users_read(e->path, &e->text, &e->len, &e->file);
    if (status >= 0)
        status = check_change(e, what);
    if (status < 0)
        return status;
    put_changed(&count, span_of(e->text, e->len), what, uid, now);
    uint8_t *text = ntlm_host->secret_alloc(count.len + 1); /* never of 0 bytes */
    if (!text)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out out = wire_out(text, count.len);
    put_changed(&out, span_of(e->text, e->len), what, uid, now);
    status = replace_file(e, span_of(text, count.len));
    ntlm_host->secret_free(text);
    return status;
}

static SECURITY_STATUS change_file(const char *path, const struct change *what)
{
    struct edit e = { .path = "" };
    int lock;

    if (!smbpasswd_name_fits(what->name))
        return refuse(SEC_E_INVALID_PARAMETER, "a name that the file of users cannot bear");
    SECURITY_STATUS status = edit_open(&e, path);
    if (status >= 0)
        status = lock_file(e.path, &lock);
    if (status < 0)
        return status;
    status = change_locked(&e, what);
    edit_close(&e);
    close(lock);
    return status;
}

SECURITY_STATUS ntlm_account_set(const char *path, struct span name, const struct secret *hash,
                                 bool only_if_new, bool only_if_there)
{
    return change_file(path, &(struct change){ .name = name,
                                               .hash = hash,
                                               .only_if_new = only_if_new,
                                               .only_if_there = only_if_there });
}

SECURITY_STATUS ntlm_account_delete(const char *path, struct span name)
{
    return change_file(path, &(struct change){ .name = name, .only_if_there = true });
}
