/* SPDX-License-Identifier: Apache-2.0 */
/* password.h: passwords from a terminal, a file or standard input; never from arguments. */
#ifndef SSPI_TOOL_PASSWORD_H
#define SSPI_TOOL_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#define PASSWORD_ROOM 1024

struct password {
    size_t len;
    char bytes[PASSWORD_ROOM + 1]; /* ends in NUL as well */
};

void password_wipe(struct password *p);

#define PASSWORD_AUTO __attribute__((cleanup(password_wipe))) struct password

/*
 * Each says what is wrong and gives false; an empty password is refused.  A file's first line
 * counts, without its newline.
 */
bool password_from_file(const char *path, struct password *out);
bool password_from_stdin(struct password *out);

/* From the terminal, echo off; twice: it is asked again and must be the same. */
bool password_from_terminal(const char *prompt, bool twice, struct password *out);

#endif
