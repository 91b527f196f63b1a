/* SPDX-License-Identifier: Apache-2.0 */
/* secretfile.h: small files that hold secrets. */
#ifndef TLS_SECRETFILE_H
#define TLS_SECRETFILE_H

#include <stddef.h>
#include <sys/types.h>

#include "sspi/package.h"

/* Whom a file must keep out: S_IRWXO and S_IWGRP for all of them. */
#define TLS_NOT_OTHERS 0027u
#define TLS_NOT_GROUP 0077u

/* Secret memory; a NUL that does not count stands behind it. */
struct tls_secret_file {
    uint8_t *data;
    size_t len;
};

/*
 * A regular file of root's or ours, of at most most octets, with none of the forbidden modes.
 * SEC_E_NO_CREDENTIALS: anything else, or none.
 */
SECURITY_STATUS tls_secret_file_read(const char *path, mode_t forbidden, size_t most,
                                     struct tls_secret_file *out);
void tls_secret_file_free(struct tls_secret_file *file);

#define TLS_SECRET_FILE_AUTO __attribute__((cleanup(tls_secret_file_free))) struct tls_secret_file

/* The first line of *rest, without its end; *rest goes behind it. */
struct span tls_next_line(struct span *rest);

#endif
