/* SPDX-License-Identifier: Apache-2.0 */
/* finding.c: one fault of the configuration goes to the trace and to who asked for a check. */
#include "config.h"

#include "core/finding.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/trace.h"

SECURITY_STATUS finding_tell(const char *source, int source_line, const char *func,
                             struct findings *to, SECURITY_STATUS status, const char *file,
                             int line, const char *fmt, ...)
{
    int saved = errno;
    char text[768], where[16] = "";
    va_list ap;

    if (to && status < 0)
        to->fatal = true;
    if (!trace_on() && !(to && to->say))
        return status;
    va_start(ap, fmt);
    errno = saved;
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (line > 0)
        snprintf(where, sizeof where, ":%d", line);
    if (status < 0)
        (void)trace_fail(source, source_line, func, status, "%s%s: %s", file, where, text);
    else
        trace_note(source, source_line, func, "%s%s: %s", file, where, text);
    if (to && to->say)
        to->say(to->arg, status < 0, file, line, text);
    errno = saved;
    return status;
}
