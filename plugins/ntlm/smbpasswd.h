/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smbpasswd.h: the lines of a file of users, in the format of smbpasswd(5):
 *
 *     name:uid:LM hash:NT hash:[flags]:LCT-seconds:
 *
 * Pure: bytes in, bytes out.  The LM hash is neither read nor written.  Comments (#), empty
 * lines and CR LF are taken; anything behind the flags is left alone.
 */
#ifndef NTLM_SMBPASSWD_H
#define NTLM_SMBPASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sspi/secret.h"
#include "sspi/wire.h"

#define SMBPASSWD_NAME_MAX 255u /* bytes, of UTF-8 */

struct smbpasswd_line {
    struct span name; /* UTF-8; empty: a comment or an empty line */
    struct span uid;
    struct span nt;    /* 32 digits if has_hash */
    struct span flags; /* between the brackets */
    struct span rest;  /* behind them, from the ':' on */
    bool has_hash;
    bool disabled;    /* D; or L, locked */
    bool no_password; /* N */
};

/* The next line without its end, from *rest, which shrinks; the caller stops at an empty *rest. */
struct span smbpasswd_next(struct span *rest);

/* NULL, or what is wrong with the line.  *out is written on success only. */
const char *smbpasswd_get(struct span line, struct smbpasswd_line *out);

/* The NT hash of a line that has one. */
void smbpasswd_hash(const struct smbpasswd_line *line, struct secret *hash);

/* Can a line bear this name?  UTF-8 without ':' and control characters, not like a comment. */
bool smbpasswd_name_fits(struct span name);

/*
 * Put a line, with its end.  Of before, a line that is there already, name, uid, flags and what
 * follows them are kept, but N (no password) goes; NULL: a new one for name and uid.
 */
void smbpasswd_put(struct wire_out *out, const struct smbpasswd_line *before, struct span name,
                   uint32_t uid, const struct secret *hash, uint32_t changed);

#endif
