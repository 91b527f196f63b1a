/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: values of options, read strictly. */
#include "config.h"

#include "tools/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool option_protect(const char *text, enum protect *out)
{
    static const char *const words[] = { "none", "sign", "seal" };

    for (int i = 0; i < 3; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = (enum protect)i;
            return true;
        }
    }
    return false;
}

bool option_seconds(const char *text, uint32_t *ms)
{
    char *end;
    double seconds;

    if (text[0] < '0' || text[0] > '9' || strpbrk(text, "xXeEpP"))
        return false;
    seconds = strtod(text, &end);
    if (*end || !(seconds >= 0.001 && seconds <= 86400))
        return false;
    *ms = (uint32_t)(seconds * 1000);
    return true;
}

bool option_number(const char *text, long least, long most, long *out)
{
    char *end;
    long n;

    errno = 0;
    n = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || errno || *end || n < least || n > most)
        return false;
    *out = n;
    return true;
}

static bool copy_part(const char *from, size_t n, char *to, size_t room)
{
    if (n == 0 || n >= room)
        return false;
    memcpy(to, from, n);
    to[n] = '\0';
    return true;
}

static bool is_port(const char *text)
{
    long n;
    bool digits = text[strspn(text, "0123456789")] == '\0';

    return digits ? option_number(text, 0, 65535, &n) : text[0] != '\0';
}

bool option_endpoint(const char *text, const char *host, struct endpoint *out)
{
    const char *colon = strrchr(text, ':');
    const char *from = text;
    size_t n;

    if (!colon || !is_port(colon + 1))
        return false;
    n = (size_t)(colon - text);
    if (n >= 2 && text[0] == '[' && colon[-1] == ']') {
        from++;
        n -= 2;
    } else if (memchr(text, ':', n)) {
        return false; /* an IPv6 address without brackets: where it ends is a guess */
    } else if (n == 0 && host) {
        from = host;
        n = strlen(host);
    }
    return copy_part(from, n, out->host, sizeof out->host) &&
           copy_part(colon + 1, strlen(colon + 1), out->port, sizeof out->port);
}
