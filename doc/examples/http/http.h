/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h: as much of HTTP/1.1 (RFC 9112) as the two examples need: heads read with a limit and a
 * deadline, header fields, the schemes of an authentication header (RFC 9110 11), base64.
 */
#ifndef EXAMPLE_HTTP_H
#define EXAMPLE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_MAX_HEAD 131072u /* bytes: a Kerberos token of 48000 and then some */
#define HTTP_MAX_FIELDS 100u

enum http_result {
    HTTP_OK,
    HTTP_CLOSED,   /* the other end closed the connection, with nothing begun */
    HTTP_CUT,      /* closed in the middle, or the descriptor failed */
    HTTP_TIMEOUT,  /* the deadline, or told to stop */
    HTTP_TOO_LONG, /* past HTTP_MAX_HEAD or HTTP_MAX_FIELDS */
    HTTP_BROKEN,   /* not HTTP/1 */
    HTTP_NO_MEMORY
};

/* A connection: bytes that were read and not used yet. */
struct http_conn {
    int fd;
    int stop_fd; /* readable when everything is to end; -1: there is none */
    char *bytes; /* malloc'd */
    size_t len, room;
};

struct http_field {
    const char *name, *value; /* value without white space around it */
};

/* A start line and its fields; they point into text. */
struct http_head {
    char *text;          /* malloc'd */
    const char *part[3]; /* method, target, version; or version, code, reason */
    struct http_field field[HTTP_MAX_FIELDS];
    size_t n_fields;
};

/* Milliseconds on a clock that never goes back; deadlines are times on it. */
uint64_t http_now(void);

void http_open(struct http_conn *conn, int fd, int stop_fd);
/* Closes the descriptor, too. */
void http_close(struct http_conn *conn);

/* The next head.  *head is to be freed after HTTP_OK only. */
enum http_result http_read_head(struct http_conn *conn, uint64_t deadline, struct http_head *head);
void http_free_head(struct http_head *head);
/* At least one byte more behind those that conn holds. */
enum http_result http_read_more(struct http_conn *conn, uint64_t deadline);
/* Drop the first n bytes that conn holds. */
void http_use(struct http_conn *conn, size_t n);
enum http_result http_write(struct http_conn *conn, const void *data, size_t len,
                            uint64_t deadline);

/* Field number *from or later of this name, in any case; moves *from behind it.  NULL: no more. */
const char *http_field(const struct http_head *head, const char *name, size_t *from);
/* Whether a field is a list that has this word, as "Connection: close" does. */
bool http_has_word(const struct http_head *head, const char *name, const char *word);
/* A field of decimal digits alone; false if it is there and is anything else, or twice. */
bool http_number(const struct http_head *head, const char *name, bool *there, uint64_t *value);

/*
 * Look for a scheme in a WWW-Authenticate, Proxy-Authenticate or (Proxy-)Authorization field
 * value, which may be a list.  *token and *len give its token68, len 0 if it has none.
 */
bool http_find_scheme(const char *value, const char *scheme, const char **token, size_t *len);

/* Both give malloc'd memory.  base64_decode takes canonical base64 only; NULL for other text. */
char *base64_encode(const void *data, size_t len);
unsigned char *base64_decode(const char *text, size_t len, size_t *out_len);

#endif
