/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.c: see http.h.
 */
#include "http.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint64_t http_now(void)
{
    struct timespec t = { 0, 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void http_open(struct http_conn *conn, int fd, int stop_fd)
{
    *conn = (struct http_conn){ .fd = fd, .stop_fd = stop_fd };
}

void http_close(struct http_conn *conn)
{
    if (conn->fd >= 0)
        (void)close(conn->fd);
    free(conn->bytes);
    http_open(conn, -1, -1);
}

/* Until the descriptor is ready, the deadline, or the sign to stop. */
static enum http_result wait_for(const struct http_conn *conn, short events, uint64_t deadline)
{
    for (;;) {
        struct pollfd fds[] = { { conn->fd, events, 0 }, { conn->stop_fd, POLLIN, 0 } };
        uint64_t now = http_now();
        uint64_t left = deadline > now ? deadline - now : 0;
        int n = poll(fds, 2, left > 3600000 ? 3600000 : (int)left);

        if (n < 0 && errno != EINTR)
            return HTTP_CUT;
        if (n > 0 && fds[1].revents)
            return HTTP_TIMEOUT;
        if (n > 0)
            return HTTP_OK;
        if (!left)
            return HTTP_TIMEOUT;
    }
}

enum http_result http_read_more(struct http_conn *conn, uint64_t deadline)
{
    if (conn->room - conn->len < 4096) {
        size_t room = conn->room ? conn->room * 2 : 8192;
        char *bytes = realloc(conn->bytes, room);
        if (!bytes)
            return HTTP_NO_MEMORY;
        conn->bytes = bytes;
        conn->room = room;
    }
    for (;;) {
        enum http_result result = wait_for(conn, POLLIN, deadline);
        if (result != HTTP_OK)
            return result;
        ssize_t n = recv(conn->fd, conn->bytes + conn->len, conn->room - conn->len, MSG_DONTWAIT);
        if (n > 0) {
            conn->len += (size_t)n;
            return HTTP_OK;
        }
        if (n == 0)
            return conn->len ? HTTP_CUT : HTTP_CLOSED;
        if (errno != EINTR && errno != EAGAIN)
            return HTTP_CUT;
    }
}

void http_use(struct http_conn *conn, size_t n)
{
    conn->len -= n;
    memmove(conn->bytes, conn->bytes + n, conn->len);
}

enum http_result http_write(struct http_conn *conn, const void *data, size_t len, uint64_t deadline)
{
    const char *p = data;

    while (len) {
        enum http_result result = wait_for(conn, POLLOUT, deadline);
        if (result != HTTP_OK)
            return result;
        ssize_t n = send(conn->fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return HTTP_CUT;
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
    return HTTP_OK;
}

/*
 * Heads.  Whatever two readers might take in two ways is refused: bare CR and LF, NUL, folded
 * lines, white space before a colon (RFC 9112 2.2, 5.1, 5.2).
 */

static bool is_token_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Three parts; a status line may come without its reason, even without the space before it. */
static bool parse_start(struct http_head *head, char *line)
{
    char *second = strchr(line, ' ');
    char *third = second ? strchr(second + 1, ' ') : NULL;

    if (!second || (!third && strncmp(line, "HTTP/", 5) != 0))
        return false;
    *second = '\0';
    if (third)
        *third = '\0';
    head->part[0] = line;
    head->part[1] = second + 1;
    head->part[2] = third ? third + 1 : "";
    return true;
}

static bool parse_field(struct http_head *head, char *line)
{
    size_t n = 0;

    while (is_token_char(line[n]))
        n++;
    if (!n || line[n] != ':')
        return false;
    line[n] = '\0';
    char *value = line + n + 1;
    while (is_blank(*value))
        value++;
    char *end = value + strlen(value);
    while (end > value && is_blank(end[-1]))
        *--end = '\0';
    head->field[head->n_fields++] = (struct http_field){ line, value };
    return true;
}

/* text holds whole lines, each with its CR LF. */
static enum http_result parse_head(struct http_head *head)
{
    char *line = head->text;
    char *end;

    for (size_t n = 0; *line; n++, line = end + 2) {
        end = strpbrk(line, "\r\n");
        if (!end || end[0] != '\r' || end[1] != '\n')
            return HTTP_BROKEN;
        *end = '\0';
        if (!n) {
            if (!parse_start(head, line))
                return HTTP_BROKEN;
            continue;
        }
        if (head->n_fields == HTTP_MAX_FIELDS)
            return HTTP_TOO_LONG;
        if (!parse_field(head, line))
            return HTTP_BROKEN;
    }
    return HTTP_OK;
}

/* The length of the head with the empty line behind it; 0: it is not whole yet. */
static size_t head_length(const struct http_conn *conn, size_t from)
{
    for (size_t i = from > 3 ? from - 3 : 0; i + 4 <= conn->len; i++)
        if (!memcmp(conn->bytes + i, "\r\n\r\n", 4))
            return i + 4;
    return 0;
}

enum http_result http_read_head(struct http_conn *conn, uint64_t deadline, struct http_head *head)
{
    enum http_result result;
    size_t seen = 0, len;

    *head = (struct http_head){ 0 };
    while (!(len = head_length(conn, seen))) {
        seen = conn->len;
        if (seen > HTTP_MAX_HEAD)
            return HTTP_TOO_LONG;
        result = http_read_more(conn, deadline);
        if (result != HTTP_OK)
            return result;
    }
    if (len > HTTP_MAX_HEAD)
        return HTTP_TOO_LONG;
    if (len == 4 || memchr(conn->bytes, '\0', len))
        return HTTP_BROKEN;
    head->text = strndup(conn->bytes, len - 2);
    if (!head->text)
        return HTTP_NO_MEMORY;
    http_use(conn, len);
    result = parse_head(head);
    if (result != HTTP_OK)
        http_free_head(head);
    return result;
}

void http_free_head(struct http_head *head)
{
    free(head->text);
    *head = (struct http_head){ 0 };
}

const char *http_field(const struct http_head *head, const char *name, size_t *from)
{
    for (size_t i = *from; i < head->n_fields; i++) {
        if (!strcasecmp(head->field[i].name, name)) {
            *from = i + 1;
            return head->field[i].value;
        }
    }
    return NULL;
}

bool http_has_word(const struct http_head *head, const char *name, const char *word)
{
    const char *value;
    size_t from = 0, len = strlen(word);

    while ((value = http_field(head, name, &from))) {
        while (*value) {
            size_t n = strcspn(value, ", \t");
            if (n == len && !strncasecmp(value, word, n))
                return true;
            value += n;
            value += strspn(value, ", \t");
        }
    }
    return false;
}

bool http_number(const struct http_head *head, const char *name, bool *there, uint64_t *value)
{
    size_t from = 0;
    const char *text = http_field(head, name, &from);

    *value = 0;
    *there = text != NULL;
    if (!text)
        return true;
    if (!*text || http_field(head, name, &from))
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || *value > (UINT64_MAX - 9) / 10)
            return false;
        *value = *value * 10 + (uint64_t)(*text - '0');
    }
    return true;
}

/* The end of one element of a list: a comma that is in no quoted string (RFC 9110 5.6.1). */
static const char *element_end(const char *p)
{
    bool quoted = false;

    for (; *p && (quoted || *p != ','); p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (quoted && *p == '\\' && p[1])
            p++;
    }
    return p;
}

bool http_find_scheme(const char *value, const char *scheme, const char **token, size_t *len)
{
    size_t n = strlen(scheme);

    while (*value) {
        value += strspn(value, ", \t");
        const char *end = element_end(value);
        if ((size_t)(end - value) >= n && !strncasecmp(value, scheme, n) &&
            (value + n == end || is_blank(value[n]))) {
            for (value += n; value < end && is_blank(*value); value++)
                ;
            while (end > value && is_blank(end[-1]))
                end--;
            *token = value;
            *len = (size_t)(end - value);
            return true;
        }
        value = end;
    }
    return false;
}

/*
 * Base64, RFC 4648 4.
 */

char *base64_encode(const void *data, size_t len)
{
    const unsigned char *in = data;
    char *text = len > (SIZE_MAX - 5) / 4 * 3 ? NULL : malloc((len + 2) / 3 * 4 + 1);
    char *p = text;

    if (!text)
        return NULL;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)in[i] << 16;
        if (left > 1)
            group |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            group |= in[i + 2];
        *p++ = digits[group >> 18];
        *p++ = digits[group >> 12 & 63];
        *p++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *p++ = left > 2 ? digits[group & 63] : '=';
    }
    *p = '\0';
    return text;
}

