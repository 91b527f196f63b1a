/* SPDX-License-Identifier: Apache-2.0 */
/* trust.c: who could have written this? */
#include "config.h"

#include "core/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A folder on the way is only passed through: without O_PATH it must be readable too. */
#ifdef O_PATH
#define PASS_THROUGH (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#else
#define PASS_THROUGH (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#endif
#define READ_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
/* O_NONBLOCK: opening a FIFO or a device must not hold us up before fstat tells what it is. */
#define READ_FILE (O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

static bool is_missing(int error)
{
    return error == ENOENT || error == ENOTDIR;
}

static SECURITY_STATUS cannot_open(const char *path, struct findings *to)
{
    if (is_missing(errno))
        return SEC_E_SECPKG_NOT_FOUND;
    if (errno == ENOMEM)
        return SEC_E_INSUFFICIENT_MEMORY;
    return finding_refuse(to, SEC_E_CANNOT_INSTALL, path, 0, "cannot be opened: %s",
                          strerror(errno));
}

/*
 * What is wrong with the owner or the mode, or NULL.  passed: a folder on the way to something
 * that is checked after it.
 */
static const char *fault_of(const struct stat *st, bool passed)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return "is owned by neither root nor the user of this process";
    if (passed && S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX))
        return NULL;
    if (st->st_mode & S_IWOTH)
        return "can be written by anyone";
    if ((st->st_mode & S_IWGRP) && st->st_gid != 0)
        return "can be written by a group";
    return NULL;
}

static SECURITY_STATUS check_fd(int fd, const char *part, bool passed, const char *path,
                                struct findings *to, struct stat *st)
{
    const char *fault;

    if (fstat(fd, st) != 0)
        return cannot_open(path, to);
    fault = fault_of(st, passed);
    if (!fault)
        return SEC_E_OK;
    return finding_refuse(
        to, SEC_E_CANNOT_INSTALL, path, 0, "%s%s%s (owner %u, group %u, mode %04o)",
        strcmp(part, path) == 0 ? "" : part, strcmp(part, path) == 0 ? "" : " ", fault,
        (unsigned)st->st_uid, (unsigned)st->st_gid, (unsigned)st->st_mode & 07777u);
}

/*
 * One part further down: *fd, a folder, is closed and becomes what part names in it.  upto is
 * the path from the root to there.
 */
static SECURITY_STATUS step_down(int *fd, const char *part, const char *upto, int flags, bool last,
                                 const char *path, struct findings *to, struct stat *st)
{
    int below = openat(*fd, part, flags);

    if (below < 0 && last && errno == ENOTDIR)
        return finding_refuse(to, SEC_E_CANNOT_INSTALL, path, 0, "is not a folder");
    if (below < 0)
        return cannot_open(path, to);
    close(*fd);
    *fd = below;
    return check_fd(below, upto, !last, path, to, st);
}

/* Walk real, a path without links, which is cut up and put together again meanwhile. */
static SECURITY_STATUS walk(char *real, int last_flags, const char *path, struct findings *to,
                            int *out, struct stat *st)
{
    int fd = open("/", real[1] ? PASS_THROUGH : last_flags);
    SECURITY_STATUS status =
        fd < 0 ? cannot_open(path, to) : check_fd(fd, "/", real[1] != '\0', path, to, st);
    char *part = real + 1;

    while (status == SEC_E_OK && *part) {
        char *slash = strchr(part, '/');
        char name[NAME_MAX + 1];
        size_t n = slash ? (size_t)(slash - part) : strlen(part);

        if (n > NAME_MAX) {
            errno = ENAMETOOLONG;
            status = cannot_open(path, to);
            break;
        }
        memcpy(name, part, n);
        name[n] = '\0';
        if (slash)
            *slash = '\0'; /* real now ends where we are */
        status =
            step_down(&fd, name, real, slash ? PASS_THROUGH : last_flags, !slash, path, to, st);
        if (slash)
            *slash = '/';
        part += n + (slash ? 1 : 0);
    }
    if (status == SEC_E_OK)
        *out = fd;
    else if (fd >= 0)
        close(fd);
    return status;
}

static SECURITY_STATUS resolve_and_walk(const char *path, int last_flags, struct findings *to,
                                        int *fd, struct stat *st, char **resolved)
{
    char *real;
    SECURITY_STATUS status;

    if (*path != '/')
        return finding_refuse(to, SEC_E_CANNOT_INSTALL, path, 0, "is not an absolute path");
    real = realpath(path, NULL);
    if (!real)
        return cannot_open(path, to);
    status = walk(real, last_flags, path, to, fd, st);
    if (status == SEC_E_OK && resolved)
        *resolved = real;
    else
        free(real);
    return status;
}

static SECURITY_STATUS want_regular(int fd, const struct stat *st, const char *path,
                                    struct findings *to)
{
    if (S_ISREG(st->st_mode))
        return SEC_E_OK;
    close(fd);
    return finding_refuse(to, SEC_E_CANNOT_INSTALL, path, 0, "is not a regular file");
}

SECURITY_STATUS trust_open_folder(const char *path, struct findings *to, int *fd, char **resolved)
{
    struct stat st;

    return resolve_and_walk(path, READ_FOLDER, to, fd, &st, resolved);
}

SECURITY_STATUS trust_open_file(const char *path, struct findings *to, int *fd, struct stat *st,
                                char **resolved)
{
    char *real = NULL;
    int got;
    SECURITY_STATUS status = resolve_and_walk(path, READ_FILE, to, &got, st, &real);

    if (status == SEC_E_OK)
        status = want_regular(got, st, path, to);
    if (status == SEC_E_OK)
        *fd = got;
    if (status == SEC_E_OK && resolved)
        *resolved = real;
    else
        free(real);
    return status;
}

SECURITY_STATUS trust_open_in(int folder, const char *name, const char *path, struct findings *to,
                              int *fd, struct stat *st)
{
    int got = openat(folder, name, READ_FILE);
    SECURITY_STATUS status;

    /* O_NOFOLLOW met a link: ELOOP, and on some systems EMLINK or EFTYPE. */
    if (got < 0 && !is_missing(errno) && errno != EACCES)
        return trust_open_file(path, to, fd, st, NULL);
    if (got < 0)
        return cannot_open(path, to);
    status = check_fd(got, path, false, path, to, st);
    if (status != SEC_E_OK) {
        close(got);
        return status;
    }
    status = want_regular(got, st, path, to);
    if (status == SEC_E_OK)
        *fd = got;
    return status;
}

bool trust_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}
