/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h: say what was decided and what went wrong, once, where it is first known. */
#ifndef SSP_CORE_TRACE_H
#define SSP_CORE_TRACE_H

#include <stdbool.h>

#include "sspi/sspi.h"

/*
 * Report a failure and hand its status back, so that a refusal is one line:
 *
 *     return trace_refuse(SEC_E_INVALID_TOKEN, "buffer %u is NULL but %u bytes long", i, n);
 *
 * Call it where the fault is found; callers above pass the status on in silence.  The text may
 * hold no secret and no bytes of a token.
 */
#define trace_refuse(status, ...) trace_fail(__FILE__, __LINE__, __func__, (status), __VA_ARGS__)
#define trace_say(...)                                                                             \
    do {                                                                                           \
        if (trace_on())                                                                            \
            trace_note(__FILE__, __LINE__, __func__, __VA_ARGS__);                                 \
    } while (0)

SECURITY_STATUS trace_fail(const char *file, int line, const char *func, SECURITY_STATUS status,
                           const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void trace_note(const char *file, int line, const char *func, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Is anyone listening?  Cheap: one relaxed load. */
bool trace_on(void);

/* Where the lines go: "stderr" or a path, "json:" before either; NULL ends it.  See sspi(7). */
void trace_open(const char *where);

typedef void trace_sink_fn(const char *line, void *arg);

/* Send lines of this process to sink as well; NULL ends it.  For tests and for sspi_check. */
void trace_set_sink(trace_sink_fn *sink, void *arg);

/*
 * Hear what this thread says, the bare text with its status (SEC_E_OK for a note), until called
 * with NULL.  For sspi_check, which wants to know why a package would not start.
 */
typedef void trace_ear_fn(SECURITY_STATUS status, const char *text, void *arg);
void trace_hear(trace_ear_fn *ear, void *arg);

#endif