/* The value of four digits, the last pad of which are '='; false if they are none. */
static bool decode_group(const char *text, size_t pad, uint32_t *group)
{
    *group = 0;
    for (size_t i = 0; i < 4; i++) {
        const char *at = i < 4 - pad && text[i] ? strchr(digits, text[i]) : NULL;
        if (!at && i < 4 - pad)
            return false;
        *group = *group << 6 | (at ? (uint32_t)(at - digits) : 0);
    }
    /* Bits that do not belong to a byte are zero, else two texts would mean the same bytes. */
    return !(pad == 2 && *group & 0xffff) && !(pad == 1 && *group & 0xff);
}

unsigned char *base64_decode(const char *text, size_t len, size_t *out_len)
{
    size_t pad = 0;

    if (!len || len % 4)
        return NULL;
    while (pad < 2 && text[len - pad - 1] == '=')
        pad++;
    unsigned char *data = malloc(len / 4 * 3);
    unsigned char *p = data;
    if (!data)
        return NULL;
    for (size_t i = 0; i < len; i += 4) {
        uint32_t group;
        if (!decode_group(text + i, i + 4 == len ? pad : 0, &group)) {
            free(data);
            return NULL;
        }
        *p++ = (unsigned char)(group >> 16);
        *p++ = (unsigned char)(group >> 8);
        *p++ = (unsigned char)group;
    }
    *out_len = len / 4 * 3 - pad;
    return data;
}
